#!/usr/bin/env bash
# webhook-token against a real TokenReview server over TLS: counted, failing, slow, wrong and lying.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
make_stand_in hook.test
start_stand_in
webhook_kubeconfig /review hook.test
ADA='{"authenticated":true,"user":{"username":"ada","uid":"7","groups":["engineers"],"extra":{"scopes":["x"]}}}'
review '{"authenticated":false}' | answer review 201
review "$ADA" | answer review@good- 201

sed -i "s|^  - name: anonymous|  - {name: webhook-token, timeout: 20s, config: {kubeconfig: $WORK/webhook.kubeconfig, timeoutSeconds: 1, maxResponseBytes: 4096, failureSeconds: 2}}\n&|" "$CONFIG"
start_server
whoami_with() { whoami -H "Authorization: Bearer $1"; }
status_with() { whoami_with "$1" -o /dev/null | jq -r '.code // 201'; }
reload() { # PATH [HOST]: waits until a changed kubeconfig is in force
  local before
  before=$(grep -c 'changed files are in force' "$LOG" || true)
  webhook_kubeconfig "$1" "${2:-hook.test}"
  in_force() { [ "$(grep -c 'changed files are in force' "$LOG")" -gt "$before" ]; }
  eventually 5 in_force
}

# --- a good token is its user; the question holds the token and speaks for limen
assert_eq "$(whoami_with good-1 | jq -c '.status.userInfo')" \
  '{"username":"ada","uid":"7","groups":["engineers","system:authenticated"],"extra":{"scopes":["x"]}}'
