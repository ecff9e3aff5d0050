#!/usr/bin/env bash
# The command: verbs, exit statuses, refusals, start and stop.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# Every verb has help, and says so on stdout with status 0.
for verb in serve init check 'modules list' 'modules inspect' 'modules new' reload explain version completion; do
  # shellcheck disable=SC2086 # two words are meant
  assert_contains "$("$LIMEN" $verb --help)" "Usage: limen $verb"
done
assert_ok "$LIMEN" --help
assert_contains "$OUTPUT" 'modules inspect'

# A command line nobody understands is status 2.
assert_exit 2 "$LIMEN"
assert_exit 2 "$LIMEN" sevre
assert_contains "$OUTPUT" 'unknown command "sevre" (did you mean "serve"?)'
assert_exit 2 "$LIMEN" serve --secure-prot 1
assert_contains "$OUTPUT" 'unknown option --secure-prot (did you mean "--secure-port"?)'
assert_exit 2 "$LIMEN" version --output xml

assert_ok "$LIMEN" version --output json
assert_eq "$(jq -r .moduleABI <<< "$OUTPUT")" 1.0

# Completion scripts are ones their shell can read.
source <("$LIMEN" completion bash)
COMP_WORDS=(limen modules in) COMP_CWORD=2
_limen
assert_eq "${COMPREPLY[*]}" inspect
COMP_WORDS=(limen serve --secure) COMP_CWORD=2
_limen
assert_eq "${COMPREPLY[*]}" --secure-port
assert_exit 2 "$LIMEN" completion tcsh

# init makes everything once and keeps it afterwards.
PORT=$(free_port)
init_state
sums=$(cd "$STATE" && find . -type f -exec sha256sum {} + | sort)
assert_eq "$(stat -c %a "$STATE/pki/ca.key" "$STATE/admin.kubeconfig" | tr '\n' ' ')" '600 600 '
assert_ok "$LIMEN" init --state "$STATE" --secure-port "$PORT" --output json
assert_eq "$(jq -r '[.steps[].action] | unique | join(",")' <<< "$OUTPUT")" kept
assert_eq "$(cd "$STATE" && find . -type f -exec sha256sum {} + | sort)" "$sums"
openssl verify -CAfile "$STATE/pki/ca.crt" "$STATE/pki/apiserver.crt" "$STATE/pki/admin.crt" > /dev/null ||
  fail 'the certificates do not verify'

# check says what is wrong, all of it, with file, line and column; and makes nothing.
assert_ok "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "$CONFIG: ok"
assert_exit 1 "$LIMEN" check --config "$CONFIG" --secure-port 0
assert_contains "$OUTPUT" '--secure-port 0 must be between 1 and 65535, inclusive. It cannot be turned off with 0'
[ ! -e "$STATE/limen.db" ] || fail 'check opened the store'
cat > "$WORK/bad.yaml" << TEXT
apiVersion: config.limen.io/v1
kind: ServerConfiguration
secure: {port: 70000}
authenticators:
  - {name: x509, modul: x509}
authorizers:
  - {name: rbac}
  - {name: rbac}
TEXT
assert_exit 1 "$LIMEN" check --config "$WORK/bad.yaml"
assert_eq "$OUTPUT" "$WORK/bad.yaml:3:16: secure.port: 70000 must be between 1 and 65535
$WORK/bad.yaml:5:18: authenticators[0]: unknown key \"modul\"
    hint: did you mean \"module\"?
$WORK/bad.yaml:8:5: authorizers[1]: the name \"rbac\" is taken by authorizers[0] on line 7"
assert_exit 1 "$LIMEN" check --config "$WORK/none.yaml"
assert_eq "$OUTPUT" "$WORK/none.yaml: No such file or directory"
sed 's/name: rbac/name: no-such-module/' "$CONFIG" > "$WORK/missing.yaml"
assert_exit 1 "$LIMEN" check --config "$WORK/missing.yaml"
assert_contains "$OUTPUT" no-such-module
assert_exit 1 "$LIMEN" check --config "$WORK/missing.yaml" --output json
assert_eq "$(jq -r .ok <<< "$OUTPUT")" false
# Every module that would not start is named, not only the first.
cat > "$WORK/modules.yaml" << TEXT
apiVersion: config.limen.io/v1
kind: ServerConfiguration
secure: {tlsCertFile: $STATE/pki/apiserver.crt, tlsPrivateKeyFile: $STATE/pki/apiserver.key}
authenticators:
  - {name: x509, config: {clientCAFile: $WORK/none.crt}}
  - {name: tokens, module: token-file, config: {pth: $WORK/none.csv}}
authorizers:
  - {name: rbac, config: {strict: true}}
