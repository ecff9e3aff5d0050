#!/usr/bin/env bash
# limen migrate: a store moves from file to file, and to etcd and back, killed on the way; clients see
# the same objects with later versions.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/etcd_lib.sh"

# What clients know of all objects but those that change by themselves: kind, name, uid, version.
everything() {
  local path
  for path in api/v1/{namespaces,configmaps,secrets,serviceaccounts,services} apis/rbac.authorization.k8s.io/v1/clusterroles \
    apis/apiextensions.k8s.io/v1/customresourcedefinitions apis/example.com/v1/widgets; do
    api GET "/$path" | jq -r '.items[].metadata |
      ["'"${path##*/}"'", .namespace // "-", .name, .uid, .resourceVersion] | join(" ")'
  done | sort
}
# expect_same_and_later FILE: the same objects as in FILE, each with a greater version.
expect_same_and_later() {
  everything > "$WORK/now"
  assert_eq "$(cut -d' ' -f1-4 "$WORK/now" | diff - <(cut -d' ' -f1-4 "$1") | head -5)" '' 'objects and uids'
  assert_eq "$(join <(awk '{print $1"/"$2"/"$3, $5}' "$1" | sort) <(awk '{print $1"/"$2"/"$3, $5}' "$WORK/now" | sort) |
    awk '$3 <= $2' | head -5)" '' 'versions that went back'
}
# with_storage FILE STORAGE: the configuration with another store.
with_storage() { awk -v storage="$2" '/^storage:/ {print storage; skip = 1; next} /^[^ #]/ {skip = 0} !skip' "$STATE/limen.yaml" > "$1"; }
serve() { # CONFIG
  CONFIG=$1
  "$LIMEN" serve --config "$CONFIG" --secure-port "$PORT" >> "$LOG" 2>&1 &
  SERVER_PID=$!
  wait_ready || fail "$1 is not served"
}
# killed_after SECONDS COMMAND...: as a power cut ends it, unless it is through before.
killed_after() { { timeout --signal KILL "$@" > /dev/null 2>&1 || true; } 2> /dev/null; }

start_server
k create namespace web > /dev/null
for i in $(seq 1 20); do
  printf -- '---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: c%d, namespace: web}\ndata: {n: "%d"}\n' "$i" "$i"
done | k create -f - > /dev/null
k -n web create secret generic password --from-literal=v=quite-secret > /dev/null
k -n web delete configmap c20 > /dev/null
k create -f - > /dev/null << 'YAML'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {plural: widgets, singular: widget, kind: Widget, listKind: WidgetList}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object, x-kubernetes-preserve-unknown-fields: true}}}
YAML
k wait --for condition=established crd/widgets.example.com > /dev/null
k -n web create -f - > /dev/null << 'YAML'
apiVersion: example.com/v1
kind: Widget
metadata: {name: w}
spec: {size: 3}
YAML
everything > "$WORK/first"
grep -q '^widgets web w ' "$WORK/first" || fail "no widget in: $(cat "$WORK/first")"
last=$(api GET /api/v1/namespaces/web/configmaps | jq -r .metadata.resourceVersion)

# Not while a server has the store, not from nowhere, not over other objects, not in words of nobody.
with_storage "$WORK/second.yaml" "storage: {module: sqlite, config: {path: $WORK/second/limen.db}}"
assert_exit 1 "$LIMEN" migrate --from "$CONFIG" --to "$WORK/second.yaml"
assert_contains "$OUTPUT" 'in use by another process'
stop_server
assert_exit 1 "$LIMEN" migrate --from "sqlite:$WORK/typo.db" --to "$WORK/second.yaml"
assert_contains "$OUTPUT" 'there is no database'
[ ! -e "$WORK/typo.db" ] || fail 'a file was made in the place of a typing mistake'
assert_exit 2 "$LIMEN" migrate --from "$CONFIG"
assert_exit 2 "$LIMEN" migrate --from "$CONFIG" --to 'etcd:10.0.0.1:2379'
assert_exit 2 "$LIMEN" migrate --from "$CONFIG" --to "$CONFIG"

