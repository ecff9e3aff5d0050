#!/usr/bin/env bash
# Bootstrap tokens: kubectl with one, what it may do, each way of losing it, and the cleaner.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
sed -i 's|^  - name: anonymous|  - name: bootstrap-token\n&|' "$CONFIG"
start_server

# token_secret ID SECRET [KEY=VALUE...]: kubeadm's Secret of a token.
token_secret() {
  local id=$1 secret=$2
  shift 2
  k create secret generic "bootstrap-token-$id" -n kube-system --type bootstrap.kubernetes.io/token \
    --from-literal=token-id="$id" --from-literal=token-secret="$secret" \
    --from-literal=usage-bootstrap-authentication=true "${@/#/--from-literal=}" > /dev/null
}
set_data() { k patch secret "bootstrap-token-$1" -n kube-system --type merge -p "{\"stringData\":{\"$2\":\"$3\"}}" > /dev/null; }
in_seconds() { date -u -d "+$1 seconds" +%Y-%m-%dT%H:%M:%SZ; }
status_with() { request GET /api/v1/nodes -H "Authorization: Bearer $1" -o /dev/null -w '%{http_code}'; }
gone() { [ "$(status_of GET "/api/v1/namespaces/kube-system/secrets/$1")" = 404 ]; }

GOOD=abcdef.0123456789abcdef
kubectl config set-cluster here --kubeconfig "$WORK/join" --server "https://127.0.0.1:$PORT" \
  --certificate-authority "$STATE/pki/ca.crt" > /dev/null
kubectl config set-context here --kubeconfig "$WORK/join" --cluster here > /dev/null
kubectl config use-context here --kubeconfig "$WORK/join" > /dev/null
with_token() { kubectl --kubeconfig "$WORK/join" --token "$GOOD" "$@"; }

# --- no Secret, no entry; with one, kubectl is its user in its groups
assert_eq "$(status_with "$GOOD")" 401
token_secret abcdef 0123456789abcdef auth-extra-groups=system:bootstrappers:kubeadm:default-node-token
WHO=$(with_token auth whoami -o json | jq -c .status.userInfo)
assert_eq "$(jq -r .username <<< "$WHO")" system:bootstrap:abcdef
assert_eq "$(jq -c .groups <<< "$WHO")" \
  '["system:bootstrappers","system:bootstrappers:kubeadm:default-node-token","system:authenticated"]'

# --- it may do what its groups may: nothing yet, then what a role gives them
assert_eq "$(status_with "$GOOD")" 403
k create clusterrole see-nodes --verb=get,list --resource=nodes > /dev/null
k create clusterrolebinding joiners --clusterrole=see-nodes --group=system:bootstrappers > /dev/null
assert_ok with_token get nodes
assert_exit 1 with_token get secrets -n kube-system
assert_contains "$OUTPUT" 'User "system:bootstrap:abcdef" cannot list resource "secrets"'

# --- each way of losing it counts with the next request, and says nothing to the client
assert_eq "$(status_with abcdef.0123456789abcdee)" 401
assert_eq "$(status_with abcdef.0123456789abcdef0)" 401
REFUSED=$(request GET /api/v1/nodes -H 'Authorization: Bearer abcdef.0123456789abcdee')
assert_eq "$(jq -r .message <<< "$REFUSED")" Unauthorized
set_data abcdef usage-bootstrap-authentication false
assert_eq "$(status_with "$GOOD")" 401
set_data abcdef usage-bootstrap-authentication true
assert_eq "$(status_with "$GOOD")" 200
set_data abcdef auth-extra-groups system:masters
assert_eq "$(status_with "$GOOD")" 401
set_data abcdef auth-extra-groups system:bootstrappers:a
assert_eq "$(status_with "$GOOD")" 200
k patch secret bootstrap-token-abcdef -n kube-system --type json \
  -p '[{"op":"add","path":"/metadata/finalizers","value":["example.com/hold"]}]' > /dev/null
k delete secret bootstrap-token-abcdef -n kube-system --wait=false > /dev/null
assert_eq "$(status_with "$GOOD")" 401
k patch secret bootstrap-token-abcdef -n kube-system --type json -p '[{"op":"remove","path":"/metadata/finalizers"}]' > /dev/null
eventually 5 gone bootstrap-token-abcdef
k create secret generic bootstrap-token-opaque -n kube-system --from-literal=token-id=opaque \
  --from-literal=token-secret=0123456789abcdef --from-literal=usage-bootstrap-authentication=true > /dev/null
assert_eq "$(status_with opaque.0123456789abcdef)" 401

# --- the cleaner removes a token when it expires, and no other
token_secret expire 0123456789abcdef "expiration=$(in_seconds 3)"
token_secret stays1 0123456789abcdef "expiration=$(in_seconds 3600)"
token_secret stays2 0123456789abcdef
assert_eq "$(status_with expire.0123456789abcdef)" 200
eventually 10 gone bootstrap-token-expire
assert_eq "$(status_with expire.0123456789abcdef)" 401
assert_ok k get secret bootstrap-token-stays1 bootstrap-token-stays2 bootstrap-token-opaque -n kube-system

# --- switched off, the Secret stays, and is of no use all the same
stop_server
printf 'controllers: {disabled: [token-cleaner]}\n' >> "$CONFIG"
start_server
token_secret elapse 0123456789abcdef "expiration=$(in_seconds 1)"
refused() { [ "$(status_with elapse.0123456789abcdef)" = 401 ]; }
eventually 5 refused
assert_ok k get secret bootstrap-token-elapse -n kube-system
assert_not_contains "$(cat "$LOG")" 0123456789abcdef
finish
