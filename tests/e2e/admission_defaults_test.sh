#!/usr/bin/env bash
# The admission controllers that are on by default, each with its main promise to kubectl's users: what it
# fills in and the exact words of its refusals.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server
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

# --- namespace-lifecycle
refused 'NotFound): namespaces "nowhere" not found' k -n nowhere run web --image=nginx
assert_exit 1 k -n nowhere create configmap c --dry-run=server
assert_eq "$OUTPUT" 'error: failed to create configmap: namespaces "nowhere" not found'
refused 'Forbidden): namespaces "default" is forbidden: this namespace may not be deleted' k delete namespace default
refused 'Forbidden): namespaces "kube-system" is forbidden: this namespace may not be deleted' k delete namespace kube-system --dry-run=server
assert_ok k create namespace going
assert_ok k create -f - <<< '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"stays","namespace":"going","finalizers":["example.com/f"]}}'
assert_ok k delete namespace going --wait=false
refused 'Forbidden): pods "late" is forbidden: unable to create new content in namespace going because it is being terminated' \
  k -n going run late --image=nginx
assert_ok k -n going label configmap stays a=b
assert_ok k -n going patch configmap stays --type=merge -p '{"metadata":{"finalizers":null}}'

# --- limit-ranger
k create -f - > /dev/null << 'YAML'
apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Namespace
  metadata: {name: small}
- apiVersion: v1
  kind: LimitRange
  metadata: {name: bounds, namespace: small}
  spec:
    limits:
    - type: Container
      min: {cpu: 50m}
      max: {cpu: "1"}
      default: {cpu: 500m, memory: 256Mi}
      defaultRequest: {cpu: 100m}
    - type: PersistentVolumeClaim
      max: {storage: 2Gi}
YAML
assert_eq "$(k -n small run web --image=nginx)" 'pod/web created'
assert_eq "$(k -n small get pod web -o json | jq -c '[.spec.containers[0].resources, .metadata.annotations]')" \
  '[{"limits":{"cpu":"500m","memory":"256Mi"},"requests":{"cpu":"100m","memory":"256Mi"}},{"kubernetes.io/limit-ranger":"LimitRanger plugin set: cpu, memory request for container web; cpu, memory limit for container web"}]'
sized() { run big '{"containers":[{"name":"big","image":"nginx","resources":'"$1"'}]}' -n small "${@:2}"; }
refused 'Forbidden): pods "big" is forbidden: maximum cpu usage per Container is 1, but limit is 2' sized '{"limits":{"cpu":"2"}}'
refused 'Forbidden): pods "big" is forbidden: [minimum cpu usage per Container is 50m, but request is 10m, maximum cpu usage per Container is 1, but limit is 2]' \
  sized '{"requests":{"cpu":"10m"},"limits":{"cpu":"2"}}' --dry-run=server
refused 'Forbidden): pods "web" is forbidden: maximum cpu usage per Container is 1, but limit is 2' k -n small patch pod web --subresource=resize \
  -p '{"spec":{"containers":[{"name":"web","resources":{"limits":{"cpu":"2"}}}]}}'
claim() { # NAME SIZE [MORE]
  printf '{"apiVersion":"v1","kind":"PersistentVolumeClaim","metadata":{"name":"%s"},"spec":{"accessModes":["ReadWriteOnce"],"resources":{"requests":{"storage":"%s"}}%s}}' "$1" "$2" "${3:-}"
}
claim big 3Gi > "$WORK/claim.json"
assert_exit 1 k -n small create -f "$WORK/claim.json"
assert_eq "$OUTPUT" "Error from server (Forbidden): error when creating \"$WORK/claim.json\": persistentvolumeclaims \"big\" is forbidden: maximum storage usage per PersistentVolumeClaim is 2Gi, but request is 3Gi"

# --- priority
assert_eq "$(k create priorityclass high --value=1000 --preemption-policy=Never)" 'priorityclass.scheduling.k8s.io/high created'
assert_ok run plain '{}'
assert_eq "$(field pod plain '[.spec.priority, .spec.preemptionPolicy]')" '[0,"PreemptLowerPriority"]'
assert_ok run urgent '{"priorityClassName":"high"}'
assert_eq "$(field pod urgent '[.spec.priority, .spec.preemptionPolicy]')" '[1000,"Never"]'
refused 'Forbidden): pods "p" is forbidden: no PriorityClass with name nope was found' run p '{"priorityClassName":"nope"}'
refused 'Forbidden): pods "p" is forbidden: the integer value of priority (5) must not be provided in pod spec; priority admission controller computed 1000 from the given PriorityClass name' \
  run p '{"priorityClassName":"high","priority":5}'
