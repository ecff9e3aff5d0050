#!/usr/bin/env bash
# The Pod Security Standards as kubectl's users meet them: labels of namespaces, refusals, warnings, audit,
# versions, exemptions; dry runs and diffs; and the same on the local listener.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
AUDIT=$WORK/audit.log
printf 'apiVersion: audit.k8s.io/v1\nkind: Policy\nomitStages: [RequestReceived]\nrules: [{level: Metadata}]\n' > "$WORK/policy.yaml"
sed -i '/^admission:/a\  - {name: PodSecurity, config: {exemptions: {usernames: [robot], namespaces: [exempt], runtimeClasses: [sandbox]}}}' "$CONFIG"
echo "audit: {policyFile: $WORK/policy.yaml, logPath: $AUDIT}" >> "$CONFIG"
LOCAL=$(free_port)
start_server --insecure-port "$LOCAL"
local_k() { KUBECONFIG=/dev/null k --server "http://127.0.0.1:$LOCAL" "$@"; }
# annotation RESOURCE NAME KEY: what the audit log says of the last write of it
annotation() {
  jq -rse "[.[] | select(.objectRef.resource == \"$1\" and .objectRef.name == \"$2\" and .verb != \"get\")] | last |
    .annotations[\"pod-security.kubernetes.io/$3\"]" "$AUDIT"
}
audited() { # TEXT RESOURCE NAME KEY
  eventually 5 annotation "${@:2}"
  assert_eq "$(annotation "${@:2}")" "$1"
}
# What a pod without a security context lacks, by the name of its container.
lacks() {
  printf '%s' "allowPrivilegeEscalation != false (container \"$1\" must set securityContext.allowPrivilegeEscalation=false), " \
    "unrestricted capabilities (container \"$1\" must set securityContext.capabilities.drop=[\"ALL\"]), " \
    "runAsNonRoot != true (pod or container \"$1\" must set securityContext.runAsNonRoot=true), " \
    "seccompProfile (pod or container \"$1\" must set securityContext.seccompProfile.type to \"RuntimeDefault\" or \"Localhost\")"
}
GOOD='{"spec":{"securityContext":{"runAsNonRoot":true,"seccompProfile":{"type":"RuntimeDefault"}},"containers":[{"name":"good","image":"nginx",
  "securityContext":{"allowPrivilegeEscalation":false,"capabilities":{"drop":["ALL"]}}}]}}'
violates() { printf 'Error from server (Forbidden): pods "%s" is forbidden: violates PodSecurity "%s": %s' "$@"; }

# --- a label, and what it refuses
assert_eq "$(k create namespace safe)" 'namespace/safe created'
assert_eq "$(k -n safe run old --image=nginx)" 'pod/old created'
assert_ok k label namespace safe pod-security.kubernetes.io/enforce=restricted --dry-run=server
EXISTING='Warning: existing pods in namespace "safe" violate the new PodSecurity enforce level "restricted:latest"
Warning: old: allowPrivilegeEscalation != false, unrestricted capabilities, runAsNonRoot != true, seccompProfile'
assert_eq "$OUTPUT" "$EXISTING
namespace/safe labeled (server dry run)"
assert_eq "$(k -n safe run dry --image=nginx --dry-run=server)" 'pod/dry created (server dry run)'
assert_ok k label namespace safe pod-security.kubernetes.io/enforce=restricted
assert_eq "$OUTPUT" "$EXISTING
namespace/safe labeled"
assert_exit 1 k -n safe run web --image=nginx
assert_eq "$OUTPUT" "$(violates web restricted:latest "$(lacks web)")"
assert_exit 1 k -n safe run web --image=nginx --dry-run=server
assert_eq "$OUTPUT" "$(violates web restricted:latest "$(lacks web)")"
assert_exit 1 local_k -n safe run web --image=nginx
assert_eq "$OUTPUT" "$(violates web restricted:latest "$(lacks web)")" "admission runs on the local listener"
assert_eq "$(k -n safe run good --image=nginx --overrides="$GOOD")" 'pod/good created'
audited restricted:latest pods good enforce-policy
assert_eq "$(k -n safe get pods -o name)" $'pod/good\npod/old'
# those that run may be changed in what the standards do not name
assert_ok k -n safe label pod old a=b
assert_exit 1 k -n safe set image pod/old old=nginx:2
assert_contains "$OUTPUT" "$(violates old restricted:latest "$(lacks old)" | sed 's/^Error from server (Forbidden): //')"
assert_exit 1 k -n safe debug good --image=busybox --profile=sysadmin -q
assert_contains "$OUTPUT" 'pods "good" is forbidden: violates PodSecurity "restricted:latest": privileged (container "debugger-'
# init containers are containers
assert_exit 1 k -n safe run web --image=nginx --overrides="$(jq -c '.spec.initContainers = [.spec.containers[0] | .name = "init" |
  .securityContext.privileged = true | .securityContext.allowPrivilegeEscalation = true]' <<< "$GOOD")"
assert_contains "$OUTPUT" 'privileged (container "init" must not set securityContext.privileged=true)'

