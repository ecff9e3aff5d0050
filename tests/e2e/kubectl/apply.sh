# Manifests: apply in both modes, diff, prune, kustomize, the checks before and after sending, edit, patch of
# every type, replace.
# shellcheck shell=bash

apply_files() {
  cd "$WORK/files"
  cat > web.yaml << 'YAML'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, labels: {set: a}}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: main, image: "nginx:1", ports: [{containerPort: 80}]}]}
YAML
  local name
  for name in one two; do
    printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s, labels: {set: a}}\ndata: {a: b}\n' "$name" > $name.yaml
  done
  says 'namespace/desk created' create ns desk
  k config set-context --current --namespace=desk > /dev/null
}

all_of() { printf 'deployment.apps/web %s\nconfigmap/one %s\nconfigmap/two %s' "$1" "${2:-$1}" "${2:-$1}"; }

apply_client_side() {
  local files=(-f web.yaml -f one.yaml -f two.yaml)
  says "$(all_of 'created (dry run)')" apply "${files[@]}" --dry-run=client
  says "$(all_of 'created (server dry run)')" apply "${files[@]}" --dry-run=server
  says '' get deployments,configmaps -l set=a -o name
  says "$(all_of created)" apply "${files[@]}"
  says "$(all_of unchanged)" apply "${files[@]}"
  says '' diff "${files[@]}"
  sed -i 's/nginx:1/nginx:2/' web.yaml
  refuses '+      - image: nginx:2' diff "${files[@]}"
  refuses '-  generation: 1' diff -f web.yaml
  says "$(all_of configured unchanged)" apply "${files[@]}"
  shows 'image: nginx:2' apply view-last-applied deployment/web
  sed -i '/replicas/d' web.yaml
  says 'deployment.apps/web configured' apply -f web.yaml
  says '1 3' get deployment web -o jsonpath='{.spec.replicas} {.metadata.generation}'
  says 'configmap/one configured' apply set-last-applied -f one.yaml
  mkdir -p set && cp web.yaml one.yaml set
  # Old ones look for everything that they know of, and Kubernetes has dropped some of it.
  local list=--prune-whitelist
  if since 26; then list=--prune-allowlist; fi
  shows $'deployment.apps/web (configured|unchanged)\n(.*\n)?configmap/two pruned' apply -f set --prune -l set=a $list=core/v1/ConfigMap
  refuses 'configmaps "two" not found' get cm two
}

apply_server_side() {
  says 'configmap/two serverside-applied' apply --server-side -f two.yaml
  says 'configmap/two serverside-applied' apply --server-side -f two.yaml --field-manager=second
  sed 's/a: b/a: c/' two.yaml > two-c.yaml
  refuses 'conflict with "kubectl": .data.a' apply --server-side -f two-c.yaml --field-manager=second
  refuses 'If you intend to manage all of these fields, please re-run the apply' apply --server-side -f two-c.yaml --field-manager=second
  says 'configmap/two serverside-applied (server dry run)' apply --server-side -f two-c.yaml --field-manager=second --force-conflicts --dry-run=server
  says b get cm two -o jsonpath='{.data.a}'
  refuses '+  a: c' diff --server-side --force-conflicts --field-manager=second -f two-c.yaml
  says 'configmap/two serverside-applied' apply --server-side -f two-c.yaml --field-manager=second --force-conflicts
  says c get cm two -o jsonpath='{.data.a}'
  # What client-side apply made is taken over.
  says 'deployment.apps/web serverside-applied' apply --server-side -f web.yaml
  sed 's/nginx:2/nginx:3/' web.yaml > web-3.yaml
  says 'deployment.apps/web serverside-applied' apply --server-side -f web-3.yaml
  says 'nginx:3' get deployment web -o jsonpath='{.spec.template.spec.containers[*].image}'
}

