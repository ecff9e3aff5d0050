#!/usr/bin/env bash
# event-rate-limit, image-policy-webhook, pod-toleration-restriction, pod-topology-labels and
# pod-resize-validator with kubectl and curl; the images are judged by a real HTTPS server.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
make_stand_in localhost
start_stand_in
webhook_kubeconfig /images
# The second instance asks a webhook that is not there.
sed "s|127.0.0.1:$STAND_IN_PORT|127.0.0.1:$(free_port)|" "$WORK/webhook.kubeconfig" > "$WORK/dead.kubeconfig"
cat > "$WORK/admission.yaml" << YAML
  - name: event-rate-limit
    config: {limits: [{type: Namespace, qps: 1, burst: 1}, {type: Server, qps: 1000000, burst: 1000000}]}
  - name: pod-toleration-restriction
    config: {default: [{key: pool, operator: Exists}]}
  - name: pod-topology-labels
  - name: pod-resize-validator
  - name: images
    module: image-policy-webhook
    timeout: 20s
    config: {imagePolicy: {kubeConfigFile: $WORK/webhook.kubeconfig, allowTTL: -1, retryBackoff: -1}}
YAML
cat > "$WORK/open.yaml" << YAML
  - name: open
    module: image-policy-webhook
    config: {imagePolicy: {kubeConfigFile: $WORK/dead.kubeconfig, retryBackoff: -1, defaultAllow: true}}
YAML
cp "$CONFIG" "$WORK/limen.yaml"
sed -i "/^admission:/r $WORK/admission.yaml" "$CONFIG"

# --- what is wrong with a configuration is said before anything is served
refused() { # SED-COMMAND MESSAGE
  sed "$1" "$CONFIG" > "$WORK/bad.yaml"
  assert_exit 1 "$LIMEN" check --config "$WORK/bad.yaml"
  assert_contains "$OUTPUT" "$2"
}
refused 's/burst: 1}/burst: 0}/' 'limits[0].burst: Invalid value: 0: must be positive'
refused 's/type: Server/type: Pod/' 'limits[1].type: Unsupported value: "Pod": supported values: "Namespace", "Server", "SourceAndObject", "User"'
refused 's/allowTTL: -1/allowTTL: 1/' 'valid value is between 1s and 30m0s, got 1s'
refused 's/operator: Exists/operator: In/' 'default[0].operator: Unsupported value: "In": supported values: "Equal", "Exists"'
assert_ok "$LIMEN" check --config "$CONFIG"
start_server

# --- events: more at once than the namespace may have
event() { # NAMESPACE
  printf '{"apiVersion":"v1","kind":"Event","metadata":{"generateName":"e-","namespace":"%s"},"reason":"Test",' "$1"
  printf '"message":"m","type":"Normal","involvedObject":{"kind":"Pod","namespace":"%s","name":"p"}}\n' "$1"
}
flood() { # PATH FILE [ARGUMENT]: forty requests; the codes and headers are in $WORK/flood.*
  local i
  for i in $(seq 40); do
    printf 'url = "https://127.0.0.1:%s%s"\noutput = "%s/flood.body.%s"\ndump-header = "%s/flood.head.%s"\n' \
      "$PORT" "$1" "$WORK" "$i" "$WORK" "$i"
  done > "$WORK/flood"
  curl -sS --no-progress-meter --parallel --parallel-max 40 "${ADMIN[@]}" -H 'Content-Type: application/json' \
    -d @"$2" -K "$WORK/flood"
}
event default > "$WORK/event.json"
flood '/api/v1/namespaces/default/events?dryRun=All' "$WORK/event.json"
assert_eq "$(jq -rs '[.[].kind] | unique | join(" ")' "$WORK"/flood.body.*)" Event "nothing is counted in a dry run"
flood /api/v1/namespaces/default/events "$WORK/event.json"
assert_eq "$(jq -rs '[.[].kind] | unique | join(" ")' "$WORK"/flood.body.*)" 'Event Status'
assert_eq "$(jq -cs '[.[] | select(.kind == "Status") | [.code, .reason, .message]] | unique' "$WORK"/flood.body.*)" \
  '[[429,"TooManyRequests","Too many requests: limit reached on type Namespace for key default"]]'
