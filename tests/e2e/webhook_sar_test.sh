#!/usr/bin/env bash
# webhook-sar against real SubjectAccessReview servers over TLS: two in one chain, counted, failing,
# slow, wrong and lying.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
make_stand_in hook.test
start_stand_in

kubeconfig() { # NAME PATH-OF-THE-WEBHOOK
  webhook_kubeconfig "$2" hook.test
  mv "$WORK/webhook.kubeconfig" "$WORK/$1.kubeconfig"
}
kubeconfig policy /policy
kubeconfig strict /strict
review() { printf '{"apiVersion":"authorization.k8s.io/%s","kind":"SubjectAccessReview","status":%s}' "${2:-v1}" "$1"; }
# Who asks is in the question: a rule a user, for either webhook.
policy() { review "$2" | answer "policy@$1" 201; }
strict() { review "$2" v1beta1 | answer "strict@$1" 201; }
YES='{"allowed":true,"reason":"a friend"}'
review '{"allowed":false}' | answer policy 201
review '{"allowed":false}' v1beta1 | answer strict 201
policy friend- "$YES"
asked() { # WEBHOOK: how often
  local files
  files=$(grep -l "POST /$1" "$STAND_IN"/seen/* 2> /dev/null || true)
  printf '%s' "$files" | grep -c . || true
}
question() { tail -n 1 "$(grep -l "POST /$1" "$STAND_IN"/seen/* | tail -n 1)"; }

sed -i "s|^  - name: rbac|  - {name: policy, module: webhook-sar, timeout: 20s, config: {kubeconfig: $WORK/policy.kubeconfig, failurePolicy: NoOpinion, timeoutSeconds: 5, maxResponseBytes: 4096, unauthorizedSeconds: 2}}\n  - {name: strict, module: webhook-sar, timeout: 1s, config: {kubeconfig: $WORK/strict.kubeconfig, failurePolicy: Deny, version: v1beta1}}\n&|" "$CONFIG"
start_server
PODS=/api/v1/namespaces/default/pods
get_as() { # USER [PATH]: the body
  api GET "${2:-$PODS}" -H "Impersonate-User: $1"
}
status_as() { # USER [PATH]
  status_of GET "${2:-$PODS}" -H "Impersonate-User: $1"
}
message_as() { get_as "$@" | jq -r .message; }
cannot() { printf 'pods is forbidden: User "%s" cannot list resource "pods" in API group "" in the namespace "default"%s' "$1" "${2:+: $2}"; }
assert_ok k create clusterrolebinding by-rbac --clusterrole=view --user=known-1 --user=known-2 --user=known-3 \
  --user=enemy-known --user=strict-down-known

# --- the superuser is asked of nobody
forget_asked
assert_ok k get pods
assert_eq "$(asked policy)" 0

# --- an allowed request; the question as kube-apiserver asks it
assert_ok k --as friend-1 --as-uid 7 --as-group devs get pod none --ignore-not-found
assert_eq "$(question policy)" '{"kind":"SubjectAccessReview","apiVersion":"authorization.k8s.io/v1","metadata":{},"spec":{"resourceAttributes":{"namespace":"default","verb":"get","version":"v1","resource":"pods","name":"none"},"user":"friend-1","groups":["devs","system:authenticated"],"uid":"7"},"status":{"allowed":false}}'
assert_contains "$(cat "$STAND_IN"/seen/*)" 'Authorization: Bearer token-of-limen'
assert_eq "$(asked strict)" 0 "who allows ends the chain"
# remembered
forget_asked
assert_ok k --as friend-1 --as-uid 7 --as-group devs get pod none --ignore-not-found
assert_eq "$(asked policy)" 0
# a path, and what more there is of a user
status_of GET /metrics -H 'Impersonate-User: friend-1' -H 'Impersonate-Extra-Scopes: x' > /dev/null
assert_eq "$(question policy | jq -c .spec)" '{"nonResourceAttributes":{"path":"/metrics","verb":"get"},"user":"friend-1","groups":["system:authenticated"],"extra":{"scopes":["x"]}}'
# selectors
assert_ok k --as friend-1 get pods -A -l 'a in (2,1),!b' --field-selector spec.nodeName=n1,status.phase!=Failed
assert_eq "$(question policy | jq -c '.spec.resourceAttributes')" '{"verb":"list","version":"v1","resource":"pods","fieldSelector":{"requirements":[{"key":"spec.nodeName","operator":"In","values":["n1"]},{"key":"status.phase","operator":"NotIn","values":["Failed"]}]},"labelSelector":{"requirements":[{"key":"a","operator":"In","values":["1","2"]},{"key":"b","operator":"DoesNotExist"}]}}'
status_as friend-1 "$PODS?labelSelector=a+in+(" > /dev/null
assert_eq "$(question policy | jq -c '.spec.resourceAttributes')" '{"namespace":"default","verb":"list","version":"v1","resource":"pods"}'

# --- no opinion: the next ones are asked, each in its own version
forget_asked
assert_eq "$(status_as known-1)" 200
assert_eq "$(asked policy),$(asked strict)" 1,1
assert_eq "$(question strict | jq -c '[.apiVersion, .spec.group]')" '["authorization.k8s.io/v1beta1",["system:authenticated"]]'
assert_eq "$(message_as nobody-1)" "$(cannot nobody-1)"
policy stranger- '{"allowed":false,"reason":"never heard of"}'
strict stranger- '{"allowed":false,"reason":"nor I"}'
assert_eq "$(message_as stranger-1)" "$(cannot stranger-1 $'never heard of\nnor I')"
# what was not allowed is remembered for its own time
forget_asked
status_as stranger-1 > /dev/null
assert_eq "$(asked policy),$(asked strict)" 0,0
asked_again() { status_as stranger-1; [ "$(asked policy)" -ge 1 ]; }
eventually 6 asked_again

# --- a deny ends it, whoever would allow
policy enemy- '{"allowed":false,"denied":true,"reason":"not on <Sundays>"}'
forget_asked
assert_eq "$(message_as enemy-known)" "$(cannot enemy-known 'not on <Sundays>')"
assert_eq "$(asked strict)" 0

# --- the table of failures: 403 says no, 500 says that somebody could not say
status_and_type() { status_of GET "$PODS" -H "Impersonate-User: $1" -w '%{http_code} %{content_type}'; }
printf 'no' | answer policy@failing- 400
assert_eq "$(status_as failing-1)" 500
assert_eq "$(get_as failing-1)" "Internal Server Error: \"$PODS\": https://127.0.0.1:$STAND_IN_PORT/policy: the answer is an error (400)"
assert_contains "$(api GET "$PODS" -H 'Impersonate-User: failing-1' -D - -o /dev/null)" 'text/plain; charset=utf-8'
printf 'no' | answer policy@known-2 400
assert_eq "$(status_as known-2)" 200 "NoOpinion leaves it to rbac"
printf 'no' | answer strict@strict-down- 400
assert_eq "$(status_as strict-down-1)" 500
assert_eq "$(status_as strict-down-known)" 500 "Deny does not"
policy liar- '{"allowed":true,"denied":true}'
assert_eq "$(get_as liar-1)" "Internal Server Error: \"$PODS\": webhook subject access review returned both allow and deny response"
printf 'no' | answer policy@torn-1 400
strict torn-1 '{"allowed":false,"denied":true,"reason":"no"}'
assert_eq "$(message_as torn-1)" "$(cannot torn-1 no)" "who denies is heard alone"
policy half- '{"allowed":false,"evaluationError":"the directory is down"}'
assert_eq "$(message_as half-1)" "$(cannot half-1 'the directory is down')"

# --- 503s are tried five times; an answer in between counts
forget_asked
printf 'boom' | answer policy@flaky- 503
(until [ "$(asked policy)" -ge 2 ]; do sleep 0.05; done; policy flaky- "$YES") &
assert_eq "$(status_as flaky-1)" 200
[ "$(asked policy)" -ge 3 ] || fail "the answer came before two had failed"
wait $!
forget_asked
printf 'boom' | answer policy@down- 503
assert_contains "$(get_as down-1)" 'the answer is an error (503) (5 attempts)'
assert_eq "$(asked policy)" 5
eventually 5 grep -q 'the webhook gave no verdict on a request.*(503) (5 attempts)' "$LOG"

# --- no answer in time, a redirect, too much, nonsense, another's answer: 500, each asked once
forget_asked
review "$YES" | answer policy@slow- 201 8000
assert_contains "$(get_as slow-1)" 'no answer within the deadline'
printf '302\nLocation: https://127.0.0.1:%s/policy?friend-\n\n' "$STAND_IN_PORT" > "$STAND_IN/answers/policy@moved-"
assert_contains "$(get_as moved-1)" 'is a redirect (302)'
{ review "$YES"; head -c 5000 /dev/zero | tr '\0' ' '; } | answer policy@long- 201
assert_contains "$(get_as long-1)" 'is longer than 4096 bytes'
printf '<html>welcome</html>' | answer policy@page- 200
assert_contains "$(get_as page-1)" 'it is not a JSON object'
printf '{"kind":"TokenReview","apiVersion":"authentication.k8s.io/v1","status":{"allowed":true}}' | answer policy@other- 201
assert_contains "$(get_as other-1)" 'kind is not SubjectAccessReview'
assert_eq "$(asked policy)" 5
# The policy speaks within the instance's own timeout, not the server for it.
review '{"allowed":true}' v1beta1 | answer strict@strict-slow 201 3000
assert_contains "$(get_as strict-slow)" 'no answer within the deadline'
assert_not_contains "$(get_as strict-slow)" 'its timeout is'

# --- a webhook that hangs harms those it is asked about and nobody else
forget_asked
review "$YES" | answer policy@hanging- 201 4000
HANGING=()
for i in $(seq 20); do
  api GET "$PODS" -o /dev/null -H "Impersonate-User: hanging-$i" &
  HANGING+=($!)
done
all_hang() { [ "$(asked policy)" -ge 20 ]; }
eventually 60 all_hang
for user in friend-1 fresh-friend-1 known-1; do assert_eq "$(status_as "$user")" 200; done
STILL=0
for pid in "${HANGING[@]}"; do kill -0 "$pid" 2> /dev/null && STILL=$((STILL + 1)); done
[ "$STILL" -gt 0 ] || fail "others waited for those that hang"
wait "${HANGING[@]}"

# --- can-i, and the list a webhook cannot give
assert_eq "$(k auth can-i list pods --as friend-1)" yes
assert_ok k auth can-i --list --as known-1
assert_contains "$OUTPUT" 'the list may be incomplete: [webhook authorizer does not support user rule resolution, webhook authorizer does not support user rule resolution]'
sar() { api POST /apis/authorization.k8s.io/v1/subjectaccessreviews -H 'Content-Type: application/json' -d "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":$1}"; }
assert_eq "$(sar '{"user":"liar-1","resourceAttributes":{"verb":"list","resource":"pods","namespace":"default","version":"v1"}}' | jq -c .status)" \
  '{"allowed":false,"denied":true,"evaluationError":"webhook subject access review returned both allow and deny response"}'
sar '{"user":"friend-2","resourceAttributes":{"verb":"list","resource":"pods","labelSelector":{"requirements":[{"key":"a","operator":"In","values":["x"]}]},"fieldSelector":{"rawSelector":"b=c"}}}' > /dev/null
assert_eq "$(question policy | jq -c '.spec.resourceAttributes | [.version, .fieldSelector, .labelSelector]')" \
  '["*",{"requirements":[{"key":"b","operator":"In","values":["c"]}]},{"requirements":[{"key":"a","operator":"In","values":["x"]}]}]'

# --- a changed kubeconfig is in force within a second and forgets; a broken one leaves the last good one
review "$YES" | answer elsewhere 201
kubeconfig policy /elsewhere
eventually 5 grep -q 'changed files are in force' "$LOG"
assert_eq "$(status_as enemy-known)" 200
printf 'kind: Secret\n' > "$WORK/policy.kubeconfig"
eventually 5 grep -q 'policy.kubeconfig:1: kind: is Secret, expected Config' "$LOG"
assert_eq "$(status_as nobody-2)" 200
kubeconfig policy /policy
mended() { [ "$(grep -c 'changed files are in force' "$LOG")" -ge 2 ]; }
eventually 5 mended

# --- a webhook that is not there: who is asked of others only is served
sed -i "s|^  - {name: strict.*||" "$CONFIG"
restart_server
stop_stand_in
assert_eq "$(status_as known-3)" 200
assert_eq "$(status_as nobody-3)" 500
start_stand_in
METRICS=$(api GET /metrics)
assert_contains "$METRICS" 'limen_module_failed_open_total{instance="policy"} 2'
assert_contains "$METRICS" 'limen_module_reviews_total{instance="policy",outcome="error"} 2'

# --- no token is in the log; what cannot be used is refused before the start
assert_not_contains "$(cat "$LOG")" token-of-limen
stop_server
sed -i 's|failurePolicy: NoOpinion|&, matchConditions: [{expression: "true"}]|' "$CONFIG"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" 'this version of Limen has no expressions to match requests with: leave matchConditions out'
sed -i 's|failurePolicy: NoOpinion, matchConditions: .*}\], ||' "$CONFIG"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" failurePolicy
finish
