# Everything that only looks: get in every form, watch, explain, describe, events, discovery.
# shellcheck shell=bash

PODS=/api/v1/namespaces/shop/pods

# Two pods as a kubelet would have them, one on a node; a Service, an event about a pod.
read_objects() {
  says 'namespace/shop created' create ns shop
  eventually 10 k -n shop get serviceaccount default
  k create -f - > /dev/null << 'YAML' || fail "cannot create what is to be read"
apiVersion: v1
kind: Node
metadata: {name: worker, labels: {node-role.kubernetes.io/edge: ""}}
---
apiVersion: v1
kind: Pod
metadata: {name: alpha, namespace: shop, labels: {app: web, tier: front}}
spec:
  nodeName: worker
  containers: [{name: main, image: "nginx:1.25", ports: [{containerPort: 80}]}, {name: side, image: "busybox:1"}]
---
apiVersion: v1
kind: Pod
metadata: {name: beta, namespace: shop, labels: {app: job}}
spec: {restartPolicy: Never, containers: [{name: main, image: "busybox:1"}]}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: shop}
spec: {clusterIP: 10.96.0.77, selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
YAML
  local uid
  uid=$(k -n shop get pod alpha -o jsonpath='{.metadata.uid}')
  k create -f - > /dev/null << YAML || fail "cannot create an event"
apiVersion: v1
kind: Event
metadata: {name: alpha.1, namespace: shop}
involvedObject: {apiVersion: v1, kind: Pod, name: alpha, namespace: shop, uid: $uid}
reason: Pulled
message: Image is there
type: Normal
count: 3
source: {component: kubelet}
firstTimestamp: "2024-01-01T00:00:00Z"
lastTimestamp: "2024-01-01T00:00:00Z"
YAML
  write_status $PODS/alpha '{"phase":"Running","podIP":"10.0.0.7","podIPs":[{"ip":"10.0.0.7"}],"conditions":[{"type":"Ready","status":"False"}],"containerStatuses":[
    {"name":"main","ready":true,"restartCount":2,"image":"nginx:1.25","imageID":"","started":true,"state":{"running":{"startedAt":"2024-01-01T00:00:00Z"}}},
    {"name":"side","ready":false,"restartCount":0,"image":"busybox:1","imageID":"","state":{"waiting":{"reason":"CrashLoopBackOff"}}}]}'
  write_status $PODS/beta '{"phase":"Succeeded","conditions":[{"type":"Ready","status":"False","reason":"PodCompleted"}],"containerStatuses":[
    {"name":"main","ready":false,"restartCount":0,"image":"busybox:1","imageID":"","state":{"terminated":{"exitCode":0,"reason":"Completed"}}}]}'
  write_status /api/v1/nodes/worker '{"conditions":[{"type":"Ready","status":"True"}],"addresses":[{"type":"InternalIP","address":"192.0.2.7"}],
    "capacity":{"cpu":"4","memory":"8Gi","pods":"110"},"allocatable":{"cpu":"4","memory":"8Gi","pods":"110"},
    "nodeInfo":{"kubeletVersion":"v1.36.0","osImage":"Debian","kernelVersion":"6.1","containerRuntimeVersion":"runc://1","machineID":"","systemUUID":"","bootID":"","kubeProxyVersion":"","operatingSystem":"linux","architecture":"amd64"}}'
}

