# Running a cluster: scale, rollout, nodes, waiting, rights, certificates. No controllers and no kubelets
# run here, so the scenario writes what they would.
# shellcheck shell=bash

DEPLOYMENT=/apis/apps/v1/namespaces/run/deployments/web

# A ReplicaSet of the Deployment: revision, image, replicas.
replica_set() {
  k create -f - > /dev/null << YAML || fail "cannot create a ReplicaSet"
apiVersion: apps/v1
kind: ReplicaSet
metadata:
  name: web-$1
  namespace: run
  labels: {app: web, pod-template-hash: h$1}
  annotations: {deployment.kubernetes.io/revision: "$1", kubernetes.io/change-cause: to $2}
  ownerReferences: [{apiVersion: apps/v1, kind: Deployment, name: web, uid: $OWNER, controller: true}]
spec:
  replicas: $3
  selector: {matchLabels: {app: web, pod-template-hash: h$1}}
  template:
    metadata: {labels: {app: web, pod-template-hash: h$1}}
    spec: {containers: [{name: nginx, image: "nginx:$2"}]}
YAML
}

# observed REPLICAS READY: the Deployment's controller has seen it and has come this far.
observed() {
  write_status $DEPLOYMENT '{"observedGeneration":'"$(k -n run get deployment web -o jsonpath='{.metadata.generation}')"',
    "replicas":'"$1"',"updatedReplicas":'"$1"',"readyReplicas":'"$2"',"availableReplicas":'"$2"',"conditions":[
    {"type":"Available","status":"True","reason":"MinimumReplicasAvailable"},
    {"type":"Progressing","status":"True","reason":"NewReplicaSetAvailable"}]}'
}

operate_scale() {
  says 'namespace/run created' create ns run
  says 'deployment.apps/web created' -n run create deployment web --image=nginx:1
  says 'deployment.apps/web scaled' -n run scale deployment web --replicas=3
  says 3 -n run get deployment web -o jsonpath='{.spec.replicas}'
  refuses 'xpected replicas to be 2, was 3' -n run scale deployment web --current-replicas=2 --replicas=5
  says 'deployment.apps/web scaled' -n run scale --current-replicas=3 --replicas=2 deployment/web
  refuses "$(nothing_to_scale deployments.apps other)" -n run scale deployment/other --replicas=1
  refuses 'the server could not find the requested resource' -n run scale cm/kube-root-ca.crt --replicas=1
  if since 24; then says '2' -n run get deployment web --subresource=scale -o jsonpath='{.spec.replicas}'; fi
}

