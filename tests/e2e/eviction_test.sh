#!/usr/bin/env bash
# kubectl drain: pods leave a node as far as their disruption budgets let them.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server

PODS=/api/v1/namespaces/default/pods
BUDGET=/apis/policy/v1/namespaces/default/poddisruptionbudgets/web
status_patch() { # PATH JSON
  api PATCH "$1/status" -H 'Content-Type: application/merge-patch+json' -d "{\"status\":$2}" > /dev/null
}
# running NAME NODE: a pod that a kubelet would call ready.
running() {
  jq -n --arg name "$1" --arg node "$2" '{apiVersion: "v1", kind: "Pod", metadata: {name: $name, labels: {app: "web"}},
    spec: {nodeName: $node, terminationGracePeriodSeconds: 0, containers: [{name: "c", image: "nginx"}]}}' | k create -f - > /dev/null
  status_patch "$PODS/$1" '{"phase":"Running","conditions":[{"type":"Ready","status":"True"}]}'
}
# allow N: what the disruption controller would find out.
allow() {
  status_patch "$BUDGET" "{\"observedGeneration\":$(k get pdb web -o jsonpath='{.metadata.generation}'),\"disruptionsAllowed\":$1,\"currentHealthy\":2,\"desiredHealthy\":1,\"expectedPods\":2}"
}
there() { [ -n "$(k get pod "$1" --ignore-not-found -o name)" ]; }

for node in one two; do
  printf '{"apiVersion":"v1","kind":"Node","metadata":{"name":"%s"}}' "$node" | k create -f - > /dev/null
done
running first one
running second one
running elsewhere two
k create pdb web --selector=app=web --min-available=1 > /dev/null
allow 1

# --- one may go, the other is refused and kept; the node is cordoned
assert_exit 1 k drain one --force --timeout=3s
assert_contains "$OUTPUT" "Cannot evict pod as it would violate the pod's disruption budget."
assert_eq "$(k get node one -o jsonpath='{.spec.unschedulable}')" true
LEFT=0
for pod in first second; do ! there "$pod" || LEFT=$((LEFT + 1)); done
assert_eq "$LEFT" 1
there elsewhere || fail "a pod of another node went"
assert_eq "$(k get pdb web -o jsonpath='{.status.disruptionsAllowed}')" 0
assert_eq "$(k get pdb web -o jsonpath='{.status.disruptedPods}' | jq length)" 1

# --- with leave for another, the drain comes to its end
allow 1
assert_ok k drain one --force --timeout=20s
! there first && ! there second || fail "the node was not drained"
k uncordon one > /dev/null

# --- both versions of the body, and what is refused says why
evict() { # POD VERSION
  api POST "$PODS/$1/eviction" -H 'Content-Type: application/json' \
    -d '{"apiVersion":"'"$2"'","kind":"Eviction","metadata":{"name":"'"$1"'"}}'
}
for version in policy/v1 policy/v1beta1; do
  allow 0
  REFUSED=$(evict elsewhere "$version")
  assert_eq "$(jq -c '[.code, .reason, .details.causes[0].reason]' <<< "$REFUSED")" '[429,"TooManyRequests","DisruptionBudget"]'
  assert_eq "$(jq -r '.details.causes[0].message' <<< "$REFUSED")" \
    "The disruption budget web needs 1 healthy pods and has 2 currently"
done
allow 1
assert_eq "$(evict elsewhere policy/v1beta1 | jq -c '[.status, .code]')" '["Success",201]'
! there elsewhere || fail "an evicted pod stays"

stop_server
assert_eq "$STOPPED" 0
finish
