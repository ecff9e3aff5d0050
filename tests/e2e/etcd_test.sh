#!/usr/bin/env bash
# One server over one etcd with client certificates: kubectl as ever, keys and values as kube-apiserver lays
# them out, and what happens when either of the two goes away.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/etcd_lib.sh"
need_etcd
start_etcd 1 tls
make_servers 1 "shutdownTimeout: 2s
controllers: {eventTTL: 1m}"
start_limen 1

# --- objects of every kind of place
on 1 create namespace web > /dev/null
on 1 -n web create configmap settings --from-literal=v=1 > /dev/null
on 1 -n web create secret generic password --from-literal=v=quite-secret > /dev/null
on 1 -n web create deployment front --image=nginx > /dev/null
on 1 create clusterrole reader --verb=get --resource=pods > /dev/null
on 1 apply -f - > /dev/null << 'YAML'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.acme.test}
spec:
  group: acme.test
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget}
  versions:
  - name: v1
    served: true
    storage: true
    schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}
YAML
eventually 10 on 1 get widgets -A
on 1 -n web apply -f - > /dev/null <<< '{"apiVersion":"acme.test/v1","kind":"Widget","metadata":{"name":"round"},"spec":{"size":3}}'
on 1 -n web patch configmap settings --type=merge -p '{"data":{"v":"2"}}' > /dev/null
assert_eq "$(on 1 -n web get configmap settings -o jsonpath='{.data.v}')" 2
assert_eq "$(on 1 -n web get secret password -o jsonpath='{.data.v}' | base64 -d)" quite-secret
assert_eq "$(on 1 -n web get widget round -o jsonpath='{.spec.size}')" 3

# --- keys as kube-apiserver lays them out; a revision is etcd's own
KEYS=$(ectl get --prefix / --keys-only | grep -v '^$')
for key in namespaces/web configmaps/web/settings secrets/web/password deployments/web/front clusterroles/reader \
  acme.test/widgets/web/round apiextensions.k8s.io/customresourcedefinitions/widgets.acme.test \
  services/specs/default/kubernetes services/endpoints/default/kubernetes; do
  assert_contains "$KEYS" "/registry/$key"
done
VERSION=$(on 1 -n web get configmap settings -o jsonpath='{.metadata.resourceVersion}')
assert_eq "$(ectl get /registry/configmaps/web/settings -w json | jq -r '.kvs[0].mod_revision')" "$VERSION"
STORED=$(ectl get /registry/configmaps/web/settings --print-value-only)
assert_eq "$(jq -r '.kind + " " + .apiVersion + " " + .data.v + " " + (.metadata.resourceVersion // "none")' <<< "$STORED")" \
  'ConfigMap v1 2 none'

# --- what another program writes as kube-apiserver would is seen, and watched
api_on 1 GET '/api/v1/namespaces/web/configmaps?watch=true&timeoutSeconds=60&resourceVersion='"$VERSION" --no-buffer \
  --max-time 60 > "$WORK/watched" &
WATCH=$!
disown "$WATCH"
ectl put /registry/configmaps/web/foreign '{"kind":"ConfigMap","apiVersion":"v1","metadata":{"name":"foreign","namespace":"web","uid":"6c6f7665-0000-4000-8000-000000000001","creationTimestamp":"2024-01-01T00:00:00Z"},"data":{"by":"somebody"}}' > /dev/null
foreign() { [ "$(on 1 -n web get configmap foreign -o jsonpath='{.data.by}')" = somebody ]; }
eventually 5 foreign
eventually 5 grep -q '"type":"ADDED".*"name":"foreign"' "$WORK/watched"
on 1 -n web patch configmap foreign --type=merge -p '{"data":{"by":"us"}}' > /dev/null
assert_contains "$(ectl get /registry/configmaps/web/foreign --print-value-only)" '"by":"us"'
on 1 -n web delete configmap foreign > /dev/null
eventually 5 grep -q '"type":"DELETED".*"name":"foreign"' "$WORK/watched"
assert_eq "$(ectl get /registry/configmaps/web/foreign)" ''

# --- events go by a lease
on 1 -n web create -f - > /dev/null <<< '{"apiVersion":"v1","kind":"Event","metadata":{"name":"told"},"involvedObject":{"kind":"ConfigMap","name":"settings","namespace":"web"},"reason":"Told","message":"once","type":"Normal"}'
# Not by jq, whose numbers are no 64-bit integers.
LEASE=$(ectl get /registry/events/web/told -w json | grep -o '"lease":[0-9]*' | cut -d: -f2 || true)
[ -n "$LEASE" ] || fail "the event has no lease"
assert_contains "$(ectl lease list)" "$(printf '%x' "$LEASE")"
ectl lease revoke "$(printf '%x' "$LEASE")" > /dev/null
no_event() { [ -z "$(on 1 -n web get event told --ignore-not-found -o name)" ]; }
eventually 5 no_event

# --- a server that is killed and started again has everything
BEFORE=$(on 1 get configmaps,secrets,deployments,widgets,clusterroles -A -o json | jq -S '[.items[] | {kind, metadata: {name: .metadata.name, uid: .metadata.uid}}]')
kill_limen 1
start_limen 1
AFTER=$(on 1 get configmaps,secrets,deployments,widgets,clusterroles -A -o json | jq -S '[.items[] | {kind, metadata: {name: .metadata.name, uid: .metadata.uid}}]')
assert_eq "$AFTER" "$BEFORE"
assert_eq "$(on 1 -n web get configmap settings -o jsonpath='{.metadata.resourceVersion}')" "$VERSION"

# --- etcd goes away: not ready, nothing written, memory still answers; it comes back and all is well
api_on 1 GET '/api/v1/namespaces/web/configmaps?watch=true&timeoutSeconds=60&resourceVersion='"$VERSION" --no-buffer \
  --max-time 60 > "$WORK/watched" &
WATCH=$!
disown "$WATCH"
eventually 5 grep -q '"name":"foreign"' "$WORK/watched" # what was, since then
kill_member 1
map='{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"refused"}}'
refused() {
  [ "$(status_on 1 POST /api/v1/namespaces/web/configmaps -H 'Content-Type: application/json' -d "$map" -D "$WORK/head")" = 503 ]
}
eventually 20 refused
assert_header "$(cat "$WORK/head")" 'Retry-After: '
eventually 20 limen_unready 1
assert_eq "$(api_on 1 GET '/api/v1/namespaces/web/configmaps/settings?resourceVersion=0' | jq -r .data.v)" 2
GOT=$(status_on 1 GET /api/v1/namespaces/web/configmaps/settings)
[[ "$GOT" = 50[034] ]] || fail "a confirmed read without etcd: expected status 503 or the like, got $GOT"
start_member 1
wait_member 1
wait_limen 1
written() { [[ "$(status_on 1 POST /api/v1/namespaces/web/configmaps -H 'Content-Type: application/json' -d "${map/refused/later}")" = 20[01] ]]; }
eventually 10 written
assert_eq "$(on 1 -n web get configmap settings -o jsonpath='{.data.v}')" 2
# The watch that was open goes on, or was told that it cannot.
goes_on() { grep -qE '"name":"later"|"code":410' "$WORK/watched" || ! kill -0 "$WATCH" 2> /dev/null; }
eventually 10 goes_on
assert_eq "$(on 1 -n web get configmap settings -o jsonpath='{.metadata.resourceVersion}')" "$VERSION"
kill "$WATCH" 2> /dev/null || true
stop_limen 1
finish