operate_rollout() {
  OWNER=$(k -n run get deployment web -o jsonpath='{.metadata.uid}')
  replica_set 1 1 0
  replica_set 2 2 2
  says 'deployment.apps/web image updated' -n run set image deployment/web nginx=nginx:2
  shows '^deployment.apps/web annotated?$' -n run annotate deployment web deployment.kubernetes.io/revision=2
  says 'deployment.apps/web 
REVISION  CHANGE-CAUSE
1         to 1
2         to 2' -n run rollout history deployment/web
  shows $'revision #1\nPod Template:\n.*Image:\tnginx:1\n' -n run rollout history deployment/web --revision=1
  refuses 'unable to find the specified revision' -n run rollout history deployment/web --revision=9
  refuses 'Waiting for deployment spec update to be observed' -n run rollout status deployment/web --timeout=1s
  observed 2 1
  refuses 'Waiting for deployment "web" rollout to finish: 1 of 2 updated replicas are available' -n run rollout status deployment/web --timeout=1s
  k -n run rollout status deployment/web --timeout=30s > "$WORK/files/rollout" 2>&1 &
  KUBECTL_PID=$!
  eventually 15 grep -q Waiting "$WORK/files/rollout"
  observed 2 2
  wait "$KUBECTL_PID" || fail "rollout status: $(cat "$WORK/files/rollout")"
  KUBECTL_PID=
  assert_contains "$(cat "$WORK/files/rollout")" 'deployment "web" successfully rolled out'
  says_table 'NAME READY UP-TO-DATE AVAILABLE AGE CONTAINERS IMAGES SELECTOR
web 2/2 2 2 AGE nginx nginx:2 app=web' -n run get deployment -o wide
  says_table 'NAME DESIRED CURRENT READY AGE CONTAINERS IMAGES SELECTOR
web-1 0 0 0 AGE nginx nginx:1 app=web,pod-template-hash=h1
web-2 2 0 0 AGE nginx nginx:2 app=web,pod-template-hash=h2' -n run get rs -o wide
  shows $'OldReplicaSets: +(<none>|web-1 \\(0/0 replicas created\\))\nNewReplicaSet: +web-2 \\(0/2 replicas created\\)' -n run describe deployment web
  says 'deployment.apps/web rolled back (server dry run)' -n run rollout undo deployment/web --dry-run=server
  says 'deployment.apps/web rolled back' -n run rollout undo deployment/web
  says 'nginx:1' -n run get deployment web -o jsonpath='{.spec.template.spec.containers[0].image}'
  refuses 'unable to find specified revision 9 in history' -n run rollout undo deployment/web --to-revision=9
  says 'deployment.apps/web paused' -n run rollout pause deployment/web
  refuses 'is already paused' -n run rollout pause deployment/web
  says 'deployment.apps/web resumed' -n run rollout resume deployment/web
  says 'deployment.apps/web restarted' -n run rollout restart deployment/web
  shows '^20[0-9-]+T' -n run get deployment web -o jsonpath='{.spec.template.metadata.annotations.kubectl\.kubernetes\.io/restartedAt}'
}

# Sets keep their history in ControllerRevisions: each holds the template as a patch.
operate_sets() {
  k -n run create -f - > /dev/null << 'YAML' || fail "cannot create sets"
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  serviceName: db
  selector: {matchLabels: {app: db}}
  template: {metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "db:2"}]}}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template: {metadata: {labels: {app: agent}}, spec: {containers: [{name: agent, image: "agent:1"}]}}
YAML
  local owner revision
  owner=$(k -n run get statefulset db -o jsonpath='{.metadata.uid}')
  for revision in 1 2; do
    k -n run create -f - > /dev/null << YAML || fail "cannot create a revision"
apiVersion: apps/v1
kind: ControllerRevision
metadata:
  name: db-$revision
  labels: {app: db}
  ownerReferences: [{apiVersion: apps/v1, kind: StatefulSet, name: db, uid: $owner, controller: true}]
revision: $revision
data: {spec: {template: {\$patch: replace, metadata: {labels: {app: db}}, spec: {containers: [{name: db, image: "db:$revision"}]}}}}
YAML
  done
  says_table 'NAME CONTROLLER REVISION AGE
db-1 statefulset.apps/db 1 AGE
db-2 statefulset.apps/db 2 AGE' -n run get controllerrevisions
  shows $'REVISION +CHANGE-CAUSE\n1 +<none>\n2 +<none>' -n run rollout history statefulset/db
  shows $'Image:\tdb:1\n' -n run rollout history statefulset/db --revision=1
  says 'statefulset.apps/db rolled back' -n run rollout undo statefulset/db --to-revision=1
  says db:1 -n run get statefulset db -o jsonpath='{.spec.template.spec.containers[0].image}'
  write_status /apis/apps/v1/namespaces/run/statefulsets/db '{"observedGeneration":2,"replicas":1,"readyReplicas":1,
    "updatedReplicas":1,"currentReplicas":1,"currentRevision":"db-1","updateRevision":"db-1"}'
  says 'partitioned roll out complete: 1 new pods have been updated...' -n run rollout status statefulset/db --timeout=10s
  says 'daemonset.apps/agent restarted' -n run rollout restart daemonset/agent
  write_status /apis/apps/v1/namespaces/run/daemonsets/agent '{"observedGeneration":2,"desiredNumberScheduled":1,
    "currentNumberScheduled":1,"updatedNumberScheduled":1,"numberReady":1,"numberAvailable":1,"numberMisscheduled":0}'
  says 'daemon set "agent" successfully rolled out' -n run rollout status daemonset/agent --timeout=10s
  says_table 'NAME DESIRED CURRENT READY UP-TO-DATE AVAILABLE NODE SELECTOR AGE