assert_ok k create priorityclass usual --value=7 --global-default
assert_ok run middling '{}'
assert_eq "$(field pod middling '[.spec.priorityClassName, .spec.priority]')" '["usual",7]'
assert_exit 1 k create priorityclass other --value=8 --global-default
assert_eq "$OUTPUT" 'error: failed to create priorityclass: priorityclasses.scheduling.k8s.io "other" is forbidden: PriorityClass usual is already marked as default. Only one default can exist'

# --- default-toleration-seconds
assert_eq "$(field pod plain '[.spec.tolerations[] | [.key, .operator, .effect, .tolerationSeconds]]')" \
  '[["node.kubernetes.io/not-ready","Exists","NoExecute",300],["node.kubernetes.io/unreachable","Exists","NoExecute",300]]'

# --- runtime-class
k create -f - > /dev/null << 'YAML'
apiVersion: node.k8s.io/v1
kind: RuntimeClass
metadata: {name: sandbox}
handler: sandboxed
overhead: {podFixed: {cpu: 250m}}
scheduling: {nodeSelector: {sandbox: "yes"}, tolerations: [{key: sandbox, operator: Exists}]}
YAML
assert_ok run boxed '{"runtimeClassName":"sandbox","nodeSelector":{"disk":"ssd"}}'
assert_eq "$(field pod boxed '[.spec.overhead, .spec.nodeSelector, ([.spec.tolerations[].key] | index("sandbox") != null)]')" \
  '[{"cpu":"250m"},{"disk":"ssd","sandbox":"yes"},true]'
refused 'Forbidden): pods "p" is forbidden: pod rejected: RuntimeClass "nope" not found' run p '{"runtimeClassName":"nope"}'
refused "Forbidden): pods \"p\" is forbidden: pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead" \
  run p '{"runtimeClassName":"sandbox","overhead":{"cpu":"1m"}}'
refused 'Forbidden): pods "p" is forbidden: conflict: runtimeClass.scheduling.nodeSelector[sandbox] = yes; pod.spec.nodeSelector[sandbox] = no' \
  run p '{"runtimeClassName":"sandbox","nodeSelector":{"sandbox":"no"}}'

# --- taint-nodes-by-condition
assert_ok k create -f - <<< '{"apiVersion":"v1","kind":"Node","metadata":{"name":"n1"}}'
assert_eq "$(field node n1 .spec.taints)" '[{"effect":"NoSchedule","key":"node.kubernetes.io/not-ready"}]'

# --- default-storage-class, storage-object-in-use-protection, persistent-volume-claim-resize
k create -f - > /dev/null << 'YAML'
apiVersion: v1
kind: List
items:
- apiVersion: storage.k8s.io/v1
  kind: StorageClass
  metadata: {name: fast, annotations: {storageclass.kubernetes.io/is-default-class: "true"}}
  provisioner: example.com/disk
- apiVersion: v1
  kind: PersistentVolume
  metadata: {name: v1}
  spec: {capacity: {storage: 1Gi}, accessModes: [ReadWriteOnce], hostPath: {path: /data}}
YAML
k create -f - > /dev/null < <(claim data 1Gi)
k create -f - > /dev/null < <(claim none 1Gi ',"storageClassName":""')
assert_eq "$(field pvc data '[.spec.storageClassName, .metadata.finalizers]')" '["fast",["kubernetes.io/pvc-protection"]]'
assert_eq "$(field pvc none .spec.storageClassName)" '""'
assert_eq "$(field pv v1 .metadata.finalizers)" '["kubernetes.io/pv-protection"]'
# Nobody uses it: the housekeeping lets it go.
assert_ok k delete pvc none --timeout=20s
k patch pvc data --subresource=status --type=merge -p '{"status":{"phase":"Bound","capacity":{"storage":"1Gi"}}}' > /dev/null
grow() { k patch pvc data -p '{"spec":{"resources":{"requests":{"storage":"2Gi"}}}}' "$@"; }
refused 'Forbidden): persistentvolumeclaims "data" is forbidden: only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize' grow
assert_ok k patch storageclass fast -p '{"allowVolumeExpansion":true}'
assert_eq "$(grow --dry-run=server)" 'persistentvolumeclaim/data patched'
assert_eq "$(field pvc data .spec.resources.requests.storage)" '"1Gi"'
assert_eq "$(grow)" 'persistentvolumeclaim/data patched'
assert_eq "$(field pvc data .spec.resources.requests.storage)" '"2Gi"'

# --- default-ingress-class
assert_ok k create -f - <<< '{"apiVersion":"networking.k8s.io/v1","kind":"IngressClass","metadata":{"name":"front","annotations":{"ingressclass.kubernetes.io/is-default-class":"true"}},"spec":{"controller":"example.com/front"}}'
assert_ok k create ingress web --rule='example.com/*=web:80'
assert_ok k create ingress back --class=other --rule='example.com/*=web:80'
assert_eq "$(field ingress web .spec.ingressClassName) $(field ingress back .spec.ingressClassName)" '"front" "other"'
finish
