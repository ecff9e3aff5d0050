#!/usr/bin/env bash
# Nodes with their certificates, behind the authorizer node and the admission controller node-restriction:
# what a kubelet does goes on working, and what would bring it more is refused.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
sed -i -e '/^authorizers:/a\  - {name: node}' -e 's|^  enable: \[\]|  enable: [ServiceAccount, NodeRestriction]|' "$CONFIG"

# certificate NAME SUBJECT: its key and certificate, as from the cluster's authority
certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/$1.key" -out "$WORK/$1.csr" \
    -subj "$2" 2> "$WORK/openssl.err" || fail "$(cat "$WORK/openssl.err")"
  openssl x509 -req -in "$WORK/$1.csr" -CA "$STATE/pki/ca.crt" -CAkey "$STATE/pki/ca.key" -CAcreateserial -days 1 \
    -extfile <(echo 'extendedKeyUsage = clientAuth') -out "$WORK/$1.crt" 2> "$WORK/openssl.err" || fail "$(cat "$WORK/openssl.err")"
}
for node in n1 n2; do certificate "$node" "/O=system:nodes/CN=system:node:$node"; done
start_server
n1() {
  KUBECONFIG=/dev/null kubectl --request-timeout=30s --server "https://127.0.0.1:$PORT" --certificate-authority "$STATE/pki/ca.crt" \
    --client-certificate "$WORK/n1.crt" --client-key "$WORK/n1.key" "$@"
}
# raw METHOD PATH BODY [TYPE]: the answer to n1, where kubectl would first read what it changes
raw() {
  request "$1" "$2" --cert "$WORK/n1.crt" --key "$WORK/n1.key" -H "Content-Type: application/${4:-merge-patch+json}" -d "$3"
}
# refused REASON COMMAND...: no, and why
refused() {
  local reason=$1
  shift
  assert_exit 1 "$@"
  assert_contains "$OUTPUT" "$reason"
}
# raw_refused REASON METHOD PATH BODY [TYPE]
raw_refused() {
  local reason=$1 answer
  shift
  answer=$(raw "$@")
  assert_contains "$answer" '"code":403'
  assert_contains "$answer" "$reason"
}

# --- its node
register() { printf '{"apiVersion":"v1","kind":"Node","metadata":{"name":"%s"%s},"spec":{"taints":[{"key":"a","effect":"NoSchedule"}]}}' "$1" "${2:-}" | n1 create -f -; }
refused 'nodes "n2" is forbidden: node "n1" is not allowed to modify node "n2"' register n2
refused 'node "n1" is not allowed to set the following labels: kubernetes.io/role, node-restriction.kubernetes.io/pci' \
  register n1 ',"labels":{"kubernetes.io/role":"x","node-restriction.kubernetes.io/pci":"x","kubernetes.io/os":"linux"}'
assert_ok register n1 ',"labels":{"kubernetes.io/os":"linux","topology.kubernetes.io/zone":"z","mine":"x"}'
k create -f - > /dev/null <<< '{"apiVersion":"v1","kind":"Node","metadata":{"name":"n2"}}'
assert_ok n1 label node n1 node.kubernetes.io/any=x mine=y --overwrite
refused 'is not allowed to modify labels: node-role.kubernetes.io/control-plane' n1 label node n1 node-role.kubernetes.io/control-plane=
refused 'is not allowed to modify labels: node-restriction.kubernetes.io/pci' n1 label node n1 node-restriction.kubernetes.io/pci=x
refused 'node "n1" is not allowed to modify taints' n1 patch node n1 -p '{"spec":{"taints":null}}'
assert_ok k label node n1 node-restriction.kubernetes.io/pci=x
refused 'is not allowed to modify labels: node-restriction.kubernetes.io/pci' n1 label node n1 node-restriction.kubernetes.io/pci-
raw_refused 'is not allowed to modify ownerReferences' PATCH /api/v1/nodes/n1 \
  '{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"n2","uid":"u"}]}}'
raw_refused 'is not allowed to modify node \"n2\"' PATCH /api/v1/nodes/n2 '{"metadata":{"labels":{"a":"b"}}}'
raw_refused 'is not allowed to modify node \"n2\"' PATCH /api/v1/nodes/n2/status '{"status":{"phase":"Running"}}'
assert_contains "$(raw PATCH /api/v1/nodes/n1/status '{"status":{"conditions":[{"type":"Ready","status":"True"}]}}')" '"Ready"'

# --- its lease and its CSI node
named() { printf '{"apiVersion":"%s","kind":"%s","metadata":{"name":"%s"%s},"spec":{%s}}' "$1" "$2" "$3" "${4:+,\"namespace\":\"$4\"}" "${5:-}" | n1 create -f -; }
assert_ok named coordination.k8s.io/v1 Lease n1 kube-node-lease
refused 'can only access node lease with the same name as the requesting node' named coordination.k8s.io/v1 Lease n2 kube-node-lease
assert_ok named storage.k8s.io/v1 CSINode n1 '' '"drivers":[]'
refused 'can only access CSINode with the same name as the requesting node' named storage.k8s.io/v1 CSINode n2 '' '"drivers":[]'
SLICE='"driver":"acme.com","pool":{"name":"p","generation":1,"resourceSliceCount":1},"nodeName":'
assert_ok named resource.k8s.io/v1 ResourceSlice s1 '' "$SLICE\"n1\""
refused 'can only create ResourceSlice with the same NodeName as the requesting node' named resource.k8s.io/v1 ResourceSlice s2 '' "$SLICE\"n2\""

