#!/usr/bin/env bash
# The admission controllers that are off by default, each with its main promise to kubectl's users: what it
# changes and the exact words of its refusals; which requests are asked at all, and that dry runs leave nothing.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
LOCAL=$(free_port)
cp "$CONFIG" "$WORK/limen.yaml"
# plugins ENABLED [DISABLED]: the server again, with these beside the usual ones
plugins() {
  sed -e "s/^  enable: \[\]/  enable: [$1]/" -e "s/^  disable: \[\]/  disable: [${2:-}]/" "$WORK/limen.yaml" > "$CONFIG"
  sed -i '/^admission:/a\  - {name: PodNodeSelector, config: {clusterDefaultNodeSelector: pool=general, namespaces: {kept: "team=a"}}}' "$CONFIG"
  [ -z "$SERVER_PID" ] || stop_server
  start_server --insecure-port "$LOCAL"
}
local_k() { KUBECONFIG=/dev/null k --server "http://127.0.0.1:$LOCAL" "$@"; }
# refused TEXT COMMAND...: all that kubectl says
refused() {
  local text=$1
  shift
  assert_exit 1 "$@"
  assert_eq "$OUTPUT" "Error from server ($text"
}
# A pod whose spec has this beside its container.
run() { k run "$1" --image=nginx --overrides="{\"spec\":$2}" "${@:3}"; }
# field KIND NAME JQ-FILTER
field() { k get "$1" "$2" -o json | jq -c "$3"; }

plugins 'AlwaysAdmit, NamespaceAutoProvision, LimitPodHardAntiAffinityTopology, AlwaysPullImages, ExtendedResourceToleration, OwnerReferencesPermissionEnforcement, DenyServiceExternalIPs'

# --- always-pull-images
assert_eq "$(run web '{"initContainers":[{"name":"init","image":"nginx:1"}]}' --image-pull-policy=IfNotPresent)" 'pod/web created'
assert_eq "$(field pod web '[.spec.containers, .spec.initContainers | .[].imagePullPolicy]')" '["Always","Always"]'

# --- pod-node-selector: the cluster's, the namespace's, and the only ones there may be
assert_eq "$(field pod web .spec.nodeSelector)" '{"pool":"general"}'
assert_ok k create namespace prod
assert_ok k annotate namespace prod scheduler.alpha.kubernetes.io/node-selector=env=prod,disk=ssd
assert_ok run a '{"nodeSelector":{"cpu":"fast"}}' -n prod
assert_eq "$(k -n prod get pod a -o jsonpath='{.spec.nodeSelector}')" '{"cpu":"fast","disk":"ssd","env":"prod"}'
refused 'Forbidden): pods "b" is forbidden: pod node label selector conflicts with its namespace node label selector' \
  run b '{"nodeSelector":{"env":"dev"}}' -n prod
assert_ok k create namespace kept
assert_ok k annotate namespace kept scheduler.alpha.kubernetes.io/node-selector=team=a
assert_ok run a '{}' -n kept
refused 'Forbidden): pods "b" is forbidden: pod node label selector labels conflict with its namespace whitelist' \
  run b '{"nodeSelector":{"disk":"ssd"}}' -n kept

# --- limit-pod-hard-anti-affinity-topology
away() { printf '{"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"%s","labelSelector":{}}]}}}' "$1"; }
refused 'Forbidden): pods "apart" is forbidden: affinity.PodAntiAffinity.RequiredDuringScheduling has TopologyKey topology.kubernetes.io/zone but only key kubernetes.io/hostname is allowed' \
  run apart "$(away topology.kubernetes.io/zone)"
assert_eq "$(run apart "$(away kubernetes.io/hostname)")" 'pod/apart created'

# --- extended-resource-toleration
assert_ok run device '{"containers":[{"name":"device","image":"nginx","resources":{"limits":{"example.com/gpu":"1"}}}]}'
assert_eq "$(field pod device '[.spec.tolerations[] | select(.key == "example.com/gpu")]')" '[{"effect":"NoSchedule","key":"example.com/gpu","operator":"Exists"}]'

# --- deny-service-external-ips
service() { printf '{"apiVersion":"v1","kind":"Service","metadata":{"name":"out"},"spec":{"ports":[{"port":80}]%s}}' "${1:-}"; }
service ',"externalIPs":["203.0.113.7"]' > "$WORK/service.json"
refused "Forbidden): error when creating \"$WORK/service.json\": services \"out\" is forbidden: Use of external IPs is denied by admission control" \
  k create -f "$WORK/service.json"
