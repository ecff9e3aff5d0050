#!/usr/bin/env bash
# No secret is ever in a log, a metric, an audit event or an error: recognisable ones are put wherever a
# client or an operator can put one, then all of that is read, at the highest level of the log.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
make_stand_in localhost
make_issuer
new_key one
publish one
review '{"authenticated":false}' | answer review 201
printf '{"apiVersion":"authorization.k8s.io/v1","kind":"SubjectAccessReview","status":{"allowed":false}}' | answer access 201
printf '{}' | answer events 200
start_stand_in

# --- what must not be found: secret TEXT... notes each, and as base64 wherever it may begin in a longer text
NEEDLES=$WORK/needles
secret() {
  local text
  for text in "$@"; do
    printf '%s\n' "$text"
    printf '%s' "$text" | base64 -w0 | sed 's/=*$//; s/.$//; s/$/\n/'
    printf 'x%s' "$text" | base64 -w0 | sed 's/=*$//; s/.$//; s/^..//; s/$/\n/'
    printf 'xx%s' "$text" | base64 -w0 | sed 's/=*$//; s/.$//; s/^...//; s/$/\n/'
  done >> "$NEEDLES"
}
C=canary5f0d2c1b9a
TOKEN=$C-token-file PASSWORD=$C-password-file HOOK=$C-hook-token STORED=$C-stored
BOOT=canary1234567890
secret "$C" "$BOOT"
# Every private key there is.
sed '/^-----/d' "$STATE"/pki/*.key "$WORK/one.pem" "$STAND_IN/tls.key" >> "$NEEDLES"

printf '%s,bob,1001,"readers"\n' "$TOKEN" > "$WORK/tokens.csv"
printf '%s,carol,1002\n' "$PASSWORD" > "$WORK/passwords.csv"
chmod 600 "$WORK"/*.csv
kubeconfig() { # NAME PATH
  webhook_kubeconfig "$2"
  sed "s/token-of-limen/$HOOK/" "$WORK/webhook.kubeconfig" > "$WORK/$1.next"
  mv "$WORK/$1.next" "$WORK/$1.kubeconfig"
}
kubeconfig tokens /review
kubeconfig access /access
kubeconfig events "/events?token=$C"
AUDIT=$WORK/audit.log
sed 's/^omitStages.*//' "$LIMEN_SOURCE/conf/examples/audit-policy.yaml" > "$WORK/policy.yaml"
sed -i "s|^  - name: anonymous|  - {name: passwords, module: password-file, config: {path: $WORK/passwords.csv}}\n  - {name: tokens, module: token-file, config: {path: $WORK/tokens.csv}}\n  - name: bootstrap-token\n  - $(issuer_config)\n  - {name: hook, module: webhook-token, config: {kubeconfig: $WORK/tokens.kubeconfig}}\n&|
s|^  - name: rbac|&\n  - {name: access, module: webhook-sar, config: {kubeconfig: $WORK/access.kubeconfig, failurePolicy: NoOpinion}}|" "$CONFIG"
cat >> "$CONFIG" << YAML
audit: {policyFile: $WORK/policy.yaml, logPath: $AUDIT}
auditWebhook: {kubeconfig: $WORK/events.kubeconfig, batchWait: 100ms, initialBackoff: 10ms}
log: {level: debug, format: json}
YAML
start_server

# --- asking: errors are kept as they were answered, with their header fields
ERRORS=$WORK/errors
try() { # METHOD PATH [curl options]
  local code
  code=$(request "$@" -D "$WORK/head" -o "$WORK/body" -w '%{http_code}') || code=0
  [ "$code" -lt 400 ] || cat "$WORK/head" "$WORK/body" >> "$ERRORS"
}
try_admin() { try "$@" "${ADMIN[@]}"; }
try_kubectl() { k "$@" > "$WORK/out" 2>> "$ERRORS" || true; }
json=(-H 'Content-Type: application/json')
PODS=/api/v1/namespaces/default/pods
JWT=$(issue one "$(claims ada)")
secret "${JWT##*.}"
FORGED=${JWT%.*}.$(printf '%s' "$C-signature" | b64url)
secret "${FORGED##*.}"

k create secret generic "bootstrap-token-abcdef" -n kube-system --type bootstrap.kubernetes.io/token \
  --from-literal=token-id=abcdef --from-literal=token-secret="$BOOT" --from-literal=usage-bootstrap-authentication=true > /dev/null