apply_kustomize() {
  mkdir -p kz
  printf 'namePrefix: kz-\nresources: [base.yaml]\nconfigMapGenerator: [{name: gen, literals: [x=y]}]\n' > kz/kustomization.yaml
  printf 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: base}\ndata: {q: r}\n' > kz/base.yaml
  shows $'name: kz-base\n.*name: kz-gen-' kustomize kz
  shows $'^configmap/kz-base created\nconfigmap/kz-gen-[a-z0-9]+ created$' apply -k kz
  says '' diff -k kz
  shows $'^configmap/kz-base unchanged\nconfigmap/kz-gen-' apply -k kz
  shows $'configmap "kz-base" deleted.*\nconfigmap "kz-gen-' delete -k kz
}

# each_of_many WORD WORDS...: said of every object of the manifest, and of nothing else.
each_of_many() {
  local word=$1 count
  shift
  count=$(grep -c '^apiVersion' "$MANY")
  assert_ok k "$@" -f "$MANY"
  assert_eq "$(grep -cE " $word\$" <<< "$OUTPUT")" "$count" "kubectl 1.$MINOR $*: $OUTPUT"
}

# One manifest of many kinds, with fields of every sort.
apply_many_kinds() {
  MANY=$LIMEN_SOURCE/tests/e2e/kubectl/many-kinds.yaml
  each_of_many 'created \(server dry run\)' create --validate=true --dry-run=server
  each_of_many created apply
  assert_ok k apply -f "$MANY"
  assert_eq "$(grep -v ' unchanged$' <<< "$OUTPUT" | sed 's/ configured$//')" "$(always_configured)"
  assert_eq "$(k diff -f "$MANY" 2>&1)" ''
  each_of_many serverside-applied apply --server-side
  each_of_many replaced replace
  assert_ok k get -f "$MANY" -o wide
  assert_contains "$OUTPUT" 'storageclass.storage.k8s.io/fast'
  # 1.20 would describe the cron job by batch/v1beta1.
  if since 21; then
    assert_ok k describe -f "$MANY"
    assert_contains "$OUTPUT" 'Allowing ingress traffic:'
  fi
  each_of_many 'deleted( from desk namespace)?' delete --wait=false
}

apply_checks() {
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: typo}\nspec: {contaners: [], containers: [{name: c, image: i}]}\n' > typo.yaml
  printf 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: typed}\nspec: {replicas: three, selector: {matchLabels: {a: b}}, template: {metadata: {labels: {a: b}}, spec: {containers: [{name: c, image: i}]}}}\n' > typed.yaml
  printf 'apiVersion: v1\nkind: Service\nmetadata: {name: bare}\nspec: {ports: [{name: http}]}\n' > bare.yaml
  printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: empty}\nspec: {containers: [{name: c}]}\n' > empty.yaml
  printf 'apiVersion: nowhere/v1\nkind: Nothing\nmetadata: {name: a}\n' > nothing.yaml
  # From 1.24 on the server checks; before that kubectl does, by /openapi/v2.
  if since 24; then
    refuses 'strict decoding error: unknown field "spec.contaners"' apply -f typo.yaml
    refuses 'json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32' apply -f typed.yaml
    refuses 'spec.ports[0].port: Invalid value: 0' create -f bare.yaml
    refuses 'no matches for kind "Nothing" in version "nowhere/v1"' apply -f nothing.yaml
  else
    refuses 'ValidationError(Pod.spec): unknown field "contaners" in io.k8s.api.core.v1.PodSpec; if you choose to ignore' apply -f typo.yaml
    refuses 'ValidationError(Pod.spec): unknown field "contaners" in io.k8s.api.core.v1.PodSpec' create --validate=true -f typo.yaml
    refuses 'invalid type for io.k8s.api.apps.v1.DeploymentSpec.replicas: got "string", expected "integer"' apply -f typed.yaml
    refuses 'missing required field "port" in io.k8s.api.core.v1.ServicePort' create -f bare.yaml
    refuses 'no matches for kind "Nothing" in version "nowhere/v1"' apply -f nothing.yaml
  fi
  refuses 'The Pod "empty" is invalid: spec.containers[0].image: Required value' apply -f empty.yaml
  shows 'pod/typo created' create -f typo.yaml --validate=false
  says "$(deleted pod typo desk)" delete pod typo --now
}

