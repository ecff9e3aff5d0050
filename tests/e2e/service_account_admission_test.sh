#!/usr/bin/env bash
# The admission controller service-account: what becomes of a pod's account, its token's volume and its pull
# secrets, and what accounts forbid, as kubectl shows it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
sed -i 's|^  enable: \[\]|  enable: [ServiceAccount]|' "$CONFIG"
start_server
t() { k -n team "$@"; }
# refused REASON COMMAND...: no, and why
refused() {
  local reason=$1
  shift
  assert_exit 1 "$@"
  assert_contains "$OUTPUT" "$reason"
}
of() { t get pod "$1" -o jsonpath="$2"; }
# pod NAME SPEC-MEMBERS: as kubectl creates it from a file
pod() {
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"team"},"spec":{%s}}' "$1" "$2" > "$WORK/pod.json"
  k create -f "$WORK/pod.json"
}
ONE='"containers":[{"name":"c","image":"i"}]'

# --- a namespace and a pod of it at once: the pod waits for the account
cat > "$WORK/team.yaml" << 'YAML'
apiVersion: v1
kind: Namespace
metadata: {name: team}
---
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: team}
spec:
  initContainers: [{name: first, image: i}]
  containers:
  - {name: plain, image: i}
  - {name: mounted, image: i, volumeMounts: [{name: data, mountPath: /data}]}
  - {name: own, image: i, volumeMounts: [{name: data, mountPath: /var/run/secrets/kubernetes.io/serviceaccount}]}
  volumes: [{name: data, emptyDir: {}}]
YAML
assert_ok k apply -f "$WORK/team.yaml"
assert_eq "$(of web '{.spec.serviceAccountName} {.spec.serviceAccount}')" 'default default'
VOLUME=$(of web '{.spec.volumes[1].name}')
assert_matches "$VOLUME" '^kube-api-access-[bcdfghjklmnpqrstvwxz2456789]{5}$'
assert_eq "$(of web '{.spec.volumes[1].projected.defaultMode}')" 420
assert_eq "$(of web '{.spec.volumes[1].projected.sources[0].serviceAccountToken}')" '{"expirationSeconds":3607,"path":"token"}'
assert_eq "$(of web '{.spec.volumes[1].projected.sources[1].configMap}')" '{"items":[{"key":"ca.crt","path":"ca.crt"}],"name":"kube-root-ca.crt"}'
assert_eq "$(of web '{.spec.volumes[1].projected.sources[2].downwardAPI}')" \
  '{"items":[{"fieldRef":{"apiVersion":"v1","fieldPath":"metadata.namespace"},"path":"namespace"}]}'
MOUNT='{"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount","name":"'$VOLUME'","readOnly":true}'
assert_eq "$(of web '{.spec.initContainers[0].volumeMounts}')" "[$MOUNT]"
assert_eq "$(of web '{.spec.containers[0].volumeMounts}')" "[$MOUNT]"
assert_eq "$(of web '{.spec.containers[1].volumeMounts}')" "[{\"mountPath\":\"/data\",\"name\":\"data\"},$MOUNT]"
assert_not_contains "$(of web '{.spec.containers[2].volumeMounts}')" "$VOLUME"

# What is applied again stays as it is.
BEFORE=$(of web '{.metadata.resourceVersion}')
assert_ok k apply -f "$WORK/team.yaml"
assert_eq "$(of web '{.metadata.resourceVersion}')" "$BEFORE"
assert_ok k diff -f "$WORK/team.yaml"
assert_ok t label pod web a=b
assert_eq "$(of web '{.spec.volumes[*].name}')" "data $VOLUME"

# --- accounts that are not there
refused 'Error from server (Forbidden): pods "lost" is forbidden: error looking up service account team/robot: serviceaccount "robot" not found' \
  t run lost --image=i --overrides='{"spec":{"serviceAccountName":"robot"}}'
assert_ok t create serviceaccount robot
assert_ok t run found --image=i --overrides='{"spec":{"serviceAccountName":"robot"}}'
assert_eq "$(of found '{.spec.serviceAccountName}')" robot

# --- without a token
assert_ok t patch serviceaccount robot -p '{"automountServiceAccountToken":false}'
assert_ok pod bare "\"serviceAccountName\":\"robot\",$ONE"
assert_eq "$(of bare '{.spec.volumes}{.spec.containers[0].volumeMounts}')" ''
assert_ok pod stubborn "\"serviceAccountName\":\"robot\",\"automountServiceAccountToken\":true,$ONE"
assert_contains "$(of stubborn '{.spec.volumes[0].name}')" kube-api-access-
assert_ok pod modest "\"automountServiceAccountToken\":false,$ONE"
assert_eq "$(of modest '{.spec.volumes}')" ''

