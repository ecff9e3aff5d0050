#!/usr/bin/env bash
# A revoked credential: refused within a second on every connection, and its watches end.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
printf 'bob-token,bob,1001\neve-token,eve,1002\n' > "$WORK/tokens.csv"
chmod 600 "$WORK/tokens.csv"
printf '# nothing is revoked\n' > "$WORK/revocations"
sed -i -e "/^authenticators:/a\\  - {name: tokens, module: token-file, config: {path: $WORK/tokens.csv}}" "$CONFIG"
printf 'revocations: {path: %s}\n' "$WORK/revocations" >> "$CONFIG"
assert_ok "$LIMEN" check --config "$CONFIG"
start_server
assert_ok k create clusterrole reader --verb=get,list,watch --resource=configmaps
assert_ok k create clusterrolebinding readers --clusterrole=reader --user=bob --user=eve

MAPS=/api/v1/namespaces/default/configmaps
code=(-o /dev/null -w '%{http_code}')
refused() { [ "$(status_of "$@")" = 401 ]; }
as() { request GET "$1" -H "Authorization: Bearer $2-token" "${code[@]}"; }
watch_as() {
  curl -sSN --max-time 60 "${ANYBODY[@]}" -H "Authorization: Bearer $1-token" \
    "https://127.0.0.1:$PORT$MAPS?watch=1" > "$WORK/watch-$1" 2>&1 &
}
assert_eq "$(as $MAPS bob)" 200
watch_as bob
BOB=$!
watch_as eve
EVE=$!
assert_ok k create configmap seen
eventually 10 grep -q '"name":"seen"' "$WORK/watch-bob"
eventually 10 grep -q '"name":"seen"' "$WORK/watch-eve"

# --- one line, and bob is out: on a connection that stays open too
printf 'token-sha256 %s\n' "$(printf bob-token | sha256sum | cut -d' ' -f1)" >> "$WORK/revocations"
is() { [ "$(as $MAPS "$1")" = "$2" ]; }
eventually 5 is bob 401
eventually 5 grep -q '"type":"ERROR"' "$WORK/watch-bob"
wait "$BOB"
assert_contains "$(tail -n 1 "$WORK/watch-bob")" \
  '{"type":"ERROR","object":{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}}'

# --- nobody else is
assert_eq "$(as $MAPS eve)" 200
assert_ok k create configmap more
eventually 10 grep -q '"name":"more"' "$WORK/watch-eve"
assert_not_contains "$(cat "$WORK/watch-eve")" ERROR

# --- a broken file changes nothing and says where it is broken
printf 'user eve\nnonsense here\n' > "$WORK/revocations"
eventually 5 grep -q "revocations:2: an entry begins with" "$LOG"
assert_eq "$(as $MAPS eve)" 200
assert_eq "$(as $MAPS bob)" 401
printf 'user eve\n' > "$WORK/revocations"
wait "$EVE"
assert_contains "$(tail -n 1 "$WORK/watch-eve")" '"code":401'
assert_eq "$(as $MAPS eve)" 401
assert_eq "$(as $MAPS bob)" 200

# --- a client certificate, by its serial number
SERIAL=$(openssl x509 -in "$STATE/pki/admin.crt" -noout -serial | cut -d= -f2)
assert_status 200 GET $MAPS
printf 'cert-serial %s\n' "$SERIAL" > "$WORK/revocations"
eventually 5 refused GET $MAPS
: > "$WORK/revocations"
stop_server

# --- what is wrong with the file is said before anything is served
printf 'user\n' > "$WORK/revocations"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" 'revocations:1: nothing stands after "user"'
assert_exit 1 "$LIMEN" serve --config "$CONFIG" --secure-port "$PORT"

# --- and so is a server that could let nobody in
sed -i -e '/^revocations:/d' -e '/^authenticators:/,/^authorizers:/{/^ /d}' -e 's/^authenticators:.*/authenticators: []/' "$CONFIG"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" 'no authenticator is named'
assert_exit 1 "$LIMEN" serve --config "$CONFIG" --secure-port "$PORT"
assert_contains "$OUTPUT" 'no authenticator is named'
finish
