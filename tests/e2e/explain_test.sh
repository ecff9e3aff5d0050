#!/usr/bin/env bash
# Why may bob, or why may he not: `limen explain` and the API behind it, on a running server.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
cat > "$WORK/policy.jsonl" << 'JSON'
# readers of the library
{"apiVersion": "abac.authorization.kubernetes.io/v1beta1", "kind": "Policy", "spec": {"user": "bob", "namespace": "library", "resource": "configmaps", "readonly": true}}
JSON
sed -i "s#^  - name: rbac#&\n  - {name: files, module: abac, config: {path: $WORK/policy.jsonl}}#" "$CONFIG"
start_server

explain() { "$LIMEN" explain "$@"; }
# verdict NAME < JSON
verdict() { jq -r --arg name "$1" '.status.steps[] | select(.name == $name) | .verdict'; }

assert_ok k create namespace web
assert_ok k create namespace library
assert_ok k -n web create role reader --verb=get,list --resource=pods
assert_ok k -n web create rolebinding bob-reads --role=reader --user=bob

# --- allowed: which binding and which rule of which role
assert_exit 0 explain --as bob get pods -n web --name front
assert_contains "$OUTPUT" 'allowed: bob may get pods "front" in the namespace "web"'
assert_matches "$OUTPUT" 'allow +rbac'
assert_contains "$OUTPUT" 'RoleBinding "bob-reads/web" of Role "reader" to User "bob", rules[0]'
assert_matches "$OUTPUT" 'not asked +files \(abac\)'

# --- not allowed: what nearly was
assert_exit 1 explain --as bob get pods -n library
assert_contains "$OUTPUT" 'not allowed: bob may not get pods in the namespace "library"'
assert_matches "$OUTPUT" 'near-miss +RoleBinding "bob-reads/web" .*: allows it, but in the namespace "web" only'
assert_exit 1 explain --as bob delete po -n web
assert_contains "$OUTPUT" 'rules[0] has the resource but not the verb: only "get", "list"'
assert_exit 1 explain --as bob update cm -n library
assert_matches "$OUTPUT" "near-miss +$WORK/policy.jsonl:2 is read-only"

# --- for programs
assert_exit 0 explain --as bob list configmaps -n library -o json
assert_eq "$(verdict rbac <<< "$OUTPUT")" NoOpinion
assert_eq "$(verdict files <<< "$OUTPUT")" Allow
assert_eq "$(jq -r '.status.steps[] | select(.name == "files") | .rule' <<< "$OUTPUT")" "$WORK/policy.jsonl:2"
assert_eq "$(jq -r '[.status.steps[] | .stage] | unique | join(",")' <<< "$OUTPUT")" authorization
assert_exit 0 explain --as eve --as-group system:masters delete nodes --output json
assert_eq "$(verdict system:masters <<< "$OUTPUT")" Allow
assert_eq "$(verdict rbac <<< "$OUTPUT")" NotAsked
assert_exit 0 explain --as bob get /healthz
assert_exit 1 explain --as bob get /metrics

# --- it says what a request would meet
for verb in get list delete; do
  for ns in web library; do
    expected=no
    explain --as bob "$verb" pods -n "$ns" > /dev/null && expected=yes
    answer=$(k auth can-i "$verb" pods -n "$ns" --as bob 2> /dev/null || true)
    assert_eq "${answer%% *}" "$expected" "$verb in $ns"
  done
done

# --- no counter of real traffic moves: only that of the request that asks, as superuser
module_calls() { api GET /metrics | grep -E '^limen_module_call(s_total|_seconds_count)\{.*(rbac|files)' | sort; }
before=$(module_calls)
for _ in 1 2 3 4 5; do explain --as bob get pods -n library > /dev/null || true; done
assert_eq "$(module_calls)" "$before"

# --- a verb of its own, and without it no more than a 403 says
reviews=/apis/access.limen.io/v1/accessreviews
json=(-H 'Content-Type: application/json')
ask='{"spec":{"user":"bob","resourceAttributes":{"verb":"get","resource":"pods","namespace":"web"}}}'
assert_status 403 POST "$reviews" "${json[@]}" -d "$ask" -H 'Impersonate-User: carol'
role() { # NAME VERB RESOURCENAMES; not with kubectl create, which asks discovery for the resource
  printf '{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"ClusterRole","metadata":{"name":"%s"},"rules":[{"apiGroups":["access.limen.io"],"resources":["accessreviews"],"verbs":["%s"],"resourceNames":%s}]}' \
    "$@" | k apply -f - > /dev/null
}
assert_ok role asks create '[]'
assert_ok k create clusterrolebinding carol-asks --clusterrole=asks --user=carol
refused=$(api POST "$reviews" "${json[@]}" -d "$ask" -H 'Impersonate-User: carol')
assert_eq "$(jq -r .message <<< "$refused")" 'accessreviews.access.limen.io "bob" is forbidden: User "carol" cannot explain resource "accessreviews" in API group "access.limen.io" at the cluster scope: No policy matched.'
assert_not_contains "$refused" bob-reads
assert_ok role explains explain '["bob"]'
assert_ok k create clusterrolebinding carol-explains --clusterrole=explains --user=carol
assert_status 201 POST "$reviews" "${json[@]}" -d "$ask" -H 'Impersonate-User: carol'
assert_status 403 POST "$reviews" "${json[@]}" -d "${ask/bob/eve}" -H 'Impersonate-User: carol'
assert_status 401 POST "$reviews" "${json[@]}" -d "$ask" -H 'Authorization: Bearer nonsense' --cert '' --key ''

# --- clients do not meet it by looking round
assert_not_contains "$(api GET /apis)" access.limen.io
assert_not_contains "$(k api-resources)" access.limen.io

# --- the command's own refusals
assert_exit 2 explain get pods
assert_exit 2 explain --as bob get
assert_exit 1 explain --as bob get pods --kubeconfig "$WORK/none"
assert_contains "$OUTPUT" "$WORK/none"
sed "s#certificate-authority-data: .*#certificate-authority-data: $(base64 -w0 < "$STATE/pki/admin.crt")#" \
  "$KUBECONFIG" > "$WORK/stranger.kubeconfig"
assert_exit 1 explain --as bob get pods --kubeconfig "$WORK/stranger.kubeconfig"
assert_contains "$OUTPUT" "https://127.0.0.1:$PORT"
assert_not_contains "$OUTPUT" 'allowed'
sed 's#^    server:#    tls-server-name: other.example\n&#' "$KUBECONFIG" > "$WORK/other.kubeconfig"
assert_exit 1 explain --as bob get pods --kubeconfig "$WORK/other.kubeconfig"
assert_not_contains "$OUTPUT" 'allowed'

stop_server
assert_exit 1 explain --as bob get pods
assert_contains "$OUTPUT" 'refused'
finish
