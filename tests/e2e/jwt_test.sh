#!/usr/bin/env bash
# jwt against a real OpenID provider over TLS: its keys change, it goes down, is slow, talks nonsense.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
make_stand_in localhost
make_issuer
new_key one
new_key two
publish one
start_stand_in
sed -i "s|^  - name: anonymous|  - $(issuer_config)\n&|" "$CONFIG"
assert_ok "$LIMEN" check --config "$CONFIG"
start_server
fetched() { [ "$(asked)" -ge 2 ]; }
eventually 10 fetched

whoami_with() { whoami -H "Authorization: Bearer $1" "${@:2}"; }
code_of() { whoami_with "$1" -o /dev/null -w '%{http_code}'; }
is_known() { [ "$(code_of "$1")" = 201 ]; }

# --- a good token names its user, to curl and to kubectl with an exec plugin
ADA=$(issue one "$(claims ada)")
eventually 10 is_known "$ADA"
assert_contains "$(whoami_with "$ADA")" '"username":"oidc:ada"'
assert_contains "$(whoami_with "$ADA")" '"groups":["oidc:dev","system:authenticated"]'
cat > "$WORK/plugin" << SH
#!/bin/sh
printf '{"apiVersion":"client.authentication.k8s.io/v1","kind":"ExecCredential","status":{"token":"%s"}}' "$ADA"
SH
chmod +x "$WORK/plugin"
cat > "$WORK/exec.kubeconfig" << YAML
apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:$PORT", certificate-authority: $STATE/pki/ca.crt}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: $WORK/plugin, interactiveMode: Never}}}]
YAML
assert_ok k create clusterrole dev-reader --verb=list --resource=configmaps
assert_ok k create clusterrolebinding devs --clusterrole=dev-reader --group=oidc:dev
if k --kubeconfig "$WORK/exec.kubeconfig" version --client -o json | jq -e '.clientVersion.minor | rtrimstr("+") | tonumber >= 22' > /dev/null; then
  assert_ok k --kubeconfig "$WORK/exec.kubeconfig" get configmaps
fi
assert_ok k --kubeconfig "$WORK/exec.kubeconfig" --token "$ADA" get configmaps

# --- what is not good is 401
for bad in \
  "$(issue two "$(claims ada)" '{"alg":"RS256","kid":"one"}')" \
  "$(issue one "$(claims ada)" '{"alg":"none"}')" \
  "$(issue one "$(claims ada)" '{"alg":"HS256","kid":"one"}')" \
  "$(issue one "$(claims ada)" '{"alg":"RS256","kid":"one","jku":"https://evil.example/keys"}')" \
  "$(issue one "$(claims ada)" '{"alg":"RS256","kid":"one","crit":["exp"]}')" \
  "$(issue one "$(claims ada ',"aud":"limen"')")" \
  "$(issue one "$(claims system:admin | sed 's/"aud":"limen"/"aud":"vault"/')")" \
  "$(issue one "$(claims ada | sed 's/"exp":[0-9]*/"exp":1/')")" \
  "${ADA%?????}AAAAA"; do
  assert_eq "$(code_of "$bad")" 401 "$bad"
done
assert_eq "$(code_of "$ADA")" 201

# --- the provider changes its key: the new one counts, the old one no more
publish two
TWO=$(issue two "$(claims bob)")
eventually 30 is_known "$TWO"
is_unknown() { ! is_known "$1"; }
eventually 30 is_unknown "$ADA"

# --- it talks nonsense, is slow, redirects, is down: the last good keys stay
for trouble in '500' '200 3000' '302' '404'; do
  # shellcheck disable=SC2086 # two words are meant
  printf 'nonsense' | answer keys $trouble
  forgotten=$(asked)
  more() { [ "$(asked)" -gt "$forgotten" ]; }
  eventually 30 more
  assert_eq "$(code_of "$TWO")" 201 "$trouble"
done
stop_stand_in
assert_eq "$(code_of "$TWO")" 201

# --- a stranger's tokens do not make the server hammer the provider
publish two
start_stand_in
before=$(asked)
for i in $(seq 1 50); do code_of "$(issue one "$(claims "eve$i")" "{\"alg\":\"RS256\",\"kid\":\"k$i\"}")" > /dev/null; done
[ $(($(asked) - before)) -le 8 ] || fail "the provider was asked $(($(asked) - before)) times"
assert_contains "$(api GET /metrics)" 'limen_module_key_fetches_total{'
for secret in "${ADA##*.}" "${TWO##*.}"; do assert_not_contains "$(cat "$LOG")" "$secret"; done
stop_server
assert_eq "$STOPPED" 0
finish