read_pods_in_every_form() {
  local get=(-n shop get pods)
  says_table 'NAME READY STATUS RESTARTS AGE
alpha 1/2 CrashLoopBackOff 2 AGE
beta 0/1 Completed 0 AGE' "${get[@]}"
  says_table 'NAME READY STATUS RESTARTS AGE IP NODE NOMINATED NODE READINESS GATES
alpha 1/2 CrashLoopBackOff 2 AGE 10.0.0.7 worker <none> <none>
beta 0/1 Completed 0 AGE <none> <none> <none> <none>' "${get[@]}" -o wide
  says_table 'alpha 1/2 CrashLoopBackOff 2 AGE' "${get[@]}" -l 'tier in (front, middle)' --no-headers
  says_table 'NAME READY STATUS RESTARTS AGE LABELS
alpha 1/2 CrashLoopBackOff 2 AGE app=web,tier=front' "${get[@]}" --show-labels -l app!=job
  says_table 'NAME READY STATUS RESTARTS AGE APP TIER
alpha 1/2 CrashLoopBackOff 2 AGE web front
beta 0/1 Completed 0 AGE job' "${get[@]}" -L app,tier
  says_table 'NAME READY STATUS RESTARTS AGE
pod/alpha 1/2 CrashLoopBackOff 2 AGE' "${get[@]}" --show-kind --field-selector spec.nodeName=worker,status.phase!=Failed
  says_table 'NAME READY STATUS RESTARTS AGE
beta 0/1 Completed 0 AGE
alpha 1/2 CrashLoopBackOff 2 AGE' "${get[@]}" --sort-by='{.spec.containers[0].image}'
  says_table 'NAMESPACE NAME READY STATUS RESTARTS AGE
shop alpha 1/2 CrashLoopBackOff 2 AGE
shop beta 0/1 Completed 0 AGE' get po -A --chunk-size=1
  says 'pod/alpha
pod/beta' "${get[@]}" -o name --chunk-size=1
  says 'alpha nginx:1.25 busybox:1
beta busybox:1' "${get[@]}" -o jsonpath='{range .items[*]}{.metadata.name} {.spec.containers[*].image}{"\n"}{end}'
  says 'busybox:1' "${get[@]}" -o jsonpath='{.items[?(@.metadata.name=="beta")].spec.containers[0].image}'
  says 'alpha=Running;beta=Succeeded;' "${get[@]}" \
    -o go-template='{{range .items}}{{.metadata.name}}={{.status.phase}};{{end}}'
  printf '{.items[*].metadata.name}' > "$WORK/files/path"
  says 'alpha beta' "${get[@]}" -o jsonpath-file="$WORK/files/path"
  says 'POD     IMAGES                 IP
alpha   nginx:1.25,busybox:1   10.0.0.7
beta    busybox:1              <none>' "${get[@]}" \
    -o custom-columns=POD:.metadata.name,IMAGES:.spec.containers[*].image,IP:.status.podIP
  shows $'^apiVersion: v1\nitems:\n- apiVersion: v1\n  kind: Pod\n.*\nkind: List\nmetadata:' "${get[@]}" -o yaml
  says 'List 2' "${get[@]}" -o go-template='{{.kind}} {{len .items}}'
  shows $'^\{\n    "apiVersion": "v1",\n    "kind": "Pod",\n.*"creationTimestamp": "2' "${get[@]}" beta -o json
}

read_other_gets() {
  says_table 'NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE SELECTOR
web ClusterIP 10.96.0.77 <none> 80/TCP AGE app=web' -n shop get svc -o wide
  says_table 'NAME STATUS ROLES AGE VERSION INTERNAL-IP EXTERNAL-IP OS-IMAGE KERNEL-VERSION CONTAINER-RUNTIME
worker Ready edge AGE v1.36.0 192.0.2.7 <none> Debian 6.1 runc://1' get nodes -o wide
  says_table 'NAME READY STATUS RESTARTS AGE
pod/beta 0/1 Completed 0 AGE

NAME TYPE CLUSTER-IP EXTERNAL-IP PORT(S) AGE
service/web ClusterIP 10.96.0.77 <none> 80/TCP AGE' -n shop get pod/beta svc/web
  says $'pod/alpha\npod/beta\nservice/web' -n shop get all -o name
  refuses 'Error from server (NotFound): pods "gamma" not found' -n shop get pods alpha gamma
  says pod/alpha -n shop get pods alpha gamma --ignore-not-found -o name
  refuses "error: the server doesn't have a resource type \"gadgets\"" get gadgets
  refuses 'field label not supported: colour' -n shop get pods --field-selector colour=red
  refuses 'unable to parse requirement' -n shop get pods -l 'a in b'
  shows '^No resources found in default namespace\.$' get pods
  shows '"gitVersion": "v1\.36' get --raw /version
  says ok get --raw /readyz
  shows '^\{"kind":"ConfigMapList","apiVersion":"v1","metadata":\{"resourceVersion":"[0-9]+"\},"items":\[' \
    get --raw /api/v1/namespaces/shop/configmaps
  refuses 'Error from server (NotFound): the server could not find the requested resource' get --raw /nowhere
  refuses 'Error from server (NotFound): the server could not find the requested resource' get --raw /api/v1/nowhere
}

# A second terminal that watches, while the first one writes.
read_watch() {
  local forms=(-n shop get configmaps -w --no-headers -o custom-columns=EVENT:.type,NAME:.object.metadata.name,COLOUR:.object.data.colour)
  k "${forms[@]}" --output-watch-events > "$WORK/files/events" 2>&1 &
  KUBECTL_PID=$!
  eventually 15 grep -q kube-root-ca.crt "$WORK/files/events"
  k -n shop create configmap paint --from-literal=colour=red > /dev/null
  k -n shop patch configmap paint -p '{"data":{"colour":"blue"}}' > /dev/null
  k -n shop delete configmap paint > /dev/null
  eventually 15 grep -q '^DELETED' "$WORK/files/events"
  kill "$KUBECTL_PID" && wait "$KUBECTL_PID" 2> /dev/null || true
  KUBECTL_PID=
  assert_eq "$(sed -E 's/ +/ /g' "$WORK/files/events")" 'ADDED kube-root-ca.crt <none>
ADDED paint red
MODIFIED paint blue
DELETED paint blue'
}