storage: {module: sqlite, config: {path: $WORK/limen.db}}
TEXT
assert_exit 1 "$LIMEN" check "$WORK/modules.yaml"
assert_contains "$OUTPUT" "$WORK/modules.yaml:5:26: authenticator \"x509\""
assert_contains "$OUTPUT" "$WORK/modules.yaml:6:54: authenticator \"tokens\""
assert_contains "$OUTPUT" "$WORK/modules.yaml:8:26: authorizer \"rbac\""
assert_exit 2 "$LIMEN" check --config "$CONFIG" "$WORK/modules.yaml"
cp "$CONFIG" "$WORK/ca.yaml"
cp "$STATE/pki/ca.key" "$WORK/wrong.key"
assert_exit 1 "$LIMEN" check --config "$WORK/ca.yaml" --tls-private-key-file "$WORK/wrong.key"
assert_eq "$OUTPUT" "$WORK/wrong.key: the key does not belong to the certificate"

# modules list and inspect.
assert_ok "$LIMEN" modules list --config "$CONFIG" --output json
assert_eq "$(jq -r 'map(select(.kind != "admission") | .kind + ":" + .name) | join(" ")' <<< "$OUTPUT")" \
  'authenticator:x509 authenticator:service-account authenticator:anonymous authorizer:rbac store:sqlite'
assert_eq "$(jq -r 'map(select(.kind == "admission") | .name) | join(" ")' <<< "$OUTPUT")" \
  "$("$LIMEN" check --config "$CONFIG" --output json | jq -r '.admission | map(.name) | join(" ")')"
assert_eq "$(jq -r 'map(select(.version == null)) | length' <<< "$OUTPUT")" 0
assert_ok "$LIMEN" modules inspect rbac
assert_contains "$OUTPUT" limen.authorizer/1
assert_ok "$LIMEN" modules inspect "$LIMEN_BUILD/lib/limen/modules/rbac.so" --output json
assert_eq "$(jq -r '.descriptors[0].id' <<< "$OUTPUT")" rbac
assert_exit 1 "$LIMEN" modules inspect no-such-module
assert_contains "$OUTPUT" no-such-module

# serve: a log that tells the way it came up, and refusals before anything is open.
start_server
log=$(cat "$LOG")
for part in "address=127.0.0.1:$PORT" name=x509 name=rbac name=namespace-lifecycle name=sqlite ready; do
  assert_contains "$log" "$part"
done
cp -r "$STATE" "$WORK/second"
sed "s#$STATE#$WORK/second#g" "$CONFIG" > "$WORK/second.yaml"
rm -f "$WORK"/second/limen.db*
assert_exit 1 "$LIMEN" serve --config "$WORK/second.yaml" --secure-port "$PORT"
assert_contains "$OUTPUT" 'Address already in use'
assert_exit 1 "$LIMEN" serve --config "$CONFIG" --secure-port 0
assert_contains "$OUTPUT" 'It cannot be turned off with 0'
assert_exit 1 "$LIMEN" serve --config "$CONFIG" --insecure-port 8080 --insecure-bind-address 0.0.0.0
assert_contains "$OUTPUT" '0.0.0.0 is not a loopback address'

# Health, in the words of kube-apiserver.
assert_eq "$(api GET /healthz)" ok
verbose=$(api GET '/readyz?verbose')
assert_contains "$verbose" "[+]informer-sync ok"
assert_contains "$verbose" '[+]ping ok'
assert_contains "$verbose" 'readyz check passed'
assert_eq "$(api GET /livez/ping)" ok
assert_contains "$(api GET '/livez?verbose&exclude=ping')" '[+]ping excluded: ok'
assert_status 404 GET /readyz/no-such-check
assert_contains "$(api GET /metrics)" process_resident_memory_bytes
assert_matches "$(api GET /version | jq -r .gitVersion)" '^v1\.36\.'

# SIGTERM with a watch open: the watch ends, the server too, with status 0.
curl -sN --max-time 60 "${ADMIN[@]}" "https://127.0.0.1:$PORT/api/v1/namespaces?watch=1" > "$WORK/watch.out" &
watcher=$!
eventually 10 grep -q ADDED "$WORK/watch.out"
began=$SECONDS
stop_server
assert_eq "$STOPPED" 0 'exit status after SIGTERM'
wait "$watcher" || fail "the watch did not end properly: curl said $?"
((SECONDS - began < 20)) || fail 'the stop took too long'

# Without a certificate: a self-signed one, kept for the next start.
sed -e '/tlsCertFile/d' -e '/tlsPrivateKeyFile/d' -e "s#certDir: .*#certDir: $WORK/certs#" "$CONFIG" > "$WORK/self.yaml"
self_signed() {
  "$LIMEN" serve --config "$WORK/self.yaml" --secure-port "$PORT" >> "$LOG" 2>&1 &
  SERVER_PID=$!
  eventually 20 curl -s --cacert "$WORK/certs/apiserver.crt" "https://127.0.0.1:$PORT/healthz"
}
self_signed
assert_eq "$(stat -c %a "$WORK/certs/apiserver.key")" 600
fingerprint=$(sha256sum "$WORK/certs/apiserver.crt")
stop_server
self_signed
assert_eq "$(sha256sum "$WORK/certs/apiserver.crt")" "$fingerprint"
stop_server
assert_eq "$STOPPED" 0
finish
