#!/usr/bin/env bash
# Tokens of service accounts from outside: kubectl create token, whom they name, what kills them, who
# else can verify them, and keys that change while the server runs.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
# A second key file, which will hold the key that used to sign.
OLD=$WORK/old.pub
cp "$STATE/pki/sa.pub" "$OLD"
sed -i "s|^      signingKeyFile: .*|&\n      keyFiles: [\"$OLD\"]\n      maxExpirationSeconds: 86400|" "$CONFIG"
printf "log: {level: debug}\n" >> "$CONFIG"
start_server

# A kubeconfig without a credential, for --token, and one that reads its token from a file.
BARE=$WORK/bare.kubeconfig
FILED=$WORK/filed.kubeconfig
for file in "$BARE" "$FILED"; do
  kubectl --kubeconfig "$file" config set-cluster limen --server "https://127.0.0.1:$PORT" --certificate-authority "$STATE/pki/ca.crt" > /dev/null
  kubectl --kubeconfig "$file" config set-context limen --cluster limen --user robot > /dev/null
  kubectl --kubeconfig "$file" config use-context limen > /dev/null
done
sed -i "s|^users: .*|users:\n- name: robot\n  user: {tokenFile: $WORK/token}|" "$FILED"

# as TOKEN kubectl-words...
as() { kubectl --kubeconfig "$BARE" --request-timeout=30s --token "$1" "${@:2}"; }
whoami() { as "$1" auth whoami -o json | tr -d ' \n'; }
# The status code of a request that everybody who is somebody may make.
code_of() { request POST /apis/authentication.k8s.io/v1/selfsubjectreviews -H "Authorization: Bearer $1" -H 'Content-Type: application/json' \
  -d '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}' -o /dev/null -w '%{http_code}'; }
