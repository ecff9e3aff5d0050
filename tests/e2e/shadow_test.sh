#!/usr/bin/env bash
# Modules in mode shadow: they see what happens, are counted, and decide nothing.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
printf 'old-token,bob,1001\nnew-token,eve,1002\n' > "$WORK/tokens.csv"
printf 'new-token,eva,1002\n' > "$WORK/next.csv"
chmod 600 "$WORK/tokens.csv" "$WORK/next.csv"
sed -i -e "/^authenticators:/a\\  - {name: next-tokens, module: token-file, mode: shadow, config: {path: $WORK/next.csv}}\n  - {name: tokens, module: token-file, config: {path: $WORK/tokens.csv}}" \
  -e '/^authorizers:/a\  - {name: deny-all, module: always-deny, mode: shadow}\n  - {name: allow-all, module: always-allow, mode: shadow}' \
  -e '/^admission:/a\  - {name: pulls, module: always-pull-images, mode: shadow}' "$CONFIG"
assert_ok "$LIMEN" check --config "$CONFIG"
assert_ok "$LIMEN" modules list --config "$CONFIG" --output json
assert_eq "$(jq -r 'map(select(.mode == "shadow").name) | join(" ")' <<< "$OUTPUT")" 'next-tokens deny-all allow-all pulls'
start_server

code=(-o /dev/null -w '%{http_code}')
as() { request GET "$1" -H "Authorization: Bearer $2-token" "${code[@]}"; }
verdicts() { api GET /metrics | sed -n "s/^limen_shadow_verdicts_total{kind=\"$1\",name=\"$2\",verdict=\"$3\"} //p"; }

# --- an authorizer that allows everything allows nothing, and one that denies denies nobody
assert_eq "$(as /api/v1/namespaces/default/secrets old)" 403
assert_ok k get namespaces
different() { [ "$(verdicts authorizer allow-all different)" -ge 1 ]; }
eventually 5 different
eventually 5 grep -q 'a shadow would have decided otherwise.*allow-all.*User .*bob.* cannot list resource .*secrets.*allow.*refused' "$LOG"

# --- an authenticator in the shadow lets nobody in and names nobody
printf 'late-token,late,1003\n' >> "$WORK/next.csv"
assert_eq "$(as /version late)" 401
whoami() { kubectl --kubeconfig "$WORK/bare" --token "$1-token" auth whoami -o 'jsonpath={.status.userInfo.username}'; }
kubectl --kubeconfig "$WORK/bare" config set-cluster l --server "https://127.0.0.1:$PORT" --certificate-authority "$STATE/pki/ca.crt" > /dev/null
kubectl --kubeconfig "$WORK/bare" config set-context l --cluster l --user robot > /dev/null
kubectl --kubeconfig "$WORK/bare" config use-context l > /dev/null
assert_eq "$(whoami new)" eve
somebody_else() { [ "$(verdicts authenticator next-tokens different)" -ge 1 ]; }
eventually 5 somebody_else

# --- an admission controller in the shadow changes nothing
k apply -f - > /dev/null << 'YAML'
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"},
 "spec": {"containers": [{"name": "c", "image": "i:1", "imagePullPolicy": "Never"}]}}
YAML
assert_eq "$(k get pod p -o 'jsonpath={.spec.containers[0].imagePullPolicy}')" Never
would_change() { [ "$(verdicts admission pulls different)" -ge 1 ]; }
eventually 5 would_change

# --- what it says never holds anybody up or makes the server unready, and no token is in the log
assert_contains "$(api GET '/readyz?verbose')" '[+]modules ok'
assert_not_contains "$(cat "$LOG")" new-token
stop_server
assert_eq "$STOPPED" 0
finish