ask_with_credentials() {
  local token
  for token in "$TOKEN" "wrong-$TOKEN" "abcdef.$BOOT" "abcdef.${BOOT}0" "$JWT" "$FORGED" "$C.$C.$C" "two $C words"; do
    try GET "$PODS" -H "Authorization: Bearer $token"
  done
  try GET "$PODS" -u "carol:$PASSWORD"
  try GET "$PODS" -u "carol:wrong-$PASSWORD"
  try GET "$PODS" -H "Authorization: Negotiate $C"
  try GET "$PODS" -H "Authorization: $C"
  try GET "$PODS" -H "Cookie: session=$C" -H "Proxy-Authorization: Basic $C" -H "X-Api-Key: $C"
  try GET "$PODS?watch=1&timeoutSeconds=1" --http1.1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
    -H 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==' -H "Sec-WebSocket-Protocol: base64url.bearer.authorization.k8s.io.$(printf '%s' "$C" | b64url), v4.channel.k8s.io"
  try GET "$PODS?token=$C&access_token=$C&limit=1"
  try_admin GET "/nowhere?password=$C"
  try_admin GET "/api/v1/%zz?client_secret=$C"
  try_admin GET "$PODS?limit=x&token=$C"
  try_admin GET "/api/v1/namespaces/default/services/none/proxy/?token=$C"
  try GET "$PODS" -H "Authorization: Bearer $(head -c 70000 /dev/zero | tr '\0' x)$C"
}
ask_with_credentials

# --- Secrets: made, read, changed, and each kind of wrong
store_secrets() { # NAME
  local path=/api/v1/namespaces/default/secrets body
  k create secret generic "$1" --from-literal=password="$STORED" > /dev/null
  printf 'apiVersion: v1\nkind: Secret\nmetadata: {name: %s-applied}\nstringData: {password: %s}\n' "$1" "$STORED" > "$WORK/secret.yaml"
  try_kubectl apply -f "$WORK/secret.yaml"
  try_kubectl apply --server-side --field-manager other -f "$WORK/secret.yaml"
  try_kubectl get secrets -o yaml
  try_kubectl patch secret "$1" --type merge -p "{\"stringData\":{\"password\":\"$STORED-2\"}}"
  try_kubectl patch secret "$1" --type json -p "[{\"op\":\"test\",\"path\":\"/data/password\",\"value\":\"$STORED\"}]"
  try_admin GET "$path?watch=1&timeoutSeconds=1"
  for body in '"data":{"password":"'"$STORED"'!"}' '"data":"'"$STORED"'"' '"data":{"password":["'"$STORED"'"]}' '"stringData":{"a b":"'"$STORED"'"}' \
    '"data":{"password":"'"$STORED" '"type":"kubernetes.io/tls","stringData":{"tls.key":"'"$STORED"'"}' \
    '"type":"kubernetes.io/dockerconfigjson","stringData":{".dockerconfigjson":"'"$STORED"'"}' \
    '"immutable":"'"$STORED"'"'; do
    try_admin POST "$path" "${json[@]}" -d '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"wrong"},'"$body"'}'
  done
  try_admin POST "$path" -H 'Content-Type: application/yaml' -d "data: {password: [$STORED"
  try_admin POST "$path" -H 'Content-Type: application/vnd.kubernetes.protobuf' -d "k8s$STORED"
  try_admin POST "$path?fieldValidation=Strict" "${json[@]}" \
    -d '{"apiVersion":"v1","kind":"Secret","metadata":{"name":"wrong"},"password":"'"$STORED"'"}'
  try_kubectl delete secret "$1"
}
store_secrets first

# --- tokens that the server gives and is asked about; a private key where a certificate is asked for
GIVEN=$(k create token default)
secret "$GIVEN" "${GIVEN##*.}"
try GET "$PODS" -H "Authorization: Bearer $GIVEN"
for token in "$GIVEN" "$C"; do
  try_admin POST /apis/authentication.k8s.io/v1/tokenreviews "${json[@]}" \
    -d '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","spec":{"token":"'"$token"'"}}'
done
base64 -w0 "$WORK/one.pem" > "$WORK/request"
fold -w 64 "$WORK/request" | head -n -1 >> "$NEEDLES"
try_admin POST /apis/certificates.k8s.io/v1/certificatesigningrequests "${json[@]}" \
  -d '{"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest","metadata":{"name":"key"},"spec":{"signerName":"kubernetes.io/kube-apiserver-client","usages":["client auth"],"request":"'"$(cat "$WORK/request")"'"}}'

# --- files of the configuration that break while it serves; a webhook that goes
broken() { # FILE TEXT
  cp -p "$1" "$1.good"
  printf '%s\n' "$2" > "$1.next"
  chmod 600 "$1.next"
  mv "$1.next" "$1"
}
broken "$WORK/tokens.csv" "$TOKEN"
broken "$WORK/passwords.csv" "\"$PASSWORD,carol"
broken "$WORK/tokens.kubeconfig" "users: [{name: limen, user: {token: $HOOK"
broken "$WORK/access.kubeconfig" "users: {token: $HOOK}"
broken "$WORK/events.kubeconfig" "{\"users\": [{\"name\": \"limen\", \"user\": {\"token\": \"$HOOK\"}}]"
try GET "$PODS" -H "Authorization: Bearer $TOKEN"
failed_attempt() { api GET /metrics | grep -c '^limen_audit_webhook_attempts_total{outcome="failure"}'; }
eventually 5 failed_attempt
assert_exit 1 "$LIMEN" check --config "$CONFIG"
printf '%s\n' "$OUTPUT" > "$WORK/check"
for file in tokens.csv passwords.csv tokens.kubeconfig access.kubeconfig events.kubeconfig; do mv "$WORK/$file.good" "$WORK/$file"; done
sed "s|tlsPrivateKeyFile: .*|tlsPrivateKeyFile: \"$(sed ':a;N;$!ba;s/\n/\\\\n/g' "$STATE/pki/apiserver.key")\"|" "$CONFIG" > "$WORK/inline.yaml"
assert_exit 1 "$LIMEN" check --config "$WORK/inline.yaml"
assert_contains "$OUTPUT" 'secure.tlsPrivateKeyFile: holds a private key in so many words'
printf '%s\n' "$OUTPUT" >> "$WORK/check"
stop_stand_in
try GET "$PODS" -H "Authorization: Bearer another-$TOKEN"
start_stand_in

