#!/usr/bin/env bash
# All ways of saying who one is at once: each by kubectl, the order they are asked in, what a bad
# credential is worth beside a good one, the 401, and who may be nobody in particular.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
make_stand_in localhost
make_issuer
new_key one
publish one
start_stand_in
webhook_kubeconfig /review
review '{"authenticated":false}' | answer review 201
review '{"authenticated":true,"user":{"username":"hooked","groups":["hooks"]}}' | answer review@asked-token 201

umask 077
printf 'file-token,ada,1001,"dev,ops"\nasked-token-in-file,ada,1001\nlater-token,ada,1001\n' > "$WORK/tokens.csv"
printf 'a password,carol,1003\n' > "$WORK/passwords.csv"
umask 022
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /O=system:masters/CN=stranger \
  -addext extendedKeyUsage=clientAuth -keyout "$WORK/stranger.key" -out "$WORK/stranger.crt" 2> /dev/null

declare -A ENTRY=(
  [x509]="{name: x509, config: {clientCAFile: $STATE/pki/ca.crt}}"
  [passwords]="{name: passwords, module: password-file, config: {path: $WORK/passwords.csv}}"
  [tokens]="{name: tokens, module: token-file, config: {path: $WORK/tokens.csv}}"
  [service-account]="{name: service-account, config: {issuers: [https://kubernetes.default.svc.cluster.local], signingKeyFile: $STATE/pki/sa.key}}"
  [bootstrap-token]="{name: bootstrap-token}"
  [staff]="$(issuer_config)"
  [webhook-token]="{name: webhook-token, config: {kubeconfig: $WORK/webhook.kubeconfig, timeoutSeconds: 2}}"
  [anonymous]="{name: anonymous, config: {conditions: [{path: /livez}, {path: /readyz}]}}"
)
WAYS=(x509 passwords tokens service-account bootstrap-token staff webhook-token)
ask_in_order() { # AUTHENTICATOR...: the configuration that asks these, in this order
  local name
  {
    printf 'apiVersion: config.limen.io/v1\nkind: ServerConfiguration\nlog: {level: debug}\n'
    printf 'secure: {bindAddress: 127.0.0.1, tlsCertFile: %s/pki/apiserver.crt, tlsPrivateKeyFile: %s/pki/apiserver.key, clientCAFile: %s/pki/ca.crt}\n' "$STATE" "$STATE" "$STATE"
    printf 'modulePath: %s/lib/limen/modules\nauthenticators:\n' "$LIMEN_BUILD"
    for name in "$@"; do printf '  - %s\n' "${ENTRY[$name]}"; done
    printf 'authorizers: [{name: rbac}]\nstorage: {module: sqlite, config: {path: %s/limen.db}}\n' "$WORK"
  } > "$CONFIG"
}
ask_in_order "${WAYS[@]}" anonymous
assert_ok "$LIMEN" check --config "$CONFIG"
start_server

# A kubeconfig that knows the server and no credential.
kubectl --kubeconfig "$WORK/bare" config set-cluster here --server "https://127.0.0.1:$PORT" --certificate-authority "$STATE/pki/ca.crt" > /dev/null
kubectl --kubeconfig "$WORK/bare" config set-context here --cluster here > /dev/null
kubectl --kubeconfig "$WORK/bare" config use-context here > /dev/null
who() { kubectl --kubeconfig "$WORK/bare" --request-timeout=30s "$@" auth whoami -o json | jq -c '[.status.userInfo | .username, .groups]'; }
user() { whoami "$@" | jq -r '.status.userInfo.username // .code'; }
bearer() { printf 'Authorization: Bearer %s' "$1"; }
answered_by() { api GET /metrics | sed -n "s/^limen_authenticated_requests_total{module=\"$1\"} //p"; }