assert_ok k create -f - < <(service)
refused 'Forbidden): services "out" is forbidden: Use of external IPs is denied by admission control' \
  k patch service out -p '{"spec":{"externalIPs":["203.0.113.7"]}}'

# --- owner-references-permission-enforcement: an owner decides when an object goes
assert_ok k create clusterrole writes --verb=get,list,create,update,patch --resource=configmaps
assert_ok k create rolebinding writes --clusterrole=writes --user=writer
assert_ok k create configmap owner
assert_ok k create configmap owned
owned() { # NAME [MORE]
  printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"%s","ownerReferences":[{"apiVersion":"v1","kind":"ConfigMap","name":"owner","uid":"%s"%s}]}}' \
    "$1" "$OWNER" "${2:-}"
}
OWNER=$(k get configmap owner -o jsonpath='{.metadata.uid}')
assert_ok k --as writer label configmap owned a=b
refused 'Forbidden): configmaps "owned" is forbidden: cannot set an ownerRef on a resource you can'"'"'t delete: , <nil>' \
  k --as writer patch configmap owned -p "$(owned owned)"
assert_ok k --as writer create -f - < <(owned mine)
owned mine2 ',"blockOwnerDeletion":true' > "$WORK/owned.json"
refused "Forbidden): error when creating \"$WORK/owned.json\": configmaps \"mine2\" is forbidden: cannot set blockOwnerDeletion if an ownerReference refers to a resource you can't set finalizers on: , <nil>" \
  k --as writer create -f "$WORK/owned.json"
assert_ok k create role deletes --verb=delete --resource=configmaps
assert_ok k create rolebinding deletes --role=deletes --user=writer
eventually 10 k --as writer patch configmap owned -p "$(owned owned)"

# --- namespace-auto-provision; a dry run makes none
assert_eq "$(k -n made create configmap c --dry-run=server 2>&1)" 'error: failed to create configmap: namespaces "made" not found'
assert_exit 1 k get namespace made
assert_eq "$(k -n made create configmap c)" 'configmap/c created'
assert_eq "$(field namespace made .status.phase)" '"Active"'

# --- a diff shows what admission would make of it, and leaves nothing
k run diffed --image=nginx --image-pull-policy=Never --dry-run=client -o yaml > "$WORK/pod.yaml"
assert_exit 1 k diff -f "$WORK/pod.yaml"
for line in '+    imagePullPolicy: Always' '+    pool: general' '+  priority: 0' '+    key: node.kubernetes.io/not-ready'; do
  assert_contains "$OUTPUT" "$line"
done
assert_exit 1 k get pod diffed
sed -i 's/^spec:/&\n  nodeSelector: {pool: other}/' "$WORK/pod.yaml"
assert_exit 2 k diff -f "$WORK/pod.yaml"
assert_contains "$OUTPUT" 'pods "diffed" is forbidden: pod node label selector conflicts with its namespace node label selector'

# --- namespace-exists by itself
plugins NamespaceExists NamespaceLifecycle
assert_exit 1 k -n nowhere create configmap c
assert_eq "$OUTPUT" 'error: failed to create configmap: namespaces "nowhere" not found'
assert_ok k -n prod create configmap c
assert_eq "$(k delete namespace made --wait=false)" 'namespace "made" deleted'

# --- always-deny: nothing is written, everything is read, and the local listener is no way round
plugins AlwaysDeny
DENIED='admission control is denying all modifications'
for user in k local_k; do
  refused "Forbidden): pods \"late\" is forbidden: $DENIED" $user run late --image=nginx
  refused "Forbidden): pods \"late\" is forbidden: $DENIED" $user run late --image=nginx --dry-run=server
  refused "Forbidden): pods \"web\" is forbidden: $DENIED" $user label pod web a=b
  refused "Forbidden): pods \"web\" is forbidden: $DENIED" $user delete pod web
  assert_exit 1 $user create configmap c2
  assert_eq "$OUTPUT" "error: failed to create configmap: configmaps \"c2\" is forbidden: $DENIED"
  assert_eq "$($user get pod web -o name)" pod/web
  assert_eq "$($user get pods -l run=web -o name)" pod/web
done
assert_status 403 DELETE /api/v1/namespaces/default/pods
WATCHED=$(api GET '/api/v1/namespaces/default/pods?watch=1&timeoutSeconds=1&fieldSelector=metadata.name=web' | head -n 1)
assert_eq "$(jq -r '.type + " " + .object.metadata.name' <<< "$WATCHED")" 'ADDED web'
finish