agent 1 1 1 1 1 <none> AGE' -n run get ds
  says_table 'NAME READY AGE CONTAINERS IMAGES
db 1/1 AGE db db:1' -n run get sts -o wide
}

operate_wait() {
  observed 2 2
  says 'deployment.apps/web condition met' -n run wait --for=condition=Available deployment/web --timeout=10s
  refuses 'timed out waiting for the condition on deployments/web' -n run wait --for=condition=Available=false deployment/web --timeout=1s
  refuses 'pods "nobody" not found' -n run wait --for=condition=Ready pod/nobody --timeout=1s
  if since 23; then
    says 'deployment.apps/web condition met' -n run wait --for=jsonpath='{.status.readyReplicas}'=2 deployment/web --timeout=10s
  fi
  says 'pod/short created' -n run run short --image=busybox
  k -n run wait --for=condition=Ready pod/short --timeout=30s > "$WORK/files/ready" 2>&1 &
  KUBECTL_PID=$!
  sleep 0.5
  write_status /api/v1/namespaces/run/pods/short '{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}'
  wait "$KUBECTL_PID" || fail "wait: $(cat "$WORK/files/ready")"
  assert_eq "$(cat "$WORK/files/ready")" 'pod/short condition met'
  k -n run wait --for=delete pod/short --timeout=30s > "$WORK/files/gone" 2>&1 &
  KUBECTL_PID=$!
  sleep 0.5
  says "$(deleted pod short run)" -n run delete pod short --wait=false
  wait "$KUBECTL_PID" || fail "wait for the end: $(cat "$WORK/files/gone")"
  KUBECTL_PID=
}

operate_nodes() {
  k create -f - > /dev/null << 'YAML' || fail "cannot create a node"
apiVersion: v1
kind: Node
metadata: {name: worker, labels: {kubernetes.io/hostname: worker, node-role.kubernetes.io/edge: ""}}
YAML
  write_status /api/v1/nodes/worker '{"conditions":[{"type":"Ready","status":"True"}]}'
  says 'node/worker tainted' taint node worker dedicated=x:NoSchedule
  refuses 'already has dedicated taint(s) with same effect(s) and --overwrite is false' taint node worker dedicated=x:NoSchedule
  says 'node/worker modified' taint node worker dedicated=y:NoSchedule --overwrite
  says y get node worker -o jsonpath='{.spec.taints[?(@.key=="dedicated")].value}'
  shows 'Taints: +.*dedicated=y:NoSchedule' describe node worker
  says 'node/worker untainted' taint node worker dedicated-
  refuses 'taint "dedicated" not found' taint node worker dedicated-
  says 'node/worker cordoned' cordon worker
  says 'node/worker already cordoned' cordon worker
  shows 'worker +Ready,SchedulingDisabled +edge ' get nodes
  says 'node/worker uncordoned' uncordon worker
}

