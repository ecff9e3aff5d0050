#!/usr/bin/env bash
# What clients of kube-apiserver count on beyond verbs and objects: words, headers, objects nobody asked for.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PORT=$(free_port)
init_state
cat >> "$CONFIG" << YAML
corsAllowedOrigins: ["^https://pages\\\\.example$"]
strictTransportSecurity: [max-age=60, includeSubDomains]
YAML
start_server

MAPS=/api/v1/namespaces/default/configmaps
headers() { api "$@" -o /dev/null -D - | tr -d '\r'; }

# --- a browser's question ahead, without a credential
PREFLIGHT=$(request OPTIONS "$MAPS" -H 'Origin: https://pages.example' -o /dev/null -D -)
assert_contains "$PREFLIGHT" " 204"
assert_header "$PREFLIGHT" "Access-Control-Allow-Origin: https://pages.example"
assert_header "$PREFLIGHT" "Access-Control-Allow-Credentials: true"
assert_not_contains "$(request OPTIONS "$MAPS" -H 'Origin: https://pages.example.evil' -o /dev/null -D -)" llow-
assert_header "$(headers GET "$MAPS")" "Strict-Transport-Security: max-age=60; includeSubDomains"

# --- warnings reach kubectl
assert_contains "$(k get endpoints kubernetes 2>&1)" \
  "Warning: v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice"
assert_contains "$(api GET /metrics)" \
  'apiserver_requested_deprecated_apis{group="",version="v1",resource="endpoints",subresource="",removed_release=""} 1'

# --- a watch begins with what is there and says where that ends
assert_ok k create configmap one
WATCHED=$(api GET "$MAPS?watch=1&timeoutSeconds=1&allowWatchBookmarks=true&fieldSelector=metadata.name%3Done" |
  jq -c '[.type, .object.metadata.name, .object.metadata.annotations["k8s.io/initial-events-end"]]')
assert_eq "$(head -n 2 <<< "$WATCHED")" '["ADDED","one",null]
["BOOKMARK",null,"true"]'

# --- a patch makes no other kind of an object
assert_contains "$(api PATCH "$MAPS/one" -H 'Content-Type: application/merge-patch+json' -d '{"kind":"Pod"}')" \
  'converting (v1.Pod) to (core.ConfigMap): unknown conversion'
assert_eq "$(api GET "$MAPS/one" | jq -r .kind)" ConfigMap

# --- which addresses services have, and may have
assert_ok k create service clusterip web --tcp=80
ADDRESS=$(k get service web -o jsonpath='{.spec.clusterIP}')
eventually 10 k get ipaddress "$ADDRESS"
assert_eq "$(k get ipaddress "$ADDRESS" -o jsonpath='{.spec.parentRef.namespace}/{.spec.parentRef.name}')" default/web
assert_eq "$(k get servicecidr kubernetes -o jsonpath='{.spec.cidrs[0]} {.status.conditions[0].status}')" \
  "10.96.0.0/12 True"
assert_ok k delete service web
no_address() { ! k get ipaddress "$ADDRESS"; }
eventually 10 no_address

# --- the server's lease
LEASE=$(k get leases -n kube-system -l apiserver.kubernetes.io/identity=kube-apiserver -o name)
assert_matches "$LEASE" '^lease.coordination.k8s.io/apiserver-[a-z2-7]{26}$'
assert_eq "$(k get -n kube-system "$LEASE" -o jsonpath='{.spec.leaseDurationSeconds}')" 3600

# --- the paths there are, and what the checks said
assert_eq "$(api GET / | jq -r '.paths | map(select(. == "/apis/apps/v1" or . == "/readyz/etcd")) | join(" ")')" \
  "/apis/apps/v1 /readyz/etcd"
assert_eq "$(api GET /livez/etcd)" ok
assert_contains "$(api GET /metrics/slis)" 'kubernetes_healthcheck{name="etcd",type="livez"} 1'

# --- events go after the time the configuration gives them
sed -i 's|^controllers:.*||' "$CONFIG"
echo 'controllers: {eventTTL: 1s}' >> "$CONFIG"
restart_server
assert_ok k create -f - << YAML
apiVersion: v1
kind: Event
metadata: {name: seen, namespace: default}
involvedObject: {kind: Pod, name: p, namespace: default}
YAML
no_event() { ! k get event seen; }
eventually 10 no_event

finish
