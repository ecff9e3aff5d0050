#!/usr/bin/env bash
# limen backup while clients write, limen restore into another folder and over a store that is there.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_server
k create namespace web > /dev/null
k -n web create configmap before --from-literal=v=1 > /dev/null
k -n web create secret generic password --from-literal=v=quite-secret > /dev/null

# Somebody writes all the time; what was acknowledged before the backup began is in it.
(
  for i in $(seq 1 400); do
    api POST /api/v1/namespaces/web/configmaps -H 'Content-Type: application/json' \
      -d "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"w$i\"},\"data\":{\"n\":\"$i\"}}" > /dev/null || exit 0
    echo "$i" > "$WORK/written.new" && mv "$WORK/written.new" "$WORK/written"
  done
) &
writer=$!
eventually 20 test -s "$WORK/written"
sure=$(cat "$WORK/written")
assert_ok "$LIMEN" backup --config "$CONFIG" "$WORK/copy.db" --output json
assert_eq "$(jq -r .action <<< "$OUTPUT")" saved
saved=$OUTPUT
kill "$writer" 2> /dev/null || true
wait "$writer" 2> /dev/null || true
assert_eq "$(stat -c %a "$WORK/copy.db")" 600
assert_eq "$(ls "$WORK" | grep -c '^copy\.db')" 2 'the copy and its digest, nothing else'
(cd "$WORK" && sha256sum --check --status copy.db.sha256) || fail 'the digest beside the copy is not its own'
assert_eq "$(jq -r .sha256 <<< "$saved")" "$(cut -d' ' -f1 "$WORK/copy.db.sha256")"
# A file that is there is nobody's to overwrite.
assert_exit 1 "$LIMEN" backup --config "$CONFIG" "$WORK/copy.db"
assert_contains "$OUTPUT" 'exists already'

# Verified alone, and told what it holds.
assert_ok "$LIMEN" restore --config "$CONFIG" --verify-only "$WORK/copy.db" --output json
assert_eq "$(jq -c '[.revision, .keys, .changes]' <<< "$OUTPUT")" "$(jq -c '[.revision, .keys, .changes]' <<< "$saved")"
assert_eq "$(jq -r .digestCompared <<< "$OUTPUT")" true

# Not while a server has the store, even when replacing is allowed.
assert_exit 1 "$LIMEN" restore --config "$CONFIG" --force "$WORK/copy.db"
assert_contains "$OUTPUT" "in use by another process (pid $SERVER_PID)"
stop_server
# Not over data without a word.
assert_exit 1 "$LIMEN" restore --config "$CONFIG" "$WORK/copy.db"
assert_contains "$OUTPUT" 'holds data up to revision'
assert_contains "$OUTPUT" 'give --force to replace it'
# Not what was changed since: by its digest, and without one by its checksums.
cp "$WORK/copy.db" "$WORK/bad.db"
size=$(stat -c %s "$WORK/bad.db")
printf 'XXXXXXXX' | dd of="$WORK/bad.db" bs=1 seek=$((size / 2)) conv=notrunc status=none
sed 's/copy\.db/bad.db/' "$WORK/copy.db.sha256" > "$WORK/bad.db.sha256"
assert_exit 1 "$LIMEN" restore --config "$CONFIG" --force "$WORK/bad.db"
assert_contains "$OUTPUT" 'is not the file that was saved'

# Into a new folder: the same objects, with their own versions.
sed "s#path: .*limen.db.*#path: $WORK/new/limen.db}#" "$CONFIG" > "$WORK/new.yaml"
assert_contains "$(cat "$WORK/new.yaml")" "$WORK/new/limen.db"
assert_ok "$LIMEN" restore --config "$WORK/new.yaml" "$WORK/copy.db" --output json
assert_eq "$(jq -r .keys <<< "$OUTPUT")" "$(jq -r .keys <<< "$saved")"
head=$(jq -r .revision <<< "$saved")
assert_eq "$(jq -r .revision <<< "$OUTPUT")" "$((head + 1000000000))"
cp "$CONFIG" "$WORK/old.yaml"
old=$CONFIG
CONFIG=$WORK/new.yaml
"$LIMEN" serve --config "$CONFIG" --secure-port "$PORT" >> "$LOG" 2>&1 &
SERVER_PID=$!
wait_ready || fail 'the restored store is not served'
assert_eq "$(k -n web get configmap before -o 'jsonpath={.data.v}')" 1
assert_eq "$(k -n web get secret password -o 'jsonpath={.data.v}' | base64 -d)" quite-secret
for i in $(seq 1 "$sure"); do
  printf 'w%s\n' "$i"
done | sort > "$WORK/wanted"
k -n web get configmaps -o name | sed -n 's#^configmap/\(w[0-9]*\)$#\1#p' | sort > "$WORK/found"
assert_eq "$(comm -23 "$WORK/wanted" "$WORK/found")" '' 'what was acknowledged before the backup'
# A client that saw a later state is told to list again, and new versions are beyond all old ones.
gone=$(api GET "/api/v1/namespaces/web/configmaps?watch=1&resourceVersion=$((head + 10))&timeoutSeconds=5")
assert_contains "$gone" '"code":410'
version=$(k -n web create configmap after --from-literal=v=2 -o 'jsonpath={.metadata.resourceVersion}')
((version > head + 1000000000)) || fail "the version $version could have been seen before"
stop_server

# Over the old store, exactly as it was saved.
CONFIG=$old
assert_ok "$LIMEN" restore --config "$CONFIG" --force --advance 0 "$WORK/copy.db" --output json
assert_eq "$(jq -r .revision <<< "$OUTPUT")" "$head"
start_server
assert_eq "$(k -n web get configmap before -o 'jsonpath={.data.v}')" 1
assert_exit 2 "$LIMEN" restore --config "$CONFIG" --advance -1 "$WORK/copy.db"
finish