# Pods on the node: one of a ReplicaSet, which a budget protects at first, and one of nobody.
operate_drain() {
  local owner
  owner=$(k -n run get rs web-2 -o jsonpath='{.metadata.uid}')
  k create -f - > /dev/null << YAML || fail "cannot create what is to be drained"
apiVersion: v1
kind: Pod
metadata:
  name: owned
  namespace: run
  labels: {app: web}
  ownerReferences: [{apiVersion: apps/v1, kind: ReplicaSet, name: web-2, uid: $owner, controller: true}]
spec: {nodeName: worker, terminationGracePeriodSeconds: 0, containers: [{name: c, image: i}]}
---
apiVersion: v1
kind: Pod
metadata: {name: lone, namespace: run}
spec: {nodeName: worker, terminationGracePeriodSeconds: 0, containers: [{name: c, image: i}]}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: calm, namespace: run}
spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}
YAML
  write_status /api/v1/namespaces/run/pods/owned '{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}'
  write_status /apis/policy/v1/namespaces/run/poddisruptionbudgets/calm \
    '{"observedGeneration":1,"currentHealthy":1,"desiredHealthy":1,"expectedPods":1,"disruptionsAllowed":0}'
  refuses 'use --force to override): run/lone' drain worker --dry-run=client
  refuses 'use --force to override): run/lone' drain worker
  shows 'worker +Ready,SchedulingDisabled' get nodes
  refuses 'error when evicting pod' drain worker --force --timeout=2s
  says 'pod/owned' -n run get pods -l app=web -o name
  write_status /apis/policy/v1/namespaces/run/poddisruptionbudgets/calm \
    '{"observedGeneration":1,"currentHealthy":2,"desiredHealthy":1,"expectedPods":2,"disruptionsAllowed":1}'
  shows $'evicting pod run/owned\n.*pod/owned evicted\n.*node/worker (drained|evicted)' drain worker --force --timeout=30s
  says '' -n run get pods -o name
}

operate_rights() {
  cat > "$WORK/files/rights.yaml" << 'YAML'
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: reader, namespace: run}
rules: [{apiGroups: [""], resources: [pods], verbs: [get]}]
---
apiVersion: rbac.authorization.k8s.io/v1
kind: RoleBinding
metadata: {name: readers, namespace: run}
roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: reader}
subjects: [{apiGroup: rbac.authorization.k8s.io, kind: User, name: ann}]
YAML
  shows $'role.rbac.authorization.k8s.io/reader reconciled\n.*reconciliation required create\n.*rolebinding.rbac.authorization.k8s.io/readers reconciled' \
    auth reconcile -f "$WORK/files/rights.yaml"
  sed -i 's/verbs: \[get\]/verbs: [list]/' "$WORK/files/rights.yaml"
  shows $'reconciliation required update\n.*missing rules added:\n.*Verbs:\\[list\\]' auth reconcile -f "$WORK/files/rights.yaml"
  says yes auth can-i get pods -n run --as ann
  shows $'extra rules removed:\n.*Verbs:\\[get\\]' auth reconcile -f "$WORK/files/rights.yaml" --remove-extra-permissions
  refuses no auth can-i get pods -n run --as ann
}

operate_certificates() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=me -keyout "$WORK/files/me.key" \
    -out "$WORK/files/me.csr" 2> /dev/null
  local name
  for name in good bad; do
    k create -f - > /dev/null << YAML || fail "cannot create a request"
apiVersion: certificates.k8s.io/v1
kind: CertificateSigningRequest
metadata: {name: $name}
spec: {request: $(base64 -w0 "$WORK/files/me.csr"), signerName: kubernetes.io/kube-apiserver-client, usages: [client auth]}
YAML
  done
  says 'certificatesigningrequest.certificates.k8s.io/good approved' certificate approve good
  says 'certificatesigningrequest.certificates.k8s.io/bad denied' certificate deny bad
  refuses 'certificate signing request "bad" is already Denied' certificate approve bad
  says_table 'NAME AGE SIGNERNAME REQUESTOR REQUESTEDDURATION CONDITION
bad AGE kubernetes.io/kube-apiserver-client kubernetes-admin <none> Denied
good AGE kubernetes.io/kube-apiserver-client kubernetes-admin <none> Approved' get csr
  shows $'Requesting User: +kubernetes-admin\nSigner: +kubernetes.io/kube-apiserver-client\nStatus: +Approved\nSubject:\n +Common Name: +me' \
    describe csr good
}

scenario_operate() {
  operate_scale
  operate_rollout
  operate_sets
  operate_wait
  operate_nodes
  operate_drain
  operate_rights
  operate_certificates
}