assert_eq "$(grep -il '^retry-after' "$WORK"/flood.head.* | wc -l)" 0
# the other group is no way round, and another namespace has its own bucket
k create namespace crowded > /dev/null
jq -n '{apiVersion: "events.k8s.io/v1", kind: "Event", metadata: {generateName: "e-", namespace: "crowded"},
  eventTime: "2026-01-01T00:00:00.000000Z", reportingController: "t", reportingInstance: "t", action: "a",
  reason: "Test", type: "Normal", regarding: {kind: "Pod", namespace: "crowded", name: "p"}}' > "$WORK/newer.json"
flood /apis/events.k8s.io/v1/namespaces/crowded/events "$WORK/newer.json"
assert_eq "$(jq -rs '[.[].kind] | unique | join(" ")' "$WORK"/flood.body.*)" 'Event Status'
k create namespace quiet > /dev/null
event quiet | k create -f - > "$WORK/out"
assert_contains "$(cat "$WORK/out")" created
for i in $(seq 40); do event crowded; done | jq -s '{apiVersion: "v1", kind: "List", items: .}' > "$WORK/many.json"
assert_exit 1 k create -f "$WORK/many.json"
assert_contains "$OUTPUT" 'Too many requests: limit reached on type Namespace for key crowded'
assert_contains "$(api GET /metrics)" 'limits_reached_total{instance="event-rate-limit",type="Namespace"}'