# --- each way by kubectl, and the metric says which module it was
k create serviceaccount robot > /dev/null
k create secret generic bootstrap-token-abcdef -n kube-system --type bootstrap.kubernetes.io/token --from-literal=token-id=abcdef \
  --from-literal=token-secret=0123456789abcdef --from-literal=usage-bootstrap-authentication=true > /dev/null
ROBOT=$(k create token robot)
OIDC=$(issue one "$(claims olga)")
issuer_is_known() { [ "$(user -H "$(bearer "$OIDC")")" = oidc:olga ]; }
eventually 10 issuer_is_known
CERTIFICATE=(--client-certificate "$STATE/pki/admin.crt" --client-key "$STATE/pki/admin.key")
way() { # AUTHENTICATOR EXPECTED kubectl-words...
  local before after
  before=$(answered_by "$1")
  assert_eq "$(who "${@:3}")" "$2" "$1"
  after=$(answered_by "$1")
  [ "${after:-0}" -gt "${before:-0}" ] || fail "no request was counted as answered by $1"
}
way x509 '["kubernetes-admin",["system:masters","system:authenticated"]]' "${CERTIFICATE[@]}"
way passwords '["carol",["system:authenticated"]]' --username carol --password 'a password'
way tokens '["ada",["dev","ops","system:authenticated"]]' --token file-token
way service-account '["system:serviceaccount:default:robot",["system:serviceaccounts","system:serviceaccounts:default","system:authenticated"]]' --token "$ROBOT"
way bootstrap-token '["system:bootstrap:abcdef",["system:bootstrappers","system:authenticated"]]' --token abcdef.0123456789abcdef
way staff '["oidc:olga",["oidc:dev","system:authenticated"]]' --token "$OIDC"
way webhook-token '["hooked",["hooks","system:authenticated"]]' --token asked-token

# --- a TokenReview goes the same way, whoever issued the token
reviewed() {
  jq -n --arg t "$1" '{apiVersion: "authentication.k8s.io/v1", kind: "TokenReview", spec: {token: $t}}' |
    api POST /apis/authentication.k8s.io/v1/tokenreviews -H 'Content-Type: application/json' -d @- |
    jq -r '.status.user.username // "nobody"'
}
assert_eq "$(for token in file-token "$ROBOT" abcdef.0123456789abcdef "$OIDC" asked-token wrong-token; do reviewed "$token"; done | paste -sd' ')" \
  'ada system:serviceaccount:default:robot system:bootstrap:abcdef oidc:olga hooked nobody'

# --- the first that knows the caller wins: certificate before token, file before webhook
assert_eq "$(user --cert "$STATE/pki/admin.crt" --key "$STATE/pki/admin.key" -H "$(bearer file-token)")" kubernetes-admin
assert_eq "$(user --cert "$STATE/pki/admin.crt" --key "$STATE/pki/admin.key" -H "$(bearer wrong-token)")" kubernetes-admin
forget_asked
assert_eq "$(user -H "$(bearer asked-token-in-file)")" ada
assert_eq "$(asked)" 0

# --- a credential that fails does not stand in the way of a good one
STRANGER=(--cert "$WORK/stranger.crt" --key "$WORK/stranger.key")
assert_eq "$(user "${STRANGER[@]}" -H "$(bearer file-token)")" ada
assert_eq "$(user "${STRANGER[@]}" -u 'carol:a password')" carol
assert_eq "$(user "${STRANGER[@]}" -H "$(bearer "$OIDC")")" oidc:olga

