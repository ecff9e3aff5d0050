#!/usr/bin/env bash
# mutating-webhook and validating-webhook with kubectl against a real HTTPS server: one that refuses,
# patches, is slow, dead, elsewhere, lying or talking nonsense.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
make_stand_in localhost,DNS:hook.default.svc
start_stand_in
# By what they know the server.
cat > "$WORK/webhooks.kubeconfig" << YAML
apiVersion: v1
kind: Config
users:
- {name: "localhost:$STAND_IN_PORT", user: {token: for-the-host}}
- {name: "hook.default.svc:$STAND_IN_PORT", user: {token: for-the-service}}
YAML
WEBHOOKS="timeout: 20s, config: {kubeConfigFile: $WORK/webhooks.kubeconfig}"
sed -i -e "/^admission:/a\  - {name: mutating-webhook, $WEBHOOKS}\n  - {name: validating-webhook, $WEBHOOKS}" "$CONFIG"
start_server

say() { # PATH RESPONSE [STATUS [MILLISECONDS]]
  printf '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"{{uid}}",%s}}' "$2" |
    answer "$1" "${3:-200}" ${4:+"$4"}
}
# configure Mutating|Validating PATH [POLICY [CLIENT-CONFIG]]: a webhook instead of what was there, the last
# two as YAML; for what $RULE says, empty for everything.
configure() {
  local client=${4:-"{url: https://localhost:$STAND_IN_PORT/$2, caBundle: $CA}"}
  local rule=${RULE:-'operations: ["*"], apiGroups: ["*"], apiVersions: ["*"], resources: ["*/*"]'}
  k delete mutatingwebhookconfigurations,validatingwebhookconfigurations --all > /dev/null
  CONFIGURED=$(k create -f - 2>&1 << YAML
apiVersion: admissionregistration.k8s.io/v1
kind: ${1}WebhookConfiguration
metadata: {name: e2e}
webhooks:
- name: hook.example.com
  clientConfig: $client
  rules: [{$rule}]
  namespaceSelector: {matchLabels: {hooks: "on"}}
  admissionReviewVersions: [v1]
  sideEffects: None
  timeoutSeconds: 1
  ${3:-failurePolicy: Fail}
YAML
  ) || fail "the configuration was not taken: $CONFIGURED"
}
CA=$(base64 -w0 < "$STAND_IN/tls.crt")
# What kubectl says to a new object that nobody keeps.
try() { k -n hooked create configmap probe --from-literal=a=b --dry-run=server "$@" 2>&1 || true; }
says() { [[ "$(try)" == *"$1"* ]]; }
# A configuration is in force soon after it is written.
eventually_says() { eventually 10 says "$1"; }

k create namespace hooked > /dev/null
k label namespace hooked hooks=on > /dev/null

# --- a refusal is told in kube-apiserver's words, with the code and the warnings of the webhook
say deny '"allowed":false,"status":{"message":"not today","code":403,"reason":"Forbidden"},"warnings":["think again"]'
configure Validating deny
eventually_says 'admission webhook "hook.example.com" denied the request: not today'
assert_contains "$(try)" 'Warning: think again'
REFUSED=$(api POST /api/v1/namespaces/hooked/configmaps -H 'Content-Type: application/json' \
  -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"c"}}')
assert_eq "$(jq -c '[.code, .reason, .message]' <<< "$REFUSED")" \
  '[403,"Forbidden","admission webhook \"hook.example.com\" denied the request: not today"]'
# nobody asks about other namespaces
forget_asked
k -n default create configmap free > /dev/null
assert_eq "$(asked)" 0
# a refusal without a word
say deny '"allowed":false'
assert_contains "$(printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c, namespace: hooked}\n' | k create -f - 2>&1 || true)" \
  'Error from server: error when creating "STDIN": admission webhook "hook.example.com" denied the request without explanation'