SEEN=$(cat "$STAND_IN"/seen/*)
assert_contains "$SEEN" 'POST /review'
assert_contains "$SEEN" 'Authorization: Bearer token-of-limen'
assert_eq "$(tail -n 1 <<< "$SEEN" | jq -c '[.kind, .apiVersion, .spec.token]')" \
  '["TokenReview","authentication.k8s.io/v1","good-1"]'
assert_eq "$(asked)" 1
# remembered, for kubectl as well
assert_eq "$(status_with good-1)" 201
assert_eq "$(asked)" 1

# --- a token for another service is nobody here; a TokenReview asks for whom it likes
review '{"authenticated":true,"user":{"username":"ada"},"audiences":["vault"]}' | answer review@vault- 201
assert_eq "$(status_with vault-1)" 401
token_review() { # TOKEN AUDIENCE
  jq -n --arg t "$1" --arg a "$2" '{apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: {token: $t, audiences: [$a]}}' |
    api POST /apis/authentication.k8s.io/v1/tokenreviews -H 'Content-Type: application/json' -d @- |
    jq -c '[.status.authenticated // false, .status.user.username // "", .status.audiences // []]'
}
assert_eq "$(token_review vault-1 vault)" '[true,"ada",["vault"]]'
assert_eq "$(token_review vault-1 other)" '[false,"",[]]'
assert_eq "$(token_review good-1 vault)" '[false,"",[]]' "whose audiences the webhook does not name"

# --- a hundred requests with one token at once: one question
forget_asked
review "$ADA" | answer review@good- 201 300
for i in $(seq 100); do printf 'url = "https://127.0.0.1:%s/api?n=%s"\noutput = "%s/many.%s"\n' "$PORT" "$i" "$WORK" "$i"; done > "$WORK/many"
curl -sS --no-progress-meter --parallel --parallel-immediate --parallel-max 100 "${ANYBODY[@]}" -H 'Authorization: Bearer good-many' -K "$WORK/many"
assert_eq "$(grep -lF '"kind":"APIVersions"' "$WORK"/many.* | wc -l)" 100
assert_eq "$(asked)" 1
review "$ADA" | answer review@good- 201

# --- a bad token is 401 and nobody in particular; that is remembered too, for its own time
forget_asked
assert_eq "$(whoami_with bad-1 | jq -c '[.code, .message]')" '[401,"Unauthorized"]'
assert_eq "$(status_with bad-1)" 401
assert_eq "$(asked)" 1
asked_again() { status_with bad-1; [ "$(asked)" -ge 2 ]; }
eventually 6 asked_again

# --- status.error goes into the log and to nobody else, and is not remembered
forget_asked
review '{"authenticated":false,"error":"the directory is closed to error-1"}' | answer review@error- 201
ANSWER=$(whoami_with error-1)
assert_eq "$(jq -r .message <<< "$ANSWER")" Unauthorized
assert_not_contains "$ANSWER" directory
eventually 5 grep -q 'the directory is closed to <token>' "$LOG"
assert_eq "$(status_with error-1)" 401
assert_eq "$(asked)" 2

# --- 500s are tried five times; an answer in between counts
forget_asked
printf 'boom' | answer review@flaky- 500
asked_twice() { [ "$(asked)" -ge 2 ]; }
(eventually 10 asked_twice; review "$ADA" | answer review@flaky- 201) &
assert_eq "$(status_with flaky-1)" 201
assert_eq "$(asked)" 3
wait $!
forget_asked
printf 'boom' | answer review@down- 503
assert_eq "$(status_with down-1)" 401
assert_eq "$(asked)" 5
eventually 5 grep -q 'the answer is an error (503) (5 attempts)' "$LOG"

# --- no answer in time, a redirect, too much, nonsense, a lie: 401, each asked once
forget_asked
review "$ADA" | answer review@slow- 201 3000
assert_eq "$(status_with slow-1)" 401
printf '302\nLocation: https://127.0.0.1:%s/review?good-\n\n' "$STAND_IN_PORT" > "$STAND_IN/answers/review@moved-"
assert_eq "$(status_with moved-1)" 401
{ review "$ADA"; head -c 5000 /dev/zero | tr '\0' ' '; } | answer review@long- 201
assert_eq "$(status_with long-1)" 401
printf '<html>welcome</html>' | answer review@page- 200
assert_eq "$(status_with page-1)" 401
review '{"authenticated":true,"user":{}}' | answer review@lie- 201
assert_eq "$(status_with lie-1)" 401
printf '{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","status":{"authenticated":true,"user":{"username":"ada"}}}' | answer review@other- 201
assert_eq "$(status_with other-1)" 401
assert_eq "$(asked)" 6
for text in 'no answer within the deadline' 'is a redirect (302)' 'is longer than 4096 bytes' 'it is not a JSON object' \
  'status.user.username is empty' 'kind is not TokenReview'; do
  eventually 5 grep -qF "$text" "$LOG"
done

# --- a changed kubeconfig is in force within a second; a broken one leaves the last good one
forget_asked
review '{"authenticated":true,"user":{"username":"eve"}}' | answer elsewhere 201
reload /elsewhere
assert_eq "$(whoami_with fresh-1 | jq -r .status.userInfo.username)" eve
printf 'kind: Secret\n' > "$WORK/webhook.kubeconfig"
eventually 5 grep -q 'webhook.kubeconfig:1: kind: is Secret, expected Config' "$LOG"
assert_eq "$(whoami_with fresh-2 | jq -r .status.userInfo.username)" eve
assert_contains "$(api GET /metrics)" 'limen_module_reloads_total{'

# --- a webhook whose certificate has another name is asked nothing; nor is one that is not there
reload /elsewhere other.test
forget_asked
assert_eq "$(status_with fresh-3)" 401
assert_eq "$(asked)" 0
reload /elsewhere
stop_stand_in
assert_eq "$(status_with fresh-4)" 401
start_stand_in
assert_eq "$(status_with fresh-5)" 201

# --- the order of the chain: a token that a file knows is not asked about
stop_server
printf 'file-token,bob,1\n' > "$WORK/tokens.csv"
chmod 600 "$WORK/tokens.csv"
sed -i "s|^  - {name: webhook-token|  - {name: token-file, config: {path: $WORK/tokens.csv}}\n&|" "$CONFIG"
start_server
forget_asked
assert_eq "$(whoami_with file-token | jq -r .status.userInfo.username)" bob
assert_eq "$(asked)" 0

# --- no token is in the log, and a kubeconfig that cannot be used is refused before the start
assert_not_contains "$(cat "$LOG")" token-of-limen
assert_not_contains "$(cat "$LOG")" error-1
stop_server
sed -i 's|https://|http://|' "$WORK/webhook.kubeconfig"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" 'webhook.kubeconfig:8: clusters[0].cluster.server: is not https://...: tokens do not travel in the clear'
finish