# --- the levels of the log change while it runs, for whoever may; then once more as text for a terminal
JSON_LOG=$(cat "$LOG")
assert_contains "$JSON_LOG" '"level":"debug","room":"pipeline","msg":"a credential was refused"'
assert_eq "$(grep -v '^{' "$LOG" | head -n 1)" '' "every line is an object"
assert_eq "$(request PUT /debug/flags/v -d error -H "Authorization: Bearer $TOKEN" -o /dev/null -w '%{http_code}')" 403
assert_eq "$(api PUT /debug/flags/v -d error)" error
WRITTEN=$(wc -l < "$LOG")
try GET "$PODS" -u "carol:wrong-$PASSWORD"
assert_eq "$(tail -n "+$((WRITTEN + 1))" "$LOG" | grep -c 'credential was refused')" 0
assert_eq "$(api PUT /debug/flags/v -d pipeline=debug)" "$(printf 'error\npipeline=debug')"
try GET "$PODS" -u "carol:wrong-$PASSWORD"
assert_eq "$(tail -n "+$((WRITTEN + 1))" "$LOG" | grep -c 'credential was refused')" 1
assert_eq "$(api PUT /debug/flags/v -d 4)" 'successfully set klog.logging.verbosity to 4'
sed -i 's/^log: .*/log: {level: debug, format: text}/' "$CONFIG"
kill -HUP "$SERVER_PID"
is_text() { tail -n 1 "$LOG" | grep -q '^20[0-9T:.-]*Z [A-Z]'; }
eventually 5 is_text
assert_eq "$(api GET /debug/flags/v)" debug "what was changed is forgotten with a reload"
ask_with_credentials
store_secrets second

# --- all there is to read
recorded() { jq -se "any(.[]; .objectRef.name == \"second\" and .verb == \"delete\" and .stage == \"ResponseComplete\")" "$AUDIT" > /dev/null; }
eventually 5 recorded
for path in /metrics /metrics/slis '/readyz?verbose' '/healthz?verbose' /debug/flags/v /api/v1/events \
  /debug/api_priority_and_fairness/dump_requests; do
  api GET "$path" >> "$WORK/pages"
done
"$LIMEN" modules list -o json >> "$WORK/pages" 2>&1 || true
"$LIMEN" explain --as bob get secrets -n default >> "$WORK/pages" 2>&1 || true
for file in "$STAND_IN"/seen/*; do
  if head -n 1 "$file" | grep -q '^POST /events'; then tail -n 1 "$file" >> "$WORK/sent"; fi
done
sort -u "$NEEDLES" | sed '/^.\{0,11\}$/d' > "$WORK/sought"
for output in "$LOG" "$AUDIT" "$WORK/sent" "$WORK/pages" "$ERRORS" "$WORK/check"; do
  [ -s "$output" ] || fail "there is nothing in $output"
  ! grep -qFf "$WORK/sought" "$output" || fail "a secret is in $output: $(grep -m1 -Ff "$WORK/sought" "$output" | cut -c 1-2000)"
done
assert_eq "$(jq -s 'map(select(.requestURI | contains("token=REDACTED"))) | length > 0' "$AUDIT")" true

# --- but what a policy asks for, it gets: bodies of Secrets at RequestResponse, as in kube-apiserver
printf 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules: [{level: RequestResponse, resources: [{group: "", resources: [secrets]}]}]\n' > "$WORK/policy.next"
reloads() { api GET /metrics | sed -n 's/^limen_audit_policy_reloads_total{outcome="success"} //p'; }
BEFORE=$(reloads)
mv "$WORK/policy.next" "$WORK/policy.yaml"
in_force() { [ "$(reloads)" != "$BEFORE" ]; }
eventually 5 in_force
k create secret generic told --from-literal=password="$STORED" > /dev/null
in_audit() { grep -qF "$(printf '%s' "$STORED" | base64 -w0)" "$AUDIT"; }
eventually 5 in_audit
! grep -qFf "$WORK/sought" "$LOG" || fail "a secret is in the log: $(grep -m1 -Ff "$WORK/sought" "$LOG")"

finish