# --- pods of its own
k create namespace team > /dev/null
k -n team create serviceaccount app > /dev/null
pod() { # NAME NODE [SPEC-MEMBERS]
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"team"},"spec":{"nodeName":"%s","serviceAccountName":"app","containers":[{"name":"c","image":"i"}]%s}}' "$1" "$2" "${3:-}" |
    k create -f - > "$WORK/out" || fail "pod $1"
}
pod mine n1
pod theirs n2
POD=/api/v1/namespaces/team/pods
assert_contains "$(raw PATCH $POD/mine/status '{"status":{"phase":"Running"}}')" '"phase":"Running"'
raw_refused 'can only update pod status for pods with spec.nodeName set to itself' PATCH $POD/theirs/status '{"status":{"phase":"Running"}}'
raw_refused 'cannot update labels through pod status' PATCH $POD/mine/status '{"metadata":{"labels":{"a":"b"}}}'
refused 'node "n1" can only delete pods with spec.nodeName set to itself' n1 -n team delete pod theirs
eviction() { printf '{"apiVersion":"policy/v1","kind":"Eviction","metadata":{"name":"%s","namespace":"team"}}' "$1"; }
raw_refused 'node n1 can only evict pods with spec.nodeName set to itself' POST $POD/theirs/eviction "$(eviction theirs)" json

# --- tokens for its pods, and for whom these want them
token() { # POD [kubectl words]
  n1 -n team create token app --bound-object-kind Pod --bound-object-name "$1" \
    --bound-object-uid "$(k -n team get pod "$1" -o jsonpath='{.metadata.uid}')" "${@:2}"
}
assert_ok token mine
refused 'node requested token not bound to a pod' n1 -n team create token app
refused 'audience "vault" not found in pod spec volume, system:node:n1 is not authorized to request tokens for this audience' \
  token mine --audience vault
k create -f - > /dev/null << 'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: vault-tokens}
rules: [{apiGroups: [""], resources: [vault], verbs: [request-serviceaccounts-token-audience]}]
YAML
k create clusterrolebinding vault-tokens --clusterrole vault-tokens --group system:nodes > /dev/null
assert_ok token mine --audience vault
refused 'node may only request 0 or 1 audiences' token mine --audience vault --audience other

# --- mirror pods
NODE_UID=$(k get node n1 -o jsonpath='{.metadata.uid}')
mirror() { # NAME [SPEC-MEMBERS [UID [ANNOTATIONS]]]
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"team","annotations":{%s},"ownerReferences":[{"apiVersion":"v1","kind":"Node","name":"n1","uid":"%s","controller":true}]},"spec":{"nodeName":"n1","containers":[{"name":"c","image":"i"}]%s}}' \
    "$1" "${4-\"kubernetes.io/config.mirror\":\"h\"}" "${3:-$NODE_UID}" "${2:-}" | n1 create -f -
}
assert_ok mirror static
refused 'node "n1" can only create mirror pods' mirror other '' '' ''
refused "node n1 UID mismatch: expected old got $NODE_UID" mirror other '' old
refused 'node "n1" can not create pods that reference persistentvolumeclaims' mirror other \
  ',"volumes":[{"name":"v","persistentVolumeClaim":{"claimName":"c"}}]'
refused 'node "n1" can not create pods that reference configmaps' mirror other ',"volumes":[{"name":"v","configMap":{"name":"c"}}]'
assert_ok n1 -n team delete pod static --force --grace-period=0
raw POST $POD/mine/eviction "$(eviction mine)" json > "$WORK/out"
assert_contains "$(cat "$WORK/out")" '"status":"Success"'

# --- claims and certificates
pod claims n1 ',"volumes":[{"name":"d","persistentVolumeClaim":{"claimName":"data"}}]'
k create -f - > /dev/null << 'YAML'
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: team}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
YAML
CLAIM=/api/v1/namespaces/team/persistentvolumeclaims/data
raw PATCH $CLAIM/status '{"status":{"capacity":{"storage":"2Gi"}}}' > "$WORK/out"
assert_contains "$(cat "$WORK/out")" '"storage":"2Gi"'
raw_refused 'is not allowed to update fields other than status.quantity and status.conditions: metadata.labels.a' \
  PATCH $CLAIM/status '{"metadata":{"labels":{"a":"b"}}}'
signing_request() { # NAME
  printf '{"apiVersion":"certificates.k8s.io/v1","kind":"CertificateSigningRequest","metadata":{"name":"for-%s"},"spec":{"signerName":"kubernetes.io/kube-apiserver-client-kubelet","usages":["client auth"],"request":"%s"}}' \
    "$1" "$(base64 -w0 < "$WORK/$1.csr")" | n1 create -f -
}
assert_ok signing_request n1
refused 'can only create a node CSR with CN=system:node:n1' signing_request n2

stop_server
assert_eq "$STOPPED" 0
finish
