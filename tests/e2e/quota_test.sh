#!/usr/bin/env bash
# ResourceQuotas with kubectl: what is refused and in which words, what describe shows, what deleting gives
# back, with a LimitRange beside it, and fifty clients who get exactly what there is.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server

NS=team
k() { kubectl --request-timeout=30s -n "$NS" "$@"; }
# used QUOTA NAME: what its status says.
used() { k get quota "$1" -o json | jq -r --arg name "$2" '.status.used[$name]'; }
uses() { [ "$(used "$1" "$2")" = "$3" ]; }
run() { k run "$1" --image=nginx "${@:2}"; }
k create namespace team > /dev/null
eventually 10 k get serviceaccount default

# --- a quota counts from the moment it is there
assert_ok k create quota small --hard=pods=2,requests.cpu=500m,limits.cpu=2,count/deployments.apps=1
assert_exit 1 run web
assert_eq "$OUTPUT" 'Error from server (Forbidden): pods "web" is forbidden: failed quota: small: must specify limits.cpu for: web; requests.cpu for: web'

# --- a LimitRange says what pods leave out
k create -f - > /dev/null << 'YAML'
apiVersion: v1
kind: LimitRange
metadata: {name: defaults}
spec:
  limits: [{type: Container, default: {cpu: "1"}, defaultRequest: {cpu: 200m}}]
YAML
assert_ok run web
assert_eq "$(used small requests.cpu) $(used small limits.cpu) $(used small pods)" '200m 1 1'
DESCRIBED=$(k describe quota small)
assert_matches "$DESCRIBED" $'count/deployments.apps +0 +1\n'
assert_matches "$DESCRIBED" $'limits.cpu +1 +2\n'
assert_matches "$DESCRIBED" $'pods +1 +2\n'
assert_matches "$DESCRIBED" 'requests.cpu +200m +500m'
assert_matches "$(k get quota small)" 'pods: 1/2'

# --- a dry run is judged and charges nothing
assert_ok run dry --dry-run=server
assert_ok run dry --dry-run=server
assert_eq "$(used small pods)" 1

# --- what is too much is refused in kube-apiserver's words
assert_ok run second
TOO_MUCH='exceeded quota: small, requested: limits.cpu=1,pods=1,requests.cpu=200m, used: limits.cpu=2,pods=2,requests.cpu=400m, limited: limits.cpu=2,pods=2,requests.cpu=500m'
assert_exit 1 run third
assert_eq "$OUTPUT" "Error from server (Forbidden): pods \"third\" is forbidden: $TOO_MUCH"
assert_exit 1 run third --dry-run=server
assert_contains "$OUTPUT" "$TOO_MUCH"
REFUSED=$(api POST /apis/apps/v1/namespaces/team/deployments -H 'Content-Type: application/json' -d '{"apiVersion":"apps/v1","kind":"Deployment",
  "metadata":{"name":"one"},"spec":{"selector":{"matchLabels":{"a":"b"}},"template":{"metadata":{"labels":{"a":"b"}},"spec":{"containers":[{"name":"c","image":"i"}]}}}}')
assert_eq "$(jq -r .kind <<< "$REFUSED")" Deployment
assert_exit 1 k create deployment two --image=nginx
assert_contains "$OUTPUT" 'deployments.apps "two" is forbidden: exceeded quota: small, requested: count/deployments.apps=1, used: count/deployments.apps=1, limited: count/deployments.apps=1'

# --- what goes is given back, and so is what ends
k delete pod second > /dev/null
eventually 10 uses small pods 1
assert_ok run second
assert_eq "$(used small requests.cpu)" 400m
api PATCH /api/v1/namespaces/team/pods/second/status -H 'Content-Type: application/merge-patch+json' \
  -d '{"status":{"phase":"Succeeded"}}' > /dev/null
eventually 10 uses small pods 1
assert_eq "$(used small limits.cpu)" 1

# --- a quota that was changed counts as it says now
k patch quota small -p '{"spec":{"hard":{"pods":"1"}}}' > /dev/null
assert_exit 1 run third
assert_contains "$OUTPUT" 'used: pods=1, limited: pods=1'
k patch quota small -p '{"spec":{"hard":{"pods":"9"}}}' > /dev/null
assert_ok run third

# --- services are charged for what an update adds
k create quota ports --hard=services=2,services.nodeports=1,services.loadbalancers=0 > /dev/null
assert_ok k create service clusterip web --tcp=80:80
assert_ok k patch service web -p '{"spec":{"type":"NodePort"}}'
assert_eq "$(used ports services.nodeports)" 1
assert_exit 1 k patch service web -p '{"spec":{"type":"LoadBalancer"}}'
assert_contains "$OUTPUT" 'services "web" is forbidden: exceeded quota: ports, requested: services.loadbalancers=1, used: services.loadbalancers=0, limited: services.loadbalancers=0'
assert_ok k patch service web -p '{"spec":{"type":"ClusterIP","ports":[{"port":80,"nodePort":0}]}}'
eventually 10 uses ports services.nodeports 0

# --- what was charged and then not stored is given back after a while
k create quota secrets --hard=secrets=3 > /dev/null
k create secret generic first > /dev/null
assert_exit 1 k create secret generic first
assert_contains "$OUTPUT" 'secrets "first" already exists'
eventually 10 uses secrets secrets 1

# --- fifty clients at once get exactly what there is
k create namespace crowd > /dev/null
NS=crowd
eventually 10 k get configmap kube-root-ca.crt
k create quota maps --hard=configmaps=21 > /dev/null
MAPS=https://127.0.0.1:$PORT/api/v1/namespaces/crowd/configmaps
create_all() { # PREFIX: prints the status codes
  seq 50 | xargs -P 50 -I {} curl -s --max-time 30 "${ADMIN[@]}" -o /dev/null -w '%{http_code}\n' -X POST "$MAPS" \
    -H 'Content-Type: application/json' -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"'"$1"'-{}"}}' | sort | uniq -c | xargs
}
assert_eq "$(create_all first)" '20 201 30 403'
assert_eq "$(k get configmaps -o name | wc -l)" 21
assert_eq "$(used maps configmaps)" 21

# --- nor more while others are deleted: what is there never exceeds the quota
count() { api GET /api/v1/namespaces/crowd/configmaps | jq '.items | length'; }
(while k delete configmaps --all > /dev/null 2>&1 && [ ! -e "$WORK/enough" ]; do :; done) &
DELETER=$!
MOST=0
create_all second > "$WORK/second" &
CREATOR=$!
while kill -0 "$CREATOR" 2> /dev/null; do
  NOW=$(count)
  [ "$NOW" -le "$MOST" ] || MOST=$NOW
done
touch "$WORK/enough"
wait "$DELETER"
[ "$MOST" -le 21 ] || fail "there were $MOST config maps"
eventually 10 uses maps configmaps "$(count)"

# --- a restart forgets nothing
restart_server
assert_eq "$(used maps configmaps)" "$(count)"

# --- limitedResources: only what a quota covers
sed -i '/^admission:/a\  - {name: ResourceQuota, config: {limitedResources: [{resource: configmaps, matchContains: [configmaps]}]}}' "$CONFIG"
restart_server
k create namespace strict > /dev/null
NS=strict
assert_exit 1 k create configmap one
assert_contains "$OUTPUT" 'configmaps "one" is forbidden: insufficient quota to consume: configmaps,count/configmaps'
k create quota maps --hard=configmaps=5,count/configmaps=5 > /dev/null
assert_ok k create configmap one
sed -i 's/matchContains/matchesContain/' "$CONFIG"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" matchesContain
finish