# editor SED: a script that edits as told.
editor() {
  printf '#!/bin/sh\nsed -i "%s" "$1"\n' "$1" > editor
  chmod +x editor
  export EDITOR=$PWD/editor
}

apply_edit() {
  editor 's/a: b/a: edited/'
  says 'configmap/one edited' edit cm one
  shows 'Edit cancelled, no changes made\.' edit cm one
  says edited get cm one -o jsonpath='{.data.a}'
  editor 's/replicas: 1/replicas: -1/'
  refuses 'deployments.apps "web" is invalid' edit deployment web
  editor 's/a: b/a: created/'
  says 'configmap/three created' create --edit -f <(sed 's/name: two/name: three/' two.yaml)
  says created get cm three -o jsonpath='{.data.a}'
}

apply_patch() {
  says 'configmap/one patched' patch cm one -p '{"data":{"a":"c"}}'
  says 'configmap/one patched (no change)' patch cm one -p '{"data":{"a":"c"}}'
  says 'configmap/one patched' patch cm one --type=merge -p 'data: {a: null, d: e}'
  says '{"d":"e"}' get cm one -o jsonpath='{.data}'
  says 'configmap/one patched' patch cm one --type=json -p '[{"op":"test","path":"/data/d","value":"e"},{"op":"add","path":"/data/f","value":"g"}]'
  refuses 'The request is invalid' patch cm one --type=json -p '[{"op":"remove","path":"/data/nothing"}]'
  refuses 'The request is invalid' patch cm one --type=json -p '[{"op":"test","path":"/data/d","value":"x"}]'
  refuses 'BadRequest' patch cm one --type=merge -p '[]'
  says 'deployment.apps/web patched' patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","image":"side:1"}]}}}}'
  says 'side nginx:3' get deployment web -o jsonpath='{.spec.template.spec.containers[0].name} {.spec.template.spec.containers[1].image}'
  says 'deployment.apps/web patched' patch deployment web -p '{"spec":{"template":{"spec":{"containers":[{"name":"side","$patch":"delete"}]}}}}'
  says main get deployment web -o jsonpath='{.spec.template.spec.containers[*].name}'
  says g patch cm one -p '{"data":{"z":"1"}}' -o jsonpath='{.data.f}'
  says 'configmap/one patched' patch -f one.yaml -p '{"data":{"z":"1"}}'
  if since 24; then
    says 'deployment.apps/web patched' patch deployment web --subresource=status --type=merge -p '{"status":{"replicas":7}}'
    says 7 get deployment web --subresource=status -o jsonpath='{.status.replicas}'
  fi
}

apply_replace() {
  k get cm one -o yaml | sed 's/  z: "1"/  z: "2"/' > one-now.yaml
  says 'configmap/one replaced' replace -f one-now.yaml
  refuses 'the object has been modified; please apply your changes to the latest version and try again' replace -f one-now.yaml
  shows $'configmap "one" deleted.*\nconfigmap/one replaced' replace --force -f one.yaml
  says '{"a":"b"}' get cm one -o jsonpath='{.data}'
  refuses 'configmaps "four" not found' replace -f <(sed 's/name: two/name: four/' two.yaml)
  k create -f one.yaml --dry-run=client -o json > one.json
  shows '"uid":' replace --raw /api/v1/namespaces/desk/configmaps/one -f one.json
}

scenario_apply() {
  apply_files
  apply_client_side
  apply_server_side
  apply_kustomize
  apply_many_kinds
  apply_checks
  apply_edit
  apply_patch
  apply_replace
  cd "$WORK"
}
