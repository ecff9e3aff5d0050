#!/usr/bin/env bash
# The chain of admission controllers as kube-apiserver's operators know it: names of plugins, those on
# by default, lists of enabled and disabled ones, and an AdmissionConfiguration.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
cp "$CONFIG" "$WORK/default.yaml"

# with_admission TEXT: the configuration of `limen init` with this said of admission; its first line is $AT.
AT=$(grep -n '^admissionPlugins:' "$WORK/default.yaml" | cut -d: -f1)
with_admission() {
  { sed "$AT,\$d" "$WORK/default.yaml"; printf '%s\n' "$1"; sed -n '/^storage:/,$p' "$WORK/default.yaml"; } > "$CONFIG"
}
# The names in the order in which `limen check` says they are asked.
chain() {
  assert_ok "$LIMEN" check --config "$CONFIG" --output json
  jq -r '.admission | map(.name) | join(" ")' <<< "$OUTPUT"
}
refused() { # TEXT WHAT: check says it behind the file's name
  with_admission "$1"
  assert_exit 1 "$LIMEN" check --config "$CONFIG"
  assert_eq "$OUTPUT" "$CONFIG:$2"
}

# --- what is on by default, in kube-apiserver's order; saying nothing is the same
DEFAULT=$(chain)
with_admission ''
assert_eq "$(chain)" "$DEFAULT"
order=' '
for plugin in namespace-lifecycle limit-ranger service-account taint-nodes-by-condition pod-security priority default-toleration-seconds \
  default-storage-class storage-object-in-use-protection persistent-volume-claim-resize runtime-class certificate-approval \
  certificate-signing cluster-trust-bundle-attest certificate-subject-restriction default-ingress-class \
  pod-topology-labels pod-resize-validator mutating-webhook validating-webhook resource-quota; do
  assert_contains " $DEFAULT " " $plugin "
  order+="$plugin "
done
seen=' '
for name in $DEFAULT; do case $order in *" $name "*) seen+="$name " ;; esac; done
assert_eq "$seen" "$order"
assert_not_contains " $DEFAULT " ' always-pull-images '
assert_ok "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "$CONFIG: ok"
assert_contains "$(tr -s ' ' <<< "$OUTPUT")" "admission, in the order of asking:
 1 namespace-lifecycle NamespaceLifecycle
 2 limit-ranger LimitRanger"

# --- enabled, disabled, and an instance that takes its plugin's place
with_admission 'admissionPlugins: {enable: [AlwaysPullImages, AlwaysDeny], disable: [PodSecurity]}
admission: [{name: guard, module: DenyServiceExternalIPs}]'
assert_eq " $(chain) " "$(sed -e 's/ taint-nodes-by-condition /&always-pull-images /' -e 's/ pod-security / /' \
  -e 's/ default-ingress-class /&guard /' -e 's/$/always-deny /' <<< " $DEFAULT ")"
with_admission 'admission: [{name: Priority}, {module: LimitRanger}]'
assert_eq "$(chain)" 'priority limit-ranger'
with_admission 'admission: []'
assert_eq "$(chain)" ''
assert_ok "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" 'no admission: every valid object is stored'

# --- names that are none
refused 'admissionPlugins: {enable: [PodSecurityPolicy]}' \
  "$AT:29: admissionPlugins.enable: the admission plugin \"PodSecurityPolicy\" was removed in Kubernetes 1.25; see PodSecurity"
refused 'admission: [{name: SecurityContextDeny}]' \
  "$AT:20: admission[0].name: the admission plugin \"SecurityContextDeny\" was removed in Kubernetes 1.30; see PodSecurity"
refused 'admission: [{module: PersistentVolumeLabel}]' \
  "$AT:22: admission[0].module: the admission plugin \"PersistentVolumeLabel\" was removed in Kubernetes 1.31"
refused 'admissionPlugins: {enable: [MutatingAdmissionPolicy]}' \
  "$AT:29: admissionPlugins.enable: the admission plugin \"MutatingAdmissionPolicy\" of kube-apiserver has no module in Limen"