is_refused() { [ "$(code_of "$1")" = 401 ]; }
is_accepted() { [ "$(code_of "$1")" = 201 ]; }
base64url() { base64 -w0 | tr '+/' '-_' | tr -d '='; }
from_base64url() { local text; text=$(tr -- '-_' '+/'); while ((${#text} % 4)); do text+='='; done; base64 -d <<< "$text"; }
header_of() { cut -d. -f1 <<< "$1" | tr -d '\n' | from_base64url; }
payload_of() { cut -d. -f2 <<< "$1" | tr -d '\n' | from_base64url; }
number_of() { sed -E "s/.*\"$1\":([0-9]+).*/\1/"; } # of JSON on stdin
token() { k create token builder -n team "$@"; }

k create namespace team > /dev/null
k create serviceaccount builder -n team > /dev/null
UID_OF=$(k get serviceaccount builder -n team -o 'jsonpath={.metadata.uid}')
pod() { k apply -f - > /dev/null << YAML
{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "$1", "namespace": "team"},
 "spec": {"serviceAccountName": "builder", "containers": [{"name": "c", "image": "i"}]}}
YAML
}

# --- whom a token names
TOKEN=$(token)
ME=$(whoami "$TOKEN")
assert_contains "$ME" '"username":"system:serviceaccount:team:builder"'
assert_contains "$ME" "\"uid\":\"$UID_OF\""
assert_contains "$ME" '"groups":["system:serviceaccounts","system:serviceaccounts:team","system:authenticated"]'
assert_matches "$ME" '"authentication.kubernetes.io/credential-id":\["JTI=[0-9a-f-]{36}"\]'
assert_exit 1 as "$TOKEN" get pods -n team
assert_contains "$OUTPUT" 'User "system:serviceaccount:team:builder" cannot list resource "pods"'
k create rolebinding builder-views --clusterrole=view --serviceaccount=team:builder -n team > /dev/null
assert_ok as "$TOKEN" get pods -n team
assert_exit 1 as "$TOKEN" get pods -n default

# --- what may be asked for
seconds_of() { local payload; payload=$(payload_of "$1"); echo $(($(number_of exp <<< "$payload") - $(number_of iat <<< "$payload"))); }
assert_eq "$(seconds_of "$TOKEN")" 3600
assert_eq "$(seconds_of "$(token --duration=10m)")" 600
assert_exit 1 token --duration=9m
assert_contains "$OUTPUT" 'may not specify a duration less than 10 minutes'
assert_ok token --duration=48h
assert_contains "$OUTPUT" 'Warning: requested expiration of 172800 seconds shortened to 86400 seconds'
assert_exit 1 k create token nobody -n team
assert_contains "$OUTPUT" 'serviceaccounts "nobody" not found'
assert_exit 1 token --bound-object-kind Pod --bound-object-name none
assert_contains "$OUTPUT" 'pods "none" not found'
VAULT=$(token --audience=vault)
assert_contains "$(payload_of "$VAULT")" '"aud":["vault"]'
is_refused "$VAULT" || fail "a token for another audience was accepted"
assert_contains "$(cat "$LOG")" 'the token is for other audiences: vault'
REQUEST='{"apiVersion":"authentication.k8s.io/v1","kind":"TokenRequest","spec":{"audiences":["vault"]}}'
assert_eq "$(request POST /api/v1/namespaces/team/serviceaccounts/builder/token -H "Authorization: Bearer $TOKEN" \
  -H 'Content-Type: application/json' -d "$REQUEST" -o /dev/null -w '%{http_code}')" 403

# --- a token that was tampered with, or that nobody signed
is_refused "${TOKEN%?}" || fail "a cut token was accepted"
is_refused "$(base64url <<< '{"alg":"none"}').$(cut -d. -f2 <<< "$TOKEN")." || fail "an unsigned token was accepted"

# --- it dies with what it is bound to, at once
pod p
POD_TOKEN=$(token --bound-object-kind Pod --bound-object-name p)
assert_contains "$(whoami "$POD_TOKEN")" '"authentication.kubernetes.io/pod-name":["p"]'
k delete pod p -n team --grace-period=0 --force > /dev/null 2>&1
is_refused "$POD_TOKEN" || fail "the token of a pod that is gone was accepted"
pod p
is_refused "$POD_TOKEN" || fail "the token of another pod of that name was accepted"
k create secret generic leash -n team > /dev/null
SECRET_TOKEN=$(token --bound-object-kind Secret --bound-object-name leash)
is_accepted "$SECRET_TOKEN" || fail "a token bound to a secret was refused"
k delete secret leash -n team > /dev/null
is_refused "$SECRET_TOKEN" || fail "the token of a secret that is gone was accepted"

# --- a token file that is written anew while it is used
k create secret generic lease-1 -n team > /dev/null
token --bound-object-kind Secret --bound-object-name lease-1 > "$WORK/token"
filed() { kubectl --kubeconfig "$FILED" --request-timeout=30s "$@"; }
assert_ok filed get pods -n team
k delete secret lease-1 -n team > /dev/null
assert_exit 1 filed get pods -n team
token > "$WORK/token.next" && mv "$WORK/token.next" "$WORK/token"
assert_ok filed get pods -n team

# --- a token that lies in a Secret
sign_rs256() { local input; input="$(printf '{"alg":"RS256"}' | base64url).$(printf '%s' "$1" | base64url)"
  printf '%s.%s' "$input" "$(printf '%s' "$input" | openssl dgst -sha256 -sign "$STATE/pki/sa.key" | base64url)"; }
LEGACY=$(sign_rs256 "{\"iss\":\"kubernetes/serviceaccount\",\"sub\":\"system:serviceaccount:team:builder\",\
\"kubernetes.io/serviceaccount/namespace\":\"team\",\"kubernetes.io/serviceaccount/secret.name\":\"kept\",\
\"kubernetes.io/serviceaccount/service-account.name\":\"builder\",\"kubernetes.io/serviceaccount/service-account.uid\":\"$UID_OF\"}")
is_refused "$LEGACY" || fail "a token without its secret was accepted"
k create secret generic kept -n team --from-literal=token="$LEGACY" > /dev/null
assert_ok as "$LEGACY" get pods -n team
assert_not_contains "$OUTPUT" Warning
noted() { [ "$(k get secret kept -n team -o 'jsonpath={.metadata.labels.kubernetes\.io/legacy-token-last-used}')" = "$(date -u +%F)" ]; }
eventually 5 noted
k patch serviceaccount builder -n team --type=merge -p '{"secrets":[{"name":"kept"}]}' > /dev/null
assert_ok as "$LEGACY" get pods -n team
assert_contains "$OUTPUT" 'Warning: Use tokens from the TokenRequest API or manually created secret-based tokens instead of auto-generated secret-based tokens.'
k label secret kept -n team kubernetes.io/legacy-token-invalid-since=2026-01-01 > /dev/null
is_refused "$LEGACY" || fail "a token marked as invalid was accepted"

# --- others verify it: discovery and keys, for service accounts and not for everybody
assert_eq "$(request GET /openid/v1/jwks -o /dev/null -w '%{http_code}')" 403
as_builder=(-H "Authorization: Bearer $TOKEN")
HEADERS=$(request GET /.well-known/openid-configuration "${as_builder[@]}" -D - -o "$WORK/configuration")
assert_header "$HEADERS" 'Content-Type: application/json'
assert_header "$HEADERS" 'Cache-Control: public, max-age=3600'
CONFIGURATION=$(cat "$WORK/configuration")
assert_contains "$CONFIGURATION" '"issuer":"https://kubernetes.default.svc.cluster.local"'
assert_contains "$CONFIGURATION" "\"jwks_uri\":\"https://127.0.0.1:$PORT/openid/v1/jwks\""
assert_contains "$CONFIGURATION" '"id_token_signing_alg_values_supported":["RS256"]'
HEADERS=$(request GET /openid/v1/jwks "${as_builder[@]}" -D - -o "$WORK/jwks")
assert_header "$HEADERS" 'Content-Type: application/jwk-set+json'
member() { sed -E "s/.*\"$1\":\"([^\"]*)\".*/\1/" "$WORK/jwks"; }
assert_contains "$(header_of "$TOKEN")" "\"kid\":\"$(member kid)\""
hex_of() { printf '%s' "$1" | from_base64url | od -An -v -tx1 | tr -d ' \n'; }
cat > "$WORK/key.conf" << CONF
asn1=SEQUENCE:info
[info]
algorithm=SEQUENCE:algorithm
key=BITWRAP,SEQUENCE:numbers
[algorithm]
id=OID:rsaEncryption
none=NULL
[numbers]
n=INTEGER:0x$(hex_of "$(member n)")
e=INTEGER:0x$(hex_of "$(member e)")
CONF
openssl asn1parse -genconf "$WORK/key.conf" -noout -out "$WORK/key.der"
cut -d. -f3 <<< "$TOKEN" | tr -d '\n' | from_base64url > "$WORK/signature"
printf '%s' "${TOKEN%.*}" > "$WORK/signed"
assert_eq "$(openssl dgst -sha256 -verify "$WORK/key.der" -keyform DER -signature "$WORK/signature" "$WORK/signed")" 'Verified OK'

# --- TokenReview tells others about it
review() { api POST /apis/authentication.k8s.io/v1/tokenreviews -H 'Content-Type: application/json' \
  -d "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenReview\",\"spec\":{\"token\":\"$1\",\"audiences\":[$2]}}"; }
assert_contains "$(review "$VAULT" '"vault"')" '"authenticated":true'
assert_contains "$(review "$VAULT" '"vault"')" '"username":"system:serviceaccount:team:builder"'
assert_not_contains "$(review "$VAULT" '"bank"')" '"authenticated":true'

# --- keys change while the server runs: the new one signs, the old one verifies until it is removed
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$WORK/next.key" 2> /dev/null
chmod 600 "$WORK/next.key"
cp "$STATE/pki/sa.key" "$WORK/first.key"
mv "$WORK/next.key" "$STATE/pki/sa.key"
signs_es256() { [[ $(header_of "$(token)") == *'"alg":"ES256"'* ]]; }
eventually 5 signs_es256
NEW=$(token)
is_accepted "$NEW" || fail "a token of the new key was refused"
is_accepted "$TOKEN" || fail "a token of the old key was refused while its key is listed"
request GET /openid/v1/jwks "${as_builder[@]}" -o "$WORK/jwks"
assert_eq "$(grep -o '"kid"' "$WORK/jwks" | wc -l)" 2
# a broken file changes nothing and is told
cp "$STATE/pki/sa.key" "$WORK/second.key"
echo 'no key at all' > "$STATE/pki/sa.key"
eventually 5 grep -q 'sa.key: holds no key in PEM form' "$LOG"
is_accepted "$(token)" || fail "the last good key does not sign any more"
assert_contains "$(api GET /metrics)" 'outcome="failure"'
cp "$WORK/second.key" "$STATE/pki/sa.key"
openssl pkey -in "$STATE/pki/sa.key" -pubout -out "$OLD"
eventually 5 is_refused "$TOKEN"
is_accepted "$NEW" || fail "a token of the signing key was refused"

# --- a restart changes nothing; the account's end ends everything
openssl pkey -in "$STATE/pki/sa.key" -pubout -out "$STATE/pki/sa.pub"
restart_server
is_accepted "$NEW" || fail "a token did not outlive a restart"
k delete serviceaccount builder -n team > /dev/null
is_refused "$NEW" || fail "the token of an account that is gone was accepted"
k create serviceaccount builder -n team > /dev/null
is_refused "$NEW" || fail "the token of another account of that name was accepted"

# --- what the API calls itself may be said for all modules at once
BEFORE=$(token)
is_accepted "$BEFORE" || fail "a token of the new account was refused"
printf 'apiAudiences: [api.example, vault]\n' >> "$CONFIG"
restart_server
assert_contains "$(payload_of "$(token)")" '"aud":["api.example","vault"]'
is_accepted "$(token)" || fail "a token for the configured audiences was refused"
is_accepted "$(token --audience=vault)" || fail "a token for one of the configured audiences was refused"
is_refused "$BEFORE" || fail "a token for the issuer was accepted though the API is called otherwise"

# --- no token and no key is in the log
for secret in "$TOKEN" "$NEW" "$LEGACY" "$POD_TOKEN" 'PRIVATE KEY'; do
  assert_not_contains "$(cat "$LOG")" "${secret##*.}"
done
stop_server
assert_eq "$STOPPED" 0
finish
