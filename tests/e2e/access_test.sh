#!/usr/bin/env bash
# The way of a request from outside: authenticators in order, ABAC, admission, and the local port.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
LOCAL=$(free_port)

cat > "$WORK/tokens.csv" << 'CSV'
bob-token,bob,1001
alice-token,alice,1002,"readers,writers"
CSV
printf 'bob-password,bob,1001\n' > "$WORK/passwords.csv"
chmod 600 "$WORK"/*.csv
cat > "$WORK/policy.jsonl" << 'JSONL'
# bob may read pods in his project and nothing else
{"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": {"user": "bob", "namespace": "project-caribou", "resource": "pods", "readonly": true}}
{"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": {"user": "alice", "namespace": "*", "resource": "*", "apiGroup": "*", "nonResourcePath": "*"}}
JSONL
# access_config MODULES-OF-ADMISSION...: the config of this test with this admission chain.
access_config() {
  cat > "$CONFIG" << YAML
apiVersion: config.limen.io/v1
kind: ServerConfiguration
secure:
  bindAddress: 127.0.0.1
  tlsCertFile: $STATE/pki/apiserver.crt
  tlsPrivateKeyFile: $STATE/pki/apiserver.key
  clientCAFile: $STATE/pki/ca.crt
modulePath: $LIMEN_BUILD/lib/limen/modules
authenticators:
  - {name: x509, config: {clientCAFile: $STATE/pki/ca.crt}}
  - {name: passwords, module: password-file, config: {path: $WORK/passwords.csv}}
  - {name: tokens, module: token-file, config: {path: $WORK/tokens.csv}}
authorizers:
  - {name: abac, config: {path: $WORK/policy.jsonl}}
admission:
$(printf '  - {name: %s}\n' "$@")
storage: {module: sqlite, config: {path: $WORK/limen.db}}
YAML
}
as_bob=(-H 'Authorization: Bearer bob-token')
as_alice=(-H 'Authorization: Bearer alice-token')
pod() { printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{"containers":[{"name":"c","image":"i"}]}}' "$1"; }
json=(-H 'Content-Type: application/json')
code=(-o /dev/null -w '%{http_code}')

access_config namespace-lifecycle default-toleration-seconds always-pull-images deny-service-external-ips
start_server --insecure-port "$LOCAL"

# --- who are you?
assert_eq "$(request GET /api/v1/pods "${code[@]}")" 401
assert_eq "$(request GET /api/v1/pods)" \
  '{"kind":"Status","apiVersion":"v1","metadata":{},"status":"Failure","message":"Unauthorized","reason":"Unauthorized","code":401}'
assert_eq "$(request GET /api/v1/pods -H 'Authorization: Bearer wrong' "${code[@]}")" 401
assert_eq "$(request GET /api/v1/pods -u bob:wrong "${code[@]}")" 401
HEADERS=$(request GET /api/v1/pods -D - -o /dev/null)
assert_matches "$HEADERS" '[Aa]udit-[Ii]d: [0-9a-f-]{36}'
assert_header "$HEADERS" 'Cache-Control: no-cache, private'
assert_header "$HEADERS" 'WWW-Authenticate: Basic realm="kubernetes-master"'
# the second and third authenticator are asked when the first has no opinion
PODS=/api/v1/namespaces/project-caribou/pods
assert_eq "$(request POST /api/v1/namespaces "${as_alice[@]}" "${json[@]}" -d '{"metadata":{"name":"project-caribou"}}' "${code[@]}")" 201
assert_eq "$(request POST /api/v1/namespaces "${as_alice[@]}" "${json[@]}" -d '{"metadata":{"name":"project-fish"}}' "${code[@]}")" 201
assert_eq "$(request POST $PODS "${as_alice[@]}" "${json[@]}" -d "$(pod p)" "${code[@]}")" 201
assert_eq "$(request GET $PODS/p "${as_bob[@]}" "${code[@]}")" 200
assert_eq "$(request GET $PODS/p -u bob:bob-password "${code[@]}")" 200

# --- may you?
assert_eq "$(request GET "$PODS?watch=1&timeoutSeconds=1" "${as_bob[@]}" "${code[@]}")" 200
assert_contains "$(request POST $PODS "${as_bob[@]}" "${json[@]}" -d "$(pod q)")" \
  '"message":"pods is forbidden: User \"bob\" cannot create resource \"pods\" in API group \"\" in the namespace \"project-caribou\": No policy matched.","reason":"Forbidden","details":{"kind":"pods"},"code":403}'
assert_contains "$(request GET /api/v1/namespaces/project-fish/pods/p "${as_bob[@]}")" \
  '"message":"pods \"p\" is forbidden: User \"bob\" cannot get resource \"pods\" in API group \"\" in the namespace \"project-fish\": No policy matched."'
assert_contains "$(request GET /metrics "${as_bob[@]}")" 'forbidden: User \"bob\" cannot get path \"/metrics\"'
# a body that is refused by rights is never parsed
assert_eq "$(request POST $PODS "${as_bob[@]}" "${json[@]}" -d '{not json' "${code[@]}")" 403
assert_eq "$(request POST $PODS "${as_alice[@]}" "${json[@]}" -d '{not json' "${code[@]}")" 400
# path confusion is refused before rights are asked
for target in '//api/v1/pods' '/api/v1/namespaces/project-caribou/../project-fish/pods' '/api/v1/namespaces/project-caribou%2fpods' '/api/v1/%2e%2e/v1/pods'; do
  assert_eq "$(request GET "$target" --path-as-is "${as_alice[@]}" "${code[@]}")" 400 "$target"
done

# --- is it acceptable?
POD=$(request GET $PODS/p "${as_alice[@]}")
assert_contains "$POD" '"imagePullPolicy":"Always"'
assert_contains "$POD" 'node.kubernetes.io/not-ready'
assert_contains "$(request POST /api/v1/namespaces/default/services "${as_alice[@]}" "${json[@]}" \
  -d '{"metadata":{"name":"s"},"spec":{"ports":[{"port":80}],"externalIPs":["192.0.2.1"]}}')" \
  'services \"s\" is forbidden: Use of external IPs is denied by admission control'
assert_eq "$(request POST /api/v1/namespaces/nowhere/configmaps "${as_alice[@]}" "${json[@]}" -d '{"metadata":{"name":"x"}}' "${code[@]}")" 404

# --- the local port: no credential, no rights, but admission
local_api() { curl -sS --max-time 30 -X "$1" "http://127.0.0.1:$LOCAL$2" "${@:3}"; }
assert_eq "$(local_api GET /api/v1/secrets "${code[@]}")" 200
ME=$(local_api POST /apis/authentication.k8s.io/v1/selfsubjectreviews "${json[@]}" -d '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}')
assert_contains "$ME" '"username":"system:unsecured"'
assert_contains "$ME" '"groups":["system:masters","system:authenticated"]'
assert_eq "$(local_api POST $PODS "${json[@]}" -d "$(pod local)" "${code[@]}")" 201
assert_contains "$(local_api GET $PODS/local)" '"imagePullPolicy":"Always"'
assert_exit 1 "$LIMEN" serve --config "$CONFIG" --secure-port "$(free_port)" --insecure-port "$(free_port)" --insecure-bind-address 0.0.0.0
assert_contains "$OUTPUT" "loopback"

# --- a controller that rejects ends the chain; reads never meet it
access_config always-deny always-admit
restart_server
calls_of() { api GET /metrics | grep '^limen_module_calls_total{' | grep "\"$1\"" | awk '{sum += $2} END {print sum + 0}'; }
assert_eq "$(request POST $PODS "${as_alice[@]}" "${json[@]}" -d "$(pod denied)" "${code[@]}")" 403
assert_contains "$(request POST $PODS "${as_alice[@]}" "${json[@]}" -d "$(pod denied)")" \
  'pods \"denied\" is forbidden: admission control is denying all modifications'
assert_eq "$(calls_of always-admit)" 0 "the controller after a rejection must not be asked"
assert_eq "$(request GET $PODS/p "${as_bob[@]}" "${code[@]}")" 200
assert_eq "$(request GET $PODS/denied "${as_alice[@]}" "${code[@]}")" 404

# --- beside always-allow nobody stays nameless
sed -i -e 's/^  - {name: abac.*/  - {name: always-allow}/' -e '/^authorizers:/i\  - {name: anonymous}' "$CONFIG"
restart_server
assert_eq "$(request GET $PODS "${code[@]}")" 401
assert_eq "$(request GET $PODS "${as_bob[@]}" "${code[@]}")" 200
assert_contains "$(cat "$LOG")" 'anonymous requests are refused, because always-allow'

# --- no secret is in the log
for secret in bob-token alice-token bob-password; do
  assert_not_contains "$(cat "$LOG")" "$secret"
done
stop_server
assert_eq "$STOPPED" 0
finish