# --- the review says who wants to do what, and that nothing will be stored
forget_asked
say deny '"allowed":true'
assert_contains "$(try)" 'created (server dry run)'
assert_eq "$(asked)" 1
SEEN=$(cat "$STAND_IN"/seen/*)
assert_contains "$SEEN" 'POST /deny?timeout=1s'
assert_contains "$SEEN" 'Authorization: Bearer for-the-host'
assert_eq "$(tail -n 1 <<< "$SEEN" | jq -c '.request | [.operation, .namespace, .name, .resource.resource, .dryRun, .oldObject, .object.data.a]')" \
  '["CREATE","hooked","probe","configmaps",true,null,"b"]'
assert_eq "$(k -n hooked get configmap probe --ignore-not-found)" ''

# --- a patch is stored
say patch '"allowed":true,"patchType":"JSONPatch","patch":"'"$(printf '[{"op":"add","path":"/data/added","value":"yes"}]' | base64 -w0)"'"'
configure Mutating patch
added() { [ "$(try -o 'jsonpath={.data.added}')" = yes ]; }
eventually 10 added
k -n hooked create configmap patched --from-literal=a=b > /dev/null
assert_eq "$(k -n hooked get configmap patched -o 'jsonpath={.data}')" '{"a":"b","added":"yes"}'
# one that does not fit is an error, whatever the failure policy
say patch '"allowed":true,"patchType":"JSONPatch","patch":"'"$(printf '[{"op":"remove","path":"/data/none"}]' | base64 -w0)"'"'
assert_contains "$(try)" 'Internal error occurred: '
# a deletion asks too
say patch '"allowed":true'
forget_asked
k -n hooked delete configmap patched > /dev/null
assert_eq "$(tail -qn 1 "$STAND_IN"/seen/* | jq -c '.request | [.operation, .object, .oldObject.data.added]' | sort -u)" '["DELETE",null,"yes"]'

# --- connections are kept: each module needs one, however often it asks
# The module of $kind asks, and the other one no more.
alone() {
  forget_asked
  try > /dev/null
  [ "$(asked)" = 1 ] && grep -q "POST /kept-$kind" "$STAND_IN"/seen/*
}
for kind in Mutating Validating; do
  say "kept-$kind" '"allowed":true'
  configure $kind "kept-$kind"
  eventually 10 alone
  forget_asked
  for i in $(seq 20); do
    api POST /api/v1/namespaces/hooked/configmaps -H 'Content-Type: application/json' \
      -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"'"${kind,,}-$i"'"}}' > /dev/null
  done
  assert_eq "$kind $(asked) $(connections)" "$kind 20 1"
done

# --- matchPolicy Equivalent: a webhook that knows one version sees and patches that, whatever is spoken
hpa() { # VERSION SPEC: creates it
  k create -f - << YAML
apiVersion: autoscaling/$1
kind: HorizontalPodAutoscaler
metadata: {name: $1, namespace: hooked}
spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: web}, $2}
YAML
}
V2='metrics: [{type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 50}}}]'
CPU='jsonpath={.spec.metrics[0].resource.target.averageUtilization}'
RULE='operations: [CREATE], apiGroups: [autoscaling], apiVersions: [v1], resources: [horizontalpodautoscalers]'
say scale '"allowed":true,"warnings":["in v1"],"patchType":"JSONPatch","patch":"'"$(
  printf '[{"op":"replace","path":"/spec/targetCPUUtilizationPercentage","value":77}]' | base64 -w0)"'"'
configure Mutating scale
forget_asked
in_v1() { [[ "$(hpa v2 "$V2" 2>&1)" == *'Warning: in v1'* ]] || { k -n hooked delete hpa v2 > /dev/null; false; }; }
eventually 10 in_v1
assert_eq "$(k -n hooked get horizontalpodautoscalers.v2.autoscaling v2 -o "$CPU")" 77
assert_eq "$(tail -qn 1 "$STAND_IN"/seen/* | jq -c '.request | [.kind.version, .resource.version, .requestKind.version,
  .requestResource.version, .object.apiVersion, .object.spec.targetCPUUtilizationPercentage, .object.spec.metrics]')" \
  '["v1","v1","v2","v2","autoscaling/v1",50,null]'
# Exact looks at what is spoken
configure Mutating scale 'matchPolicy: Exact'
spoken() { # VERSION SPEC
  k -n hooked delete hpa "$1" --ignore-not-found > /dev/null
  hpa "$1" "$2" 2>&1
}
exact() { [[ "$(spoken v2 "$V2")" != *'in v1'* ]]; }
eventually 10 exact
asked_in_v1() { [[ "$(spoken v1 'targetCPUUtilizationPercentage: 50')" == *'Warning: in v1'* ]]; }
eventually 10 asked_in_v1
exact || fail "a webhook that matches exactly was asked about another version"
assert_eq "$(k -n hooked get horizontalpodautoscalers.v2.autoscaling v2 -o "$CPU")" 50
assert_eq "$(k -n hooked get horizontalpodautoscalers.v2.autoscaling v1 -o "$CPU")" 77
RULE=

# --- slow, elsewhere, lying, nonsense: failures, each for a reason of its own
FAILED='Internal error occurred: failed calling webhook "hook.example.com": '
for kind in Mutating Validating; do
  odd=odd-$kind # the messages of one kind are not to be taken for the other's
  say "$odd" '"allowed":true' 200 3000
  configure $kind "$odd"
  eventually_says "${FAILED}failed to call webhook: Post \"https://localhost:$STAND_IN_PORT/$odd?timeout=1s\": context deadline exceeded"
  printf '302\nLocation: https://localhost:%s/patch\n\n' "$STAND_IN_PORT" > "$STAND_IN/answers/$odd"
  forget_asked
  assert_contains "$(try)" "${FAILED}failed to call webhook: the answer is a redirect (302), which is not followed"
  assert_eq "$(asked)" 1
  printf '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"other","allowed":true}}' | answer "$odd" 200
  assert_matches "$(try)" 'received invalid webhook response: expected response\.uid="[0-9a-f-]{36}", got "other"'
  printf '<html>welcome</html>' | answer "$odd" 200
  assert_contains "$(try)" "${FAILED}failed to call webhook: the answer is no AdmissionReview"
  printf 'boom' | answer "$odd" 503
  assert_contains "$(try)" "${FAILED}failed to call webhook: the server is currently unable to handle the request"
done

# --- a service is found by its object, and its certificate is checked for the service's name
k create service externalname hook --external-name localhost > /dev/null
say deny '"allowed":false,"status":{"message":"by service"}'
configure Validating deny 'failurePolicy: Fail' \
  "{service: {namespace: default, name: hook, port: $STAND_IN_PORT, path: /deny}, caBundle: $CA}"
eventually_says 'denied the request: by service'
assert_contains "$(cat "$STAND_IN"/seen/*)" 'Authorization: Bearer for-the-service'
assert_eq "$(grep -cE 'for-the-(host|service)' "$LOG")" 0 "no credential is in the log"

# --- dead: Fail refuses and Ignore does not; the configuration itself can always be taken away
say dead '"allowed":false,"status":{"message":"still alive"}'
configure Validating dead
eventually_says 'denied the request: still alive'
stop_stand_in
assert_contains "$(try)" "${FAILED}failed to call webhook: Post \"https://localhost:$STAND_IN_PORT/dead?timeout=1s\": "
configure Validating dead 'failurePolicy: Ignore'
eventually_says 'created (server dry run)'
assert_contains "$(api GET /metrics)" webhook_fail_open_count
configure Mutating dead
eventually_says "$FAILED"
k delete mutatingwebhookconfiguration e2e > /dev/null
eventually_says 'created (server dry run)'

# --- who writes what may lock itself out is warned, and so is the operator
configure Validating dead
assert_contains "$CONFIGURED" 'Warning: webhook "hook.example.com" has the failure policy Fail and is asked about nodes'
eventually 5 grep -q 'a webhook may keep the cluster from recovering' "$LOG"
finish
