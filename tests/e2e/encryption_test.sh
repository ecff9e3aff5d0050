#!/usr/bin/env bash
# Encryption at rest: Secrets cannot be read in the database, keys change while the server serves, and a
# file that cannot be used changes nothing.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
KEYS=$STATE/encryption.yaml
DB=$STATE/limen.db

# write_keys PROVIDER...: what Secrets are encrypted with, the first of them new ones.
write_keys() {
  {
    printf 'apiVersion: apiserver.config.k8s.io/v1\nkind: EncryptionConfiguration\nresources:\n'
    printf -- '- resources: [secrets]\n  providers:\n'
    printf -- '  - %s\n' "$@"
  } > "$KEYS.new"
  chmod 600 "$KEYS.new"
  mv "$KEYS.new" "$KEYS"
}
# The providers of the Secrets there are, each once.
stored() {
  sqlite3 -readonly "$DB" "SELECT DISTINCT CASE WHEN CAST(value AS TEXT) LIKE 'k8s:enc:%'
      THEN substr(CAST(value AS TEXT), 9, 9) || (CASE WHEN CAST(value AS TEXT) LIKE '%:v1:key2:%' THEN ' key2' ELSE '' END)
      ELSE 'plain' END
    FROM change JOIN live USING (revision) WHERE live.key LIKE '/registry/core/secrets/%'"
}
version() { k get secret db -o 'jsonpath={.metadata.resourceVersion}'; }
replace_all() { k get secrets -A -o json | k replace -f -; }
in_files() { cat "$DB" "$DB"-wal | grep -qaF -- "$1"; }

# --- limen init turns it on, with a key of its own
assert_eq "$(stat -c %a "$KEYS")" 600
assert_contains "$(cat "$CONFIG")" "encryption: \"$KEYS\""
FIRST=$(sed -n 's/ *secret: //p' "$KEYS")
assert_eq "$(base64 -d <<< "$FIRST" | wc -c)" 32
cp "$KEYS" "$WORK/first.yaml"
start_server
cmp -s "$KEYS" "$WORK/first.yaml" || fail "a second init has changed the keys"

k create secret generic db --from-literal=password=correct-horse-battery > /dev/null
k create secret generic -n kube-system other --from-literal=password=staple > /dev/null
k create configmap open --from-literal=text=readable-by-all > /dev/null
assert_eq "$(stored)" secretbox
if in_files "$(printf correct-horse-battery | base64)" || in_files correct-horse-battery; then
  fail "a Secret can be read in the database"
fi
in_files readable-by-all || fail "a ConfigMap is not in the database as it is"
assert_eq "$(k get secret db -o 'jsonpath={.data.password}' | base64 -d)" correct-horse-battery

# --- a write that changes nothing is none
BEFORE=$(version)
replace_all > /dev/null
assert_eq "$(version)" "$BEFORE"

# --- another key, in force by a reload; then everything is written anew
SECOND=$(head -c 32 /dev/urandom | base64)
NEW="aesgcm: {keys: [{name: key2, secret: $SECOND}]}"
OLD="secretbox: {keys: [{name: key1, secret: $FIRST}]}"
write_keys "$NEW" "$OLD" 'identity: {}'
assert_ok "$LIMEN" check "$CONFIG"
assert_ok "$LIMEN" reload
assert_eq "$(stored)" secretbox
replace_all > /dev/null
assert_eq "$(stored)" 'aesgcm:v1 key2'
AFTER=$(version)
[ "$AFTER" != "$BEFORE" ] || fail "replace has not written a Secret with an old key"
k patch secret db --type merge -p '{}' > /dev/null
assert_eq "$(version)" "$AFTER"
assert_contains "$(api GET /metrics)" 'apiserver_encryption_config_controller_automatic_reloads_total{status="success"} 1'

# --- the old key can go: what history still has under it is given up
write_keys "$NEW"
restart_server
assert_eq "$(k get secret db -o 'jsonpath={.data.password}' | base64 -d)" correct-horse-battery

# --- a broken file is refused, says where, tells no key, and changes nothing
write_keys "aesgcm: {keys: [{name: key3, secret: c2hvcnQ=}]}"
if OUTPUT=$("$LIMEN" check "$CONFIG" 2>&1); then fail "a broken file passes the check"; fi
assert_contains "$OUTPUT" "$KEYS:6:42: resources[0].providers[0].aesgcm.keys[0].secret: secret is not of the expected length, got 5, expected one of [16 24 32]"
if OUTPUT=$("$LIMEN" reload 2>&1); then fail "a broken file is taken in"; fi
assert_contains "$OUTPUT" 'expected one of [16 24 32]'
k create secret generic later --from-literal=a=b > /dev/null
assert_eq "$(stored)" 'aesgcm:v1 key2'
assert_contains "$(api GET /metrics)" 'apiserver_encryption_config_controller_automatic_reloads_total{status="failure"}'

# --- a changed file is taken in without being asked for
taken_in() { grep -c 'keys of encryption at rest have changed' "$LOG" || true; }
COUNT=$(taken_in)
write_keys 'identity: {}' "$NEW"
for _ in $(seq 1 200); do
  if [ "$(taken_in)" -gt "$COUNT" ]; then break; fi
  sleep 0.05
done
replace_all > /dev/null
assert_eq "$(stored)" plain

# --- without the key of a stored value there is no start, and the reason is told
write_keys "$NEW"
stop_server
"$LIMEN" serve --config "$CONFIG" --secure-port "$PORT" > "$WORK/refused" 2>&1 && fail "started without identity"
assert_contains "$(cat "$WORK/refused")" 'is not encrypted, and identity is not among them'
if grep -qF -e "$FIRST" -e "$SECOND" "$LOG" "$WORK/refused"; then fail "a key is in the log"; fi
finish