refused 'admission: [{name: PodSecurty}]' \
  "$AT:20: admission[0].name: there is no admission plugin \"PodSecurty\"
    hint: did you mean \"PodSecurity\"?"
refused 'admissionPlugins: {enable: [Priority], disable: [Priority]}' \
  "$AT:50: admissionPlugins.disable: Priority is enabled on line $AT too
    hint: it can only be one of both"

# --- an AdmissionConfiguration: wrong ones are refused with the place in whichever file it is
mkdir "$WORK/admission"
cat > "$WORK/admission/admission.yaml" << 'YAML'
apiVersion: apiserver.config.k8s.io/v1
kind: AdmissionConfiguration
plugins:
- name: PodSecurity
  path: pod-security.yaml
- name: PodNodeSelector
  configuration:
    podNodeSelectorPluginConfig:
      clusterDefaultNodeSelector: pool=general
      default: pool=general,disk=ssd
- name: AlwaysPullImages
  configuration: {}
YAML
pod_security() {
  cat > "$WORK/admission/pod-security.yaml" << YAML
apiVersion: pod-security.admission.config.k8s.io/v1
kind: PodSecurityConfiguration
defaults:
  enforce: $1
  enforce-version: latest
exemptions:
  usernames: []
  namespaces: [kube-system]
YAML
}
both="admissionConfigFile: $WORK/admission/admission.yaml
admissionPlugins: {enable: [PodNodeSelector]}"
with_admission "$both"
pod_security strict
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "$WORK/admission/pod-security.yaml:4:12: admission \"pod-security\": config/defaults/enforce: must be one of \"privileged\", \"baseline\", \"restricted\""
pod_security baseline
sed -i 's/clusterDefaultNodeSelector: pool=general/clusterDefaultNodeSelector: pool/' "$WORK/admission/admission.yaml"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "$WORK/admission/admission.yaml:9:35: admission \"pod-node-selector\": config/clusterDefaultNodeSelector: must be a list of labels"
sed -i 's/clusterDefaultNodeSelector: pool/&=general/' "$WORK/admission/admission.yaml"
assert_ok "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "warning: $WORK/admission/admission.yaml:11:3: plugins[2]: AlwaysPullImages is not on: its configuration is not used"
sed 's/name: PodNodeSelector/name: PodPreset/' "$WORK/admission/admission.yaml" > "$WORK/admission/old.yaml"
sed "s/admission.yaml/old.yaml/" "$CONFIG" > "$WORK/old.yaml"
assert_exit 1 "$LIMEN" check --config "$WORK/old.yaml"
assert_eq "$OUTPUT" "$WORK/admission/old.yaml:6:9: plugins[1].name: the admission plugin \"PodPreset\" was removed in Kubernetes 1.20; see MutatingAdmissionWebhook"

# --- and what it says is in force
start_server
pod() { printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{"containers":[{"name":"c","image":"i:1"%s}]}}' "$1" "${2:-}"; }
assert_exit 1 k create -f - < <(pod bad ',"securityContext":{"privileged":true}')
assert_contains "$OUTPUT" 'pods "bad" is forbidden: violates PodSecurity "baseline:latest": privileged (container "c" must not set securityContext.privileged=true)'
assert_ok k create -f - < <(pod good)
assert_eq "$(k get pod good -o 'jsonpath={.spec.nodeSelector.pool} {.spec.priority} {.spec.tolerations[0].tolerationSeconds}')" 'general 0 300'
assert_ok k -n kube-system create -f - < <(pod exempt ',"securityContext":{"privileged":true}')

# A reload reads the file again.
pod_security privileged
kill -HUP "$SERVER_PID"
eventually 10 grep -q 'configuration reloaded' "$LOG"
assert_ok k create -f - < <(pod bad ',"securityContext":{"privileged":true}')
stop_server
assert_eq "$STOPPED" 0
finish