read_events() {
  shows 'LAST SEEN +TYPE +REASON +OBJECT +MESSAGE.*Normal +Pulled +pod/alpha +Image is there' -n shop get events
  shows 'SUBOBJECT +SOURCE +MESSAGE +FIRST SEEN +COUNT +NAME.*kubelet +Image is there .* 3 +alpha\.1' \
    -n shop get events -o wide --field-selector involvedObject.name=alpha,type=Normal
  says '' -n shop get events -o name --field-selector reason=Other
  if since 28; then
    shows '\(x3 over .*\) +Normal +Pulled +Pod/alpha +Image is there' -n shop events --for pod/alpha --types Normal
    shows 'No events found' -n shop events --for pod/beta
  fi
}

read_explain() {
  shows $'KIND: +Deployment\nVERSION: +(apps/)?v1\n' explain deployment
  shows $'DESCRIPTION:\n +Keeps a number of equal pods running' explain deployment --api-version=apps/v1
  shows $'DESCRIPTION:\n +The image to run' explain pod.spec.containers.image
  shows $'schedule\t<string>( -required-)?\n +When jobs are made' explain cronjob.spec
  shows $'maxUnavailable\t<' explain deploy.spec.strategy.rollingUpdate
  shows $'containerPort\t<integer> -required-' explain pod.spec.containers.ports
  shows $'\n +containers\t<\[\](Object|Container)>( -required-)?\n.*\n +ports\t<\[\](Object|ContainerPort)>\n +containerPort\t<integer>' \
    explain pods --recursive
  shows $'targetCPUUtilizationPercentage\t<integer>' explain hpa.spec --api-version=autoscaling/v1
  shows $'metrics\t<\[\]' explain hpa.spec --api-version=autoscaling/v2
  refuses 'field "nowhere" does not exist' explain pod.spec.nowhere
  refuses "the server doesn't have a resource type \"gadgets\"" explain gadgets
}

read_describe() {
  shows $'Name: +alpha\n.*Node: +worker.*Restart Count: +2.*Reason: +CrashLoopBackOff.*Normal +Pulled.*kubelet +Image is there' \
    -n shop describe pod alpha
  shows $'Type: +ClusterIP\n.*IP: +10.96.0.77\n.*TargetPort: +8080/TCP' -n shop describe svc web
  shows $'Name: +worker\nRoles: +edge\n.*Non-terminated Pods: +\(1 in total\).*shop +alpha' describe node worker
  shows $'Status: +Active\n' describe ns shop
  shows $'Name: +kube-root-ca.crt\n.*-----BEGIN CERTIFICATE-----' -n shop describe cm kube-root-ca.crt
  shows $'Name: +admin\n.*pods/exec +\[\] +\[\] +\[' describe clusterrole admin
  refuses 'pods "gamma" not found' -n shop describe pod gamma
}

read_discovery() {
  shows $'\ndeployments +deploy +apps/v1 +true +Deployment\n' api-resources
  shows $'^NAME +SHORTNAMES +APIVERSION +NAMESPACED +KIND +VERBS.*\nclusterroles +rbac.authorization.k8s.io/v1 +false +ClusterRole +\[?create[ ,]delete[ ,]deletecollection[ ,]get[ ,]list[ ,]patch[ ,]update[ ,]watch\]?' \
    api-resources -o wide --namespaced=false --api-group=rbac.authorization.k8s.io
  says 'cronjobs.batch
jobs.batch' api-resources -o name --verbs=list,create --api-group=batch
  shows $'(^|\n)apps/v1\nauthentication.k8s.io/v1\n.*\nv1$' api-versions
  shows 'Server Version:.*v1\.36' version
  shows 'is running at .*https://127\.0\.0\.1:'"$PORT" cluster-info
  shows '"kind": "NodeList"' cluster-info dump --namespaces shop
  refuses 'Metrics API not available' top nodes
  refuses 'Metrics API not available' top pods -n shop
  shows '__start_kubectl|complete ' completion bash
  shows 'server: https://127\.0\.0\.1:'"$PORT" config view --minify
  says kubernetes-admin@limen config current-context
}

read_rights() {
  says yes auth can-i create deployments.apps -n shop
  says yes auth can-i '*' '*' -A
  says yes auth can-i get /metrics
  refuses no auth can-i get secrets -n shop --as carol
  refuses no auth can-i update pods --subresource=status --as carol
  shows $'\n\\*\\.\\* +\[\] +\[\] +\[\\*\]' auth can-i --list
  shows 'selfsubjectaccessreviews.authorization.k8s.io +\[\] +\[\] +\[create\]' auth can-i --list --as carol
  if since 28; then
    shows 'Username +kubernetes-admin' auth whoami
    says carol auth whoami --as carol -o jsonpath='{.status.userInfo.username}'
  fi
}

scenario_read() {
  read_objects
  read_pods_in_every_form
  read_other_gets
  read_watch
  read_events
  read_explain
  read_describe
  read_discovery
  read_rights
}