# --- pull secrets
assert_ok t patch serviceaccount default -p '{"imagePullSecrets":[{"name":"registry"}]}'
assert_ok pod pulls "$ONE"
assert_eq "$(of pulls '{.spec.imagePullSecrets}')" '[{"name":"registry"}]'
assert_ok pod pulls-own "\"imagePullSecrets\":[{\"name\":\"own\"}],$ONE"
assert_eq "$(of pulls-own '{.spec.imagePullSecrets}')" '[{"name":"own"}]'

# --- a trial shows the same and keeps nothing; templates are left alone
TRIAL=$(t run trial --image=i --dry-run=server -o jsonpath='{.spec.serviceAccountName} {.spec.volumes[0].name}')
assert_matches "$TRIAL" '^default kube-api-access-.....$'
refused 'pods "trial" not found' t get pod trial
assert_ok t create deployment d --image=i
assert_eq "$(t get deployment d -o jsonpath='{.spec.template.spec.volumes}{.spec.template.spec.serviceAccountName}')" ''

# --- mirror pods
mirror() { printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s","namespace":"team","annotations":{"kubernetes.io/config.mirror":"h"}},"spec":{"nodeName":"n1",%s}}' "$1" "$2" | k create -f -; }
assert_ok mirror m1 "$ONE"
assert_eq "$(of m1 '{.spec.serviceAccountName}{.spec.volumes}{.spec.imagePullSecrets}')" ''
refused 'a mirror pod may not reference service accounts' mirror m2 "\"serviceAccountName\":\"robot\",$ONE"
refused 'a mirror pod may not reference secrets' mirror m2 "$ONE,\"volumes\":[{\"name\":\"v\",\"secret\":{\"secretName\":\"s\"}}]"
refused 'a mirror pod may not use ServiceAccountToken volume projections' mirror m2 \
  "$ONE,\"volumes\":[{\"name\":\"v\",\"projected\":{\"sources\":[{\"serviceAccountToken\":{\"path\":\"t\"}}]}}]"

# --- an account that limits secrets
assert_ok k apply -f - << 'YAML'
apiVersion: v1
kind: ServiceAccount
metadata: {name: strict, namespace: team, annotations: {kubernetes.io/enforce-mountable-secrets: "true"}}
secrets: [{name: mine}]
imagePullSecrets: [{name: registry}]
YAML
strict() { pod "$1" "\"serviceAccountName\":\"strict\",\"containers\":[{\"name\":\"c\",\"image\":\"i\"$2}]$3"; }
NOT_MINE='is not allowed because service account strict does not reference that secret'
assert_ok strict good ',"envFrom":[{"secretRef":{"name":"mine"}}]' ',"volumes":[{"name":"v","secret":{"secretName":"mine"}}]'
refused "volume with secret.secretName=\"other\" $NOT_MINE" strict bad '' ',"volumes":[{"name":"v","secret":{"secretName":"other"}}]'
refused "container c with envVar E referencing secret.secretName=\"other\" $NOT_MINE" \
  strict bad ',"env":[{"name":"E","valueFrom":{"secretKeyRef":{"name":"other","key":"k"}}}]' ''
refused "container c with envFrom referencing secret.secretName=\"other\" $NOT_MINE" \
  strict bad ',"envFrom":[{"secretRef":{"name":"other"}}]' ''
refused "init container i with envFrom referencing secret.secretName=\"other\" $NOT_MINE" \
  strict bad '' ',"initContainers":[{"name":"i","image":"i","envFrom":[{"secretRef":{"name":"other"}}]}]'
refused 'imagePullSecrets[0].name="own" is not allowed because service account strict does not reference that imagePullSecret' \
  strict bad '' ',"imagePullSecrets":[{"name":"own"}]'
# debug SECRET: an ephemeral container that takes its environment from a secret
debug() {
  api PATCH /api/v1/namespaces/team/pods/good/ephemeralcontainers -H 'Content-Type: application/strategic-merge-patch+json' \
    -d '{"spec":{"ephemeralContainers":[{"name":"e-'"$1"'","image":"i","envFrom":[{"secretRef":{"name":"'"$1"'"}}]}]}}'
}
REFUSAL=$(debug other)
assert_contains "$REFUSAL" '"code":403'
assert_contains "$REFUSAL" "ephemeral container e-other with envFrom referencing secret.secretName=\\\"other\\\" $NOT_MINE"
assert_contains "$(debug mine)" '"e-mine"'

stop_server
assert_eq "$STOPPED" 0
finish