# --- nobody knows the caller: one text for every reason, and the way in that can be typed
UNKNOWN='{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}'
refused() { # PATH [curl options]
  assert_eq "$(request GET "$@" -D "$WORK/head")" "$UNKNOWN" "$*"
  assert_header "$(cat "$WORK/head")" 'WWW-Authenticate: Basic realm="kubernetes-master"'
}
refused /api
refused /api "${STRANGER[@]}"
eventually 5 grep -q 'a credential was refused.*x509: verifying certificate' "$LOG"
refused /api -u 'carol:another password'
refused /api -u 'nobody:a password'
refused /api -H 'Authorization: Digest carol'
VAULT=$(k create token robot --audience vault)
for token in wrong-token abcdef.0123456789abcdee "${ROBOT%????}AAAA" "$VAULT" "${OIDC%?????}AAAAA" \
  "$(issue one "$(claims olga | sed 's/"exp":[0-9]*/"exp":1/')")" "$(issue one '{"iss":"https://elsewhere.test","sub":"olga"}')"; do
  refused /api -H "$(bearer "$token")"
done
refused /api -H 'Authorization: Bearer  file-token'
assert_contains "$(cat "$WORK/head")" 'extra space before the bearer token, and is ignored'

# --- nobody in particular may ask for these paths only, and not with a credential that is bad
assert_eq "$(request GET /livez)" ok
assert_eq "$(request GET /readyz)" ok
refused /livez/ping
refused /version
refused /livez -H "$(bearer wrong-token)"
refused /livez -u carol:wrong
refused /livez "${STRANGER[@]}"

# --- a browser's watch: the token is one of the subprotocols of a WebSocket
k create clusterrole watcher --verb=get,list,watch --resource=configmaps > /dev/null
k create clusterrolebinding watchers --clusterrole=watcher --user=oidc:olga --user=ada > /dev/null
MAPS=/api/v1/namespaces/default/configmaps
by_websocket() { # PROTOCOLS PATH [curl options]
  request GET "$2" --http1.1 -N -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' \
    -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' -H "Sec-WebSocket-Protocol: $1" "${@:3}"
}
subprotocol() { printf 'base64url.bearer.authorization.k8s.io.%s' "$(printf '%s' "$1" | b64url)"; }
by_websocket "$(subprotocol "$OIDC"), v4.channel.k8s.io" "$MAPS?watch=1&timeoutSeconds=20" -D "$WORK/watch.head" > "$WORK/watch" &
WATCH=$!
eventually 10 grep -q '^HTTP' "$WORK/watch.head"
assert_matches "$(head -n 1 "$WORK/watch.head")" '^HTTP/1\.1 (101|200) '
assert_not_contains "$(cat "$WORK/watch.head")" base64url.bearer
k create configmap seen > /dev/null
eventually 10 grep -q '"name":"seen"' "$WORK/watch"
kill "$WATCH"
wait "$WATCH" || true
code=(-o /dev/null -w '%{http_code}')
assert_eq "$(by_websocket "v4.channel.k8s.io,$(subprotocol file-token)" $MAPS "${code[@]}")" 200
assert_eq "$(by_websocket "$(subprotocol wrong-token), v4.channel.k8s.io" $MAPS "${code[@]}")" 401
assert_eq "$(by_websocket "$(subprotocol file-token)" $MAPS "${code[@]}")" 401 "no protocol is left to speak"
assert_eq "$(by_websocket "$(subprotocol file-token), v4.channel.k8s.io" $MAPS -H "$(bearer wrong-token)" "${code[@]}")" 401

# --- the list is the order: the webhook first, then the file; its trouble is not the end
ask_in_order x509 webhook-token tokens
restart_server
assert_eq "$(user -H "$(bearer asked-token-in-file)")" hooked
assert_eq "$(user -H "$(bearer file-token)")" ada
printf '<html>' | answer review 200
assert_eq "$(user -H "$(bearer later-token)")" ada
eventually 5 grep -q 'the answer is no TokenReview' "$LOG"
# without anonymous nobody is let in anywhere
assert_eq "$(request GET /livez)" "$UNKNOWN"

# --- no credential is in the log, at debug level
for secret in file-token asked-token later-token "${ROBOT##*.}" "${OIDC##*.}" 0123456789abcdef 'a password' wrong-token; do
  assert_not_contains "$(cat "$LOG")" "$secret"
done
stop_server
assert_eq "$STOPPED" 0
finish