# --- images: the webhook says what may run
image_review() { printf '{"apiVersion":"imagepolicy.k8s.io/v1alpha1","kind":"ImageReview","status":%s}' "$1"; }
image_review '{"allowed":true}' | answer images 200
image_review '{"allowed":false,"reason":"not signed"}' | answer images@bad 200
image_review '{"allowed":false}' | answer images@worse 200
DENIED='image policy webhook backend denied one or more images: not signed'
assert_eq "$(k run one --image=good --annotations=acme.image-policy.k8s.io/ticket=7)" 'pod/one created'
SEEN=$(cat "$STAND_IN"/seen/*)
assert_contains "$SEEN" 'POST /images'
assert_contains "$SEEN" 'Authorization: Bearer token-of-limen'
assert_eq "$(tail -n 1 <<< "$SEEN" | jq -c '[.kind, .apiVersion, .spec]')" \
  '["ImageReview","imagepolicy.k8s.io/v1alpha1",{"containers":[{"image":"good"}],"annotations":{"acme.image-policy.k8s.io/ticket":"7"},"namespace":"default"}]'
assert_exit 1 k run two --image=bad
assert_eq "$OUTPUT" "Error from server (Forbidden): pods \"two\" is forbidden: $DENIED"
assert_exit 1 k run two --image=worse
assert_eq "$OUTPUT" 'Error from server (Forbidden): pods "two" is forbidden: one or more images rejected by webhook backend'
# a change of the images asks again, another one does not
assert_exit 1 k set image pod/one one=bad
assert_contains "$OUTPUT" "pods \"one\" is forbidden: $DENIED"
forget_asked
k label pod one a=b > /dev/null
assert_eq "$(asked)" 0
debug() { # IMAGE: the answer to a new ephemeral container
  api PATCH /api/v1/namespaces/default/pods/one/ephemeralcontainers -H 'Content-Type: application/strategic-merge-patch+json' \
    -d '{"spec":{"ephemeralContainers":[{"name":"debug","image":"'"$1"'"}]}}'
}
assert_eq "$(debug bad | jq -r .message)" "pods \"one\" is forbidden: $DENIED"
assert_eq "$(debug good | jq -c '[.spec.ephemeralContainers[].image]')" '["good"]'
# no verdict, no pod
image_review '{"allowed":"yes"}' | answer images 200
assert_exit 1 k run two --image=good
assert_contains "$OUTPUT" 'the answer is no ImageReview: status.allowed is not a boolean'
printf 'boom' | answer images 503
assert_exit 1 k run two --image=good
assert_contains "$OUTPUT" "/images: the answer is an error (503) (5 attempts)"
image_review '{"allowed":true}' | answer images 200

# --- tolerations: the cluster's, the namespace's, and which there may be
tolerations() { k -n "$1" get pod "$2" -o json | jq -r '[.spec.tolerations[].key] | join(" ")'; }
TAINTS='node.kubernetes.io/not-ready node.kubernetes.io/unreachable'
assert_eq "$(tolerations default one)" "$TAINTS pool"
k create namespace team > /dev/null
k annotate namespace team 'scheduler.alpha.kubernetes.io/defaultTolerations=[{"key":"team","operator":"Exists"}]' \
  'scheduler.alpha.kubernetes.io/tolerationsWhitelist=[{"key":"team","operator":"Exists"},{"key":"node.kubernetes.io/not-ready","operator":"Exists"},{"key":"node.kubernetes.io/unreachable","operator":"Exists"},{"key":"node.kubernetes.io/memory-pressure","operator":"Exists"}]' > /dev/null
k -n team run a --image=good > /dev/null
assert_eq "$(tolerations team a)" "$TAINTS team"
k -n team run b --image=good --overrides='{"spec":{"containers":[{"name":"b","image":"good","resources":{"requests":{"cpu":"1m"}}}]}}' > /dev/null
assert_eq "$(tolerations team b)" "$TAINTS team node.kubernetes.io/memory-pressure"
CONFLICT='pod tolerations (possibly merged with namespace default tolerations) conflict with its namespace whitelist'
assert_exit 1 k -n team run c --image=good --overrides='{"spec":{"tolerations":[{"key":"other","operator":"Exists"}]}}'
assert_eq "$OUTPUT" "Error from server: $CONFLICT"
REFUSED=$(api PATCH /api/v1/namespaces/team/pods/a -H 'Content-Type: application/json-patch+json' \
  -d '[{"op":"add","path":"/spec/tolerations/-","value":{"key":"other","operator":"Exists"}}]')
assert_eq "$(jq -c '[.code, .reason, .message]' <<< "$REFUSED")" "[500,null,\"$CONFLICT\"]"
k annotate namespace team --overwrite scheduler.alpha.kubernetes.io/defaultTolerations=nonsense > /dev/null
assert_exit 1 k -n team run d --image=good
assert_contains "$OUTPUT" 'the annotation scheduler.alpha.kubernetes.io/defaultTolerations of the namespace team is no list of tolerations'

# --- nodes: a pod that gets one takes its zone, and grows no larger than it
k create -f - > /dev/null << 'YAML'
apiVersion: v1
kind: Node
metadata: {name: n1, labels: {kubernetes.io/os: linux, topology.kubernetes.io/zone: z1, topology.kubernetes.io/region: r1}}
YAML
api PATCH /api/v1/nodes/n1/status -H 'Content-Type: application/merge-patch+json' \
  -d '{"status":{"allocatable":{"cpu":"2","memory":"1Gi"}}}' > /dev/null
api POST /api/v1/namespaces/default/pods/one/binding -H 'Content-Type: application/json' \
  -d '{"apiVersion":"v1","kind":"Binding","metadata":{"name":"one"},"target":{"kind":"Node","name":"n1"}}' > "$WORK/out"
assert_eq "$(k get pod one -o json | jq -c '[.spec.nodeName, .metadata.labels]')" \
  '["n1",{"a":"b","run":"one","topology.kubernetes.io/region":"r1","topology.kubernetes.io/zone":"z1"}]'
resize() { # CPU: the answer
  api PATCH /api/v1/namespaces/default/pods/three/resize -H 'Content-Type: application/strategic-merge-patch+json' \
    -d '{"spec":{"containers":[{"name":"three","resources":{"requests":{"cpu":"'"$1"'"}}}]}}'
}
k run three --image=good --overrides='{"spec":{"nodeName":"n1","containers":[{"name":"three","image":"good","resources":{"requests":{"cpu":"1"}}}]}}' > /dev/null
assert_eq "$(k get pod three -o 'jsonpath={.metadata.labels.topology\.kubernetes\.io/zone}')" z1
assert_eq "$(resize 2 | jq -r '.spec.containers[0].resources.requests.cpu')" 2
assert_eq "$(resize 3 | jq -c '[.code, .reason, .message, .details.causes]')" \
  '[403,"Forbidden","pods \"three\" is forbidden: Node didn'"'"'t have enough allocatable resources: cpu, requested: 3000, allocatable: 2000",[{"reason":"NodeCapacity"}]]'

# --- a webhook that is not there: one instance refuses, the other lets in and marks the pod
stop_stand_in
assert_exit 1 k run two --image=good
assert_matches "$OUTPUT" '^Error from server \(Forbidden\): pods "two" is forbidden: https://127\.0\.0\.1:[0-9]+/images: no answer: '
sed "/^admission:/r $WORK/open.yaml" "$WORK/limen.yaml" > "$CONFIG"
restart_server
assert_eq "$(k run two --image=good)" 'pod/two created'
assert_eq "$(k get pod two -o 'jsonpath={.metadata.annotations.alpha\.image-policy\.k8s\.io/failed-open}')" true
assert_contains "$(api GET /metrics)" 'failed_open_total{instance="open"} 1'
finish
