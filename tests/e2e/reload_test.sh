#!/usr/bin/env bash
# A server that takes in another configuration while it serves: each kind of change, each kind of
# failure, and what is told of it.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state

# A module folder of our own, so that files in it can be replaced.
MODULES=$WORK/modules
cp -rl "$LIMEN_BUILD/lib/limen/modules" "$MODULES" 2> /dev/null || cp -r "$LIMEN_BUILD/lib/limen/modules" "$MODULES"
chmod 755 "$MODULES"
# replace_module FILE NAME: as a package does it.
replace_module() {
  cp "$1" "$MODULES/$2.new"
  chmod 644 "$MODULES/$2.new"
  mv "$MODULES/$2.new" "$MODULES/$2.so"
}
replace_module "$LIMEN_BUILD/tests/marked-1/marked.so" marked
sed -i '/^modulePath:/d' "$CONFIG"
cp "$CONFIG" "$WORK/base.yaml"

# write_config AUTHENTICATORS AUTHORIZERS ADMISSION [more lines]: entries beside those of `limen init`.
write_config() {
  awk -v authn="$1" -v authz="$2" -v admission="$3" '{ print }
    /^authenticators:/ { print authn } /^authorizers:/ { print authz } /^admission:/ { print admission }' \
    "$WORK/base.yaml" > "$WORK/next.yaml"
  printf 'modulePath: %s\n%s\n' "$MODULES" "${4:-}" >> "$WORK/next.yaml"
  mv "$WORK/next.yaml" "$CONFIG"
}
TOKENS="  - {name: tokens, module: token-file, config: {path: $WORK/tokens.csv}}"
ABAC="  - {name: abac, config: {path: $WORK/policy.jsonl}}"
printf 'bob-token,bob,1001\n' > "$WORK/tokens.csv"
printf 'carol-token,carol,1002\n' > "$WORK/others.csv"
chmod 600 "$WORK"/*.csv
printf '{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"bob","namespace":"*","resource":"configmaps","apiGroup":"*"}}\n' > "$WORK/policy.jsonl"
write_config '' '' ''
start_server

reload() { "$LIMEN" reload "$@"; }
running() { "$LIMEN" modules list --running "$@"; }
# state JQ-FILTER: of what the server has in force.
state() { running -o json | jq -r "$1"; }
# as TOKEN METHOD PATH [curl options]: the status code.
as() { request "$2" "$3" -H "Authorization: Bearer $1" -o /dev/null -w '%{http_code}' "${@:4}"; }
metric() { api GET /metrics | sed -n "s/^$1 //p"; }
MAPS=/api/v1/namespaces/default/configmaps

assert_eq "$(state .generation)" 1
assert_eq "$(state .lastReload)" null
assert_contains "$(running)" 'serving'

# --- a watch that is open all the time
kubectl get configmaps -w -o name > "$WORK/watched" 2>&1 &
KUBECTL_PID=$!

# --- add: an authenticator, an authorizer, an admission controller
assert_eq "$(as bob-token GET $MAPS)" 401
write_config "$TOKENS" "$ABAC" '  - {name: no-external-ips, module: deny-service-external-ips}'
assert_ok reload
assert_contains "$OUTPUT" 'applied: generation 2'
for line in 'added        authenticator tokens' 'added        authorizer abac' 'added        admission no-external-ips'; do
  assert_contains "$OUTPUT" "$line"
done
assert_eq "$(as bob-token GET $MAPS)" 200
assert_exit 1 k create -f - << 'YAML'
apiVersion: v1
kind: Service
metadata: {name: outside}
spec: {ports: [{port: 80}], externalIPs: [192.0.2.1]}
YAML
assert_contains "$OUTPUT" 'Use of external IPs is denied'
# What did not change is the same instance as before.
assert_eq "$(state '.modules[] | select(.name == "rbac") | .generation')" 1
assert_eq "$(state '.modules[] | select(.name == "abac") | .generation')" 2

# --- nothing changed: everything is carried over
assert_ok reload -o json
assert_eq "$(jq -r '[.modules[].change] | unique | join(",")' <<< "$OUTPUT")" kept

# --- reconfigure
write_config "${TOKENS/tokens.csv/others.csv}" "$ABAC" ''
assert_ok reload
assert_contains "$OUTPUT" 'reconfigured authenticator tokens'
assert_contains "$OUTPUT" 'removed      admission no-external-ips'
assert_eq "$(as bob-token GET $MAPS)" 401
assert_eq "$(as carol-token GET $MAPS)" 403

# --- reorder: the order is that of the file, and the instances are those that were there
BEFORE=$(state '[.modules[] | select(.kind == "authorizer") | "\(.name)\(.generation)"] | join(" ")')
assert_eq "$BEFORE" 'abac2 rbac1'
awk -v abac="$ABAC" '{ print } /- name: rbac/ { print abac }' "$WORK/base.yaml" > "$WORK/next.yaml"
sed -i "/^authenticators:/a\\$TOKENS" "$WORK/next.yaml"
echo "modulePath: $MODULES" >> "$WORK/next.yaml"
mv "$WORK/next.yaml" "$CONFIG"
# This one by the signal, which has no answer: the state tells.
kill -HUP "$SERVER_PID"
in_order() { [ "$(state '[.modules[] | select(.kind == "authorizer") | "\(.name)\(.generation)"] | join(" ")')" = 'rbac1 abac2' ]; }
eventually 10 in_order
assert_eq "$(state .lastReload.by)" SIGHUP
assert_eq "$(as bob-token GET $MAPS)" 200

# --- upgrade: another file under the same name
MARKED='  - {name: marked, config: {mark: a}}'
write_config "$MARKED" "$MARKED" "$MARKED"
assert_ok reload
assert_eq "$(state '[.modules[] | select(.name == "marked") | .version] | unique | join(",")')" 1.0.0
replace_module "$LIMEN_BUILD/tests/marked-2/marked.so" marked
assert_ok reload
assert_contains "$OUTPUT" 'upgraded     authorizer marked'
assert_eq "$(state '[.modules[] | select(.name == "marked") | .version] | unique | join(",")')" 2.0.0
assert_eq "$(as marked-token POST $MAPS -H 'Content-Type: application/json' \
  -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"by-marked"}}')" 201

# --- keys that are not the modules': the log at once, others with a restart, and the answer says which
write_config "$MARKED" "$MARKED" "$MARKED" 'requestTimeout: 61s
log: {level: debug}'
assert_ok reload
assert_contains "$OUTPUT" 'needs a restart: requestTimeout'
assert_not_contains "$OUTPUT" 'log.level'
assert_eq "$(metric limen_config_keys_pending_restart)" 1
assert_contains "$(running)" 'needs a restart: requestTimeout'
grep -q 'changed keys are not in force before a restart' "$LOG" || fail 'the log does not name the keys'
write_config "$MARKED" "$MARKED" "$MARKED"
assert_ok reload
assert_eq "$(metric limen_config_keys_pending_restart)" 0

# --- failures: the old configuration goes on serving, and everybody says why
SERVING=$(state '[.generation, (.modules | map(.name) | join(" "))] | join(" ")')
# refused REASON TEXT: by the answer, its metric, the log and the list.
refused() {
  assert_exit 1 reload
  assert_contains "$OUTPUT" 'refused: the old configuration goes on serving'
  assert_contains "$OUTPUT" "$2"
  assert_eq "$(state '[.generation, (.modules | map(.name) | join(" "))] | join(" ")')" "$SERVING"
  assert_contains "$(running)" "$2"
  assert_eq "$(metric limen_config_last_reload_successful)" 0
  assert_matches "$(metric "limen_config_reloads_total{outcome=\"refused\",reason=\"$1\"}")" '^[1-9]'
  tail -n 20 "$LOG" | grep -q 'the configuration is not used' || fail "the log does not say: $2"
  assert_eq "$(as marked-token GET $MAPS)" 200
}
echo 'secure: [' > "$CONFIG"
refused config "$CONFIG:"
write_config "$MARKED" "$MARKED" "$MARKED" 'loggg: {}'
refused config 'unknown key "loggg"'
write_config "$MARKED" '  - {name: absent}' ''
refused path 'there is no module "absent"'
write_config '  - {name: marked, config: {mark: 7}}' "$MARKED" "$MARKED"
refused config config/mark
write_config "$MARKED" "$MARKED" '  - {name: marked, config: {broken: true}}'
refused start 'it is broken on purpose'
printf 'not a module\n' > "$WORK/text"
replace_module "$WORK/text" text
write_config "$MARKED" "$MARKED" '  - {name: text}'
refused probe 'text.so is not a shared object'
chmod g+w "$MODULES/text.so"
refused path 'chmod'
rm -f "$CONFIG"
refused config 'No such file'
write_config "$MARKED" "$MARKED" "$MARKED"
touch "$MODULES/marked.so"
refused open 'rename'
replace_module "$LIMEN_BUILD/tests/marked-2/marked.so" marked
assert_ok reload
assert_eq "$(metric limen_config_last_reload_successful)" 1

# --- who may
for path in reload modules; do
  assert_eq "$(request GET "/limen/v1/$path" -o /dev/null -w '%{http_code}')" 403
  assert_eq "$(as marked-token GET "/limen/v1/$path")" "$([ $path = modules ] && echo 200 || echo 405)"
done
assert_status 405 POST /limen/v1/modules
k create clusterrole reloader --verb=post --non-resource-url=/limen/v1/reload > /dev/null
k create clusterrolebinding anybody-reloads --clusterrole=reloader --user=system:anonymous > /dev/null
assert_eq "$(request POST /limen/v1/reload | jq -r '[.outcome, .by] | join(" ")')" 'applied system:anonymous'
assert_eq "$(request GET /limen/v1/modules -o /dev/null -w '%{http_code}')" 403

# --- traffic: no request fails, and none is judged by two generations
curl -sS "${ANYBODY[@]}" -H 'Authorization: Bearer marked-token' -H 'Content-Type: application/json' -o /dev/null \
  -w '%{http_code}\n' -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"m-"}}' \
  "https://127.0.0.1:$PORT$MAPS?dryRun=All&n=[1-300]" > "$WORK/traffic" 2>&1 &
TRAFFIC=$!
for turn in 1 2 3 4; do
  for mark in b a; do
    write_config "${MARKED/mark: a/mark: $mark}" "${MARKED/mark: a/mark: $mark}" "${MARKED/mark: a/mark: $mark}"
    assert_ok reload
  done
done
wait "$TRAFFIC" || fail "traffic: $(tail -n 3 "$WORK/traffic")"
assert_eq "$(sort "$WORK/traffic" | uniq -c | xargs)" '300 201' "after $turn turns"

# --- the watch is still the one that was opened first
k create configmap last > /dev/null
eventually 10 grep -q configmap/last "$WORK/watched"
kill -0 "$KUBECTL_PID" || fail 'the watch has ended'

# --- what is to end does: nothing of the old generations is left once nobody uses it
kill "$KUBECTL_PID"
wait "$KUBECTL_PID" 2> /dev/null || true
KUBECTL_PID=
settled() { [ "$(state '.ending | length')" = 0 ]; }
eventually 20 settled
stop_server
assert_eq "$STOPPED" 0
assert_exit 1 reload
assert_contains "$OUTPUT" "https://127.0.0.1:$PORT"
finish