# --- workloads are stored, with a warning
assert_ok k -n safe create deployment web --image=nginx
assert_eq "$OUTPUT" "Warning: would violate PodSecurity \"restricted:latest\": $(lacks nginx)
deployment.apps/web created"
assert_ok k create namespace told
assert_ok k label namespace told pod-security.kubernetes.io/{warn,audit}=restricted
assert_eq "$OUTPUT" 'namespace/told labeled'
assert_ok k -n told run web --image=nginx
assert_eq "$OUTPUT" "Warning: would violate PodSecurity \"restricted:latest\": $(lacks web)
pod/web created"
audited "would violate PodSecurity \"restricted:latest\": $(lacks web)" pods web audit-violations
assert_ok k -n told create cronjob tick --image=nginx --schedule='* * * * *'
assert_eq "$OUTPUT" "Warning: would violate PodSecurity \"restricted:latest\": $(lacks tick)
cronjob.batch/tick created"
audited "would violate PodSecurity \"restricted:latest\": $(lacks tick)" cronjobs tick audit-violations
assert_exit 1 k --warnings-as-errors -n told run other --image=nginx
assert_contains "$OUTPUT" '1 warning received'

# --- versions: the standards as they were
assert_ok k label namespace safe pod-security.kubernetes.io/enforce-version=v1.18
assert_exit 1 k -n safe run web --image=nginx
assert_eq "$OUTPUT" "$(violates web restricted:v1.18 'allowPrivilegeEscalation != false (container "web" must set securityContext.allowPrivilegeEscalation=false), runAsNonRoot != true (pod or container "web" must set securityContext.runAsNonRoot=true)')"
assert_exit 1 k label namespace safe --overwrite pod-security.kubernetes.io/enforce-version=1.18
assert_eq "$OUTPUT" 'The Namespace "safe" is invalid: metadata.labels[pod-security.kubernetes.io/enforce-version]: Invalid value: "1.18": must be "latest" or "v1.x"'
assert_exit 1 k label namespace safe --overwrite pod-security.kubernetes.io/enforce=strict
assert_eq "$OUTPUT" 'The Namespace "safe" is invalid: metadata.labels[pod-security.kubernetes.io/enforce]: Invalid value: "strict": must be one of privileged, baseline, restricted'

# --- the middle level
assert_ok k create namespace base
assert_ok k label namespace base pod-security.kubernetes.io/enforce=baseline
assert_ok k -n base run web --image=nginx
assert_eq "$OUTPUT" 'pod/web created'
assert_exit 1 k -n base run root --image=nginx --privileged
assert_eq "$OUTPUT" "$(violates root baseline:latest 'privileged (container "root" must not set securityContext.privileged=true)')"
assert_exit 1 k -n base run host --image=nginx --overrides='{"spec":{"hostNetwork":true,"volumes":[{"name":"etc","hostPath":{"path":"/etc"}}]}}'
assert_eq "$OUTPUT" "$(violates host baseline:latest 'host namespaces (hostNetwork=true), hostPath volumes (volume "etc")')"

# --- exemptions: a namespace, a user, a runtime class
assert_ok k create namespace exempt
assert_ok k label namespace exempt pod-security.kubernetes.io/enforce=restricted
assert_eq "$OUTPUT" 'Warning: namespace "exempt" is exempt from Pod Security, and the policy (enforce=restricted:latest) will be ignored
namespace/exempt labeled'
assert_eq "$(k -n exempt run web --image=nginx)" 'pod/web created'
audited namespace pods web exempt
assert_ok k create clusterrole pods --verb='*' --resource=pods,serviceaccounts
assert_ok k create clusterrolebinding pods --clusterrole=pods --user=robot --user=person
assert_exit 1 k --as person -n base run root --image=nginx --privileged
assert_eq "$(k --as robot -n base run root --image=nginx --privileged)" 'pod/root created'
audited user pods root exempt
k create -f - > /dev/null <<< '{"apiVersion":"node.k8s.io/v1","kind":"RuntimeClass","metadata":{"name":"sandbox"},"handler":"h"}'
assert_eq "$(k -n base run boxed --image=nginx --privileged --overrides='{"spec":{"runtimeClassName":"sandbox"}}')" 'pod/boxed created'
audited runtimeClass pods boxed exempt

# --- a diff goes the same way: what would be refused is refused, and what admission fills in is shown
k -n base run diffed --image=nginx --dry-run=client -o yaml > "$WORK/pod.yaml"
assert_exit 1 k -n base diff -f "$WORK/pod.yaml"
for line in '+  priority: 0' '+  serviceAccountName: default' '+    tolerationSeconds: 300' '+    key: node.kubernetes.io/unreachable'; do
  assert_contains "$OUTPUT" "$line"
done
assert_ok k -n base get pods -o name
assert_not_contains "$OUTPUT" diffed
sed -i 's/image: nginx/&\n    securityContext: {privileged: true}/' "$WORK/pod.yaml"
assert_exit 2 k -n base diff -f "$WORK/pod.yaml"
assert_contains "$OUTPUT" 'pods "diffed" is forbidden: violates PodSecurity "baseline:latest": privileged (container "diffed" must not'
finish
