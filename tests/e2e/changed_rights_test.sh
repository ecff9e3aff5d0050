#!/usr/bin/env bash
# Rights that are taken away end the watches that rested on them, and no others.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
printf 'bob-token,bob,1001\neve-token,eve,1002\n' > "$WORK/tokens.csv"
chmod 600 "$WORK/tokens.csv"
abac() { printf '{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"%s","namespace":"*","resource":"%s","apiGroup":"*"}}\n' "$1" "$2"; }
abac eve configmaps > "$WORK/policy.jsonl"
sed -i -e "/^authenticators:/a\\  - {name: tokens, module: token-file, config: {path: $WORK/tokens.csv}}" \
  -e "/^authorizers:/a\\  - {name: abac, config: {path: $WORK/policy.jsonl}}" "$CONFIG"
assert_ok "$LIMEN" check --config "$CONFIG"
start_server

MAPS=/api/v1/namespaces/default/configmaps
# watch_as FILE NAME [curl-words...]; its process is $!
watch_as() {
  curl -sSN --max-time 60 "${ANYBODY[@]}" -H "Authorization: Bearer $2-token" "${@:3}" \
    "https://127.0.0.1:$PORT$MAPS?watch=1" > "$WORK/$1" 2>&1 &
}
last() { tail -n 1 "$WORK/$1"; }
assert_ok k create clusterrole reader --verb=get,list,watch --resource=configmaps
assert_ok k create clusterrole other --verb=get,list,watch --resource=configmaps
assert_ok k create clusterrolebinding bob-reads --clusterrole=reader --user=bob
assert_ok k create clusterrolebinding carol-reads --clusterrole=other --user=carol
assert_ok k create clusterrole as-carol --verb=impersonate --resource=users --resource-name=carol
assert_ok k create clusterrolebinding bob-as-carol --clusterrole=as-carol --user=bob

watch_as bob bob
BOB=$!
watch_as carol bob -H 'Impersonate-User: carol'
CAROL=$!
watch_as eve eve
EVE=$!
assert_ok k create configmap seen
for one in bob carol eve; do eventually 10 grep -q '"name":"seen"' "$WORK/$one"; done

# --- what does not concern them does not end them
assert_ok k create clusterrolebinding somebody --clusterrole=reader --user=somebody
assert_ok k delete clusterrolebinding somebody
sleep 1.5
for one in bob carol eve; do assert_not_contains "$(cat "$WORK/$one")" ERROR; done

# --- a binding that goes ends the watches of those it named, with the words of a refusal
assert_ok k delete clusterrolebinding bob-reads
eventually 5 grep -q '"type":"ERROR"' "$WORK/bob"
wait "$BOB"
assert_contains "$(last bob)" '"message":"configmaps is forbidden: User \"bob\" cannot watch resource \"configmaps\" in API group \"\" in the namespace \"default\": No policy matched.","reason":"Forbidden","details":{"kind":"configmaps"},"code":403}}'
assert_ok k create configmap more
eventually 10 grep -q '"name":"more"' "$WORK/carol"
assert_not_contains "$(cat "$WORK/carol")" ERROR

# --- the right to act as somebody counts as well
assert_ok k patch clusterrole as-carol --type=merge -p '{"rules":[]}'
eventually 5 grep -q '"type":"ERROR"' "$WORK/carol"
wait "$CAROL"
assert_contains "$(last carol)" 'cannot impersonate'
assert_not_contains "$(cat "$WORK/eve")" ERROR

# --- and so does a policy file
abac eve secrets > "$WORK/next" && mv "$WORK/next" "$WORK/policy.jsonl"
eventually 5 grep -q '"type":"ERROR"' "$WORK/eve"
wait "$EVE"
assert_contains "$(last eve)" 'User \"eve\" cannot watch resource \"configmaps\"'
assert_contains "$(last eve)" 'No policy matched.'
assert_contains "$(api GET /metrics)" 'limen_watches_ended_total{reason="rights"} 3'

stop_server
assert_eq "$STOPPED" 0
finish