# To another file, killed a few times on the way.
for delay in 0.02 0.04 0.06 0.08; do
  killed_after "$delay" "$LIMEN" migrate --from "$CONFIG" --to "$WORK/second.yaml"
done
moved=$("$LIMEN" migrate --from "$CONFIG" --to "$WORK/second.yaml" --output json 2> "$WORK/migrate.err") ||
  fail "migrate: $(cat "$WORK/migrate.err")"
assert_eq "$(jq '.keys == (.written + .kept) and .objects.configmaps >= 19 and .objects["widgets.example.com"] == 1' <<< "$moved")" true
assert_ok "$LIMEN" migrate --from "$CONFIG" --to "$WORK/second.yaml"
assert_contains "$OUTPUT" 'nothing to do'
old=$CONFIG
serve "$WORK/second.yaml"
expect_same_and_later "$WORK/first"
assert_eq "$(k -n web get secret password -o 'jsonpath={.data.v}' | base64 -d)" quite-secret
assert_contains "$(api GET "/api/v1/namespaces/web/configmaps?watch=1&resourceVersion=$last&timeoutSeconds=5")" '"code":410'
k -n web create configmap later --from-literal=v=1 > /dev/null
everything > "$WORK/second.seen"
stop_server
assert_exit 1 "$LIMEN" migrate --from "$old" --to "$WORK/second.yaml"
assert_contains "$OUTPUT" 'objects already'

if ! command -v etcd > /dev/null || [ ! -e "$LIMEN_BUILD/lib/limen/modules/etcd.so" ]; then
  echo 'skipped: to etcd and back (etcd or its module is not there)'
  finish
  exit 0
fi

start_etcd 1 tls
with_storage "$WORK/third.yaml" "$(etcd_storage |
  sed "s#config: {#encryption: '$STATE/encryption.yaml', &prefix: /house, #")"
for delay in 0.1 0.2 0.3; do
  killed_after "$delay" "$LIMEN" migrate --from "$WORK/second.yaml" --to "$WORK/third.yaml"
done
assert_ok "$LIMEN" migrate --from "$WORK/second.yaml" --to "$WORK/third.yaml"
# Beside it, with the store told in words.
assert_ok "$LIMEN" migrate --from "sqlite:$WORK/second/limen.db" \
  --to "etcd:${ETCD_URLS[1]}?ca=$ETCD/ca.crt&cert=$ETCD/client.crt&key=$ETCD/client.key&prefix=/words"
assert_contains "$OUTPUT" "moved sqlite:$WORK/second/limen.db to etcd:${ETCD_URLS[1]}?prefix=/words"
serve "$WORK/third.yaml"
expect_same_and_later "$WORK/second.seen"
k -n web delete configmap c1 > /dev/null
everything > "$WORK/third.seen"
stop_server
# As kube-apiserver lays it out.
ectl get --keys-only --prefix /house/ > "$WORK/keys"
ectl get --print-value-only --prefix /house/configmaps/ > "$WORK/values"
assert_eq "$(grep -cv '^{"apiVersion":"' "$WORK/values" || true)" 0 'values kube-apiserver would not know'
for key in /house/configmaps/web/c2 /house/services/specs/default/kubernetes /house/example.com/widgets/web/w \
  /house/apiextensions.k8s.io/customresourcedefinitions/widgets.example.com; do
  grep -qx "$key" "$WORK/keys" || fail "$key is not in etcd"
done

# The second file had no encryption, this one has the first one's.
ectl get --print-value-only /house/secrets/web/password | head -c 8 > "$WORK/hidden"
assert_eq "$(cat "$WORK/hidden")" k8s:enc:

# And back, to a new file.
with_storage "$WORK/fourth.yaml" "storage: {module: sqlite, config: {path: $WORK/fourth/limen.db}}"
assert_ok "$LIMEN" migrate --from "$WORK/third.yaml" --to "$WORK/fourth.yaml"
serve "$WORK/fourth.yaml"
expect_same_and_later "$WORK/third.seen"
assert_eq "$(k -n web get secret password -o 'jsonpath={.data.v}' | base64 -d)" quite-secret
assert_contains "$(k -n web get configmap c1 2>&1 || true)" NotFound
finish
