#!/usr/bin/env bash
# jwt against a real OpenID provider over TLS: its keys change, it goes down, is slow, talks nonsense.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
IDP=$WORK/idp
IDP_PID=
mkdir -p "$IDP/answers/.well-known" "$IDP/seen"
stop_idp() {
  [ -z "$IDP_PID" ] || kill "$IDP_PID" 2> /dev/null || true
  [ -z "$IDP_PID" ] || wait "$IDP_PID" 2> /dev/null || true
  IDP_PID=
}
trap 'stop_idp; cleanup' EXIT
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=idp \
  -addext subjectAltName=DNS:localhost -keyout "$WORK/idp.key" -out "$WORK/idp.crt" 2> /dev/null
IDP_PORT=$(free_port)
URL=https://localhost:$IDP_PORT
start_idp() {
  "$LIMEN_BUILD/bin/https_stand_in" "$IDP_PORT" "$WORK/idp.crt" "$WORK/idp.key" "$IDP" > "$WORK/idp.out" 2>&1 &
  IDP_PID=$!
  eventually 10 grep -q ready "$WORK/idp.out"
}

b64url() { basenc -w0 --base64url | tr -d '='; }
# new_key NAME: an RSA key and its JWK, whose kid is NAME.
new_key() {
  openssl genrsa -out "$WORK/$1.pem" 2048 2> /dev/null
  local n
  n=$(openssl rsa -in "$WORK/$1.pem" -noout -modulus | cut -d= -f2 | xxd -r -p | b64url)
  printf '{"kty":"RSA","use":"sig","alg":"RS256","kid":"%s","n":"%s","e":"AQAB"}' "$1" "$n" > "$WORK/$1.jwk"
}
# token KEY CLAIMS [HEADER]: signed with the key, whatever the header says.
token() {
  local input
  input=$(printf '%s' "${3:-{\"alg\":\"RS256\",\"kid\":\"$1\"\}}" | b64url).$(printf '%s' "$2" | b64url)
  printf '%s.%s' "$input" "$(printf '%s' "$input" | openssl dgst -sha256 -sign "$WORK/$1.pem" | b64url)"
}
claims() { # claims SUBJECT [MORE]
  printf '{"iss":"%s","aud":"limen","sub":"%s","exp":%d,"groups":["dev"]%s}' "$URL" "$1" $(($(date +%s) + 600)) "${2:-}"
}
answer() { { printf '%s\nContent-Type: application/json\n\n' "${*:2}"; cat; } > "$IDP/next" && mv "$IDP/next" "$IDP/answers/$1"; }
publish() { # KEY...: the keys of the provider
  local list
  list=$(for key in "$@"; do cat "$WORK/$key.jwk"; echo; done | paste -sd,)
  printf '{"keys":[%s]}' "$list" | answer keys 200
}
asked() { find "$IDP/seen" -type f | wc -l; }

new_key one
new_key two
publish one
printf '{"issuer":"%s","jwks_uri":"%s/keys"}' "$URL" "$URL" | answer .well-known/openid-configuration 200
start_idp
cat > "$WORK/issuer.yaml" << YAML
  - name: staff
    module: jwt
    config:
      issuers:
        - url: $URL
          certificateAuthorityFile: $WORK/idp.crt
          audiences: [limen]
          refreshSeconds: 10
          claimMappings:
            username: {claim: sub, prefix: "oidc:"}
            groups: {claim: groups, prefix: "oidc:"}
YAML
sed -i "/^  - name: anonymous/{
r $WORK/issuer.yaml
N
}" "$CONFIG"
assert_ok "$LIMEN" check --config "$CONFIG"
start_server
eventually 10 test "$(asked)" -ge 2

whoami() { request POST /apis/authentication.k8s.io/v1/selfsubjectreviews -H "Authorization: Bearer $1" \
  -H 'Content-Type: application/json' -d '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}' "${@:2}"; }
code_of() { whoami "$1" -o /dev/null -w '%{http_code}'; }
is_known() { [ "$(code_of "$1")" = 201 ]; }

# --- a good token names its user, to curl and to kubectl with an exec plugin
ADA=$(token one "$(claims ada)")
eventually 10 is_known "$ADA"
assert_contains "$(whoami "$ADA")" '"username":"oidc:ada"'
assert_contains "$(whoami "$ADA")" '"groups":["oidc:dev","system:authenticated"]'
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
  "$(token two "$(claims ada)" '{"alg":"RS256","kid":"one"}')" \
  "$(token one "$(claims ada)" '{"alg":"none"}')" \
  "$(token one "$(claims ada)" '{"alg":"HS256","kid":"one"}')" \
  "$(token one "$(claims ada)" '{"alg":"RS256","kid":"one","jku":"https://evil.example/keys"}')" \
  "$(token one "$(claims ada)" '{"alg":"RS256","kid":"one","crit":["exp"]}')" \
  "$(token one "$(claims ada ',"aud":"limen"')")" \
  "$(token one "$(claims system:admin | sed 's/"aud":"limen"/"aud":"vault"/')")" \
  "$(token one "$(claims ada | sed 's/"exp":[0-9]*/"exp":1/')")" \
  "${ADA%?????}AAAAA"; do
  assert_eq "$(code_of "$bad")" 401 "$bad"
done
assert_eq "$(code_of "$ADA")" 201

# --- the provider changes its key: the new one counts, the old one no more
publish two
TWO=$(token two "$(claims bob)")
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
stop_idp
assert_eq "$(code_of "$TWO")" 201

# --- a stranger's tokens do not make the server hammer the provider
publish two
start_idp
before=$(asked)
for i in $(seq 1 50); do code_of "$(token one "$(claims "eve$i")" "{\"alg\":\"RS256\",\"kid\":\"k$i\"}")" > /dev/null; done
[ $(($(asked) - before)) -le 8 ] || fail "the provider was asked $(($(asked) - before)) times"
assert_contains "$(api GET /metrics)" 'limen_module_key_fetches_total{'
for secret in "${ADA##*.}" "${TWO##*.}"; do assert_not_contains "$(cat "$LOG")" "$secret"; done
stop_server
assert_eq "$STOPPED" 0
finish
