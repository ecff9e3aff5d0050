#!/usr/bin/env bash
# Client certificates: authorities, revocation lists and denylists that change while connections are
# open, every refusal, and a front proxy that speaks for its users.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
PKI=$WORK/pki
mkdir "$PKI"
cd "$PKI"

# --- authorities and certificates of the test's own
quiet() { "$@" 2> "$WORK/openssl.err" || fail "$*: $(cat "$WORK/openssl.err")"; }
cat > ca.cnf << 'END'
oid_section = oids
[oids]
kubernetesUid = 1.3.6.1.4.1.57683.2
[req]
distinguished_name = name
[name]
[ca]
default_ca = test
[test]
database = $ENV::CA.index
certificate = $ENV::CA.crt
private_key = $ENV::CA.key
default_md = sha256
default_crl_days = 1
END
authority() { # NAME
  CA=none quiet openssl req -config ca.cnf -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.crt" \
    -subj "/CN=$1" -days 2 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign
  : > "$1.index"
}
# certificate NAME AUTHORITY SUBJECT [extensions]
certificate() {
  CA=none quiet openssl req -config ca.cnf -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1.key" -out "$1.csr" -subj "$3"
  printf '%s\n' "${4:-extendedKeyUsage = clientAuth}" > "$1.ext"
  quiet openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -out "$1.crt" \
    -days "${5:-1}" -extfile "$1.ext"
}
crl() { # AUTHORITY: into AUTHORITY.crl, at once or not at all
  CA=$1 quiet openssl ca -config ca.cnf -gencrl -out "$1.crl.new"
  mv "$1.crl.new" "$1.crl"
}
revoke() { CA=$2 quiet openssl ca -config ca.cnf -revoke "$1.crt"; crl "$2"; }

authority users
authority others
authority proxies
certificate ada users "/O=dev/O=ops/CN=ada/kubernetesUid=42"
certificate bob users /CN=bob
certificate nobody users /O=dev
certificate twins users "/CN=twins/kubernetesUid=1/kubernetesUid=2"
certificate server users /CN=server 'extendedKeyUsage = serverAuth'
certificate expired users /CN=expired 'extendedKeyUsage = clientAuth' -1
certificate stranger others /CN=stranger
certificate middle users /CN=middle 'basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign,cRLSign'
certificate carol middle /CN=carol
cat middle.crt >> carol.crt
certificate proxy proxies /CN=front-proxy
certificate imposter proxies /CN=imposter
crl users
printf '# nobody\n' > denied
cp users.crt trusted.crt

sed -i -e "/^authenticators:/a\\
  - {name: proxies, module: request-header, config: {clientCAFile: $PKI/proxies.crt, allowedNames: [front-proxy]}}\\
  - {name: users, module: x509, config: {clientCAFile: $PKI/trusted.crt, crlFiles: [$PKI/users.crl], denylistFile: $PKI/denied}}" \
  "$CONFIG"
assert_ok "$LIMEN" check --config "$CONFIG"
start_server

REVIEW='{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}'
REVIEWS=/apis/authentication.k8s.io/v1/selfsubjectreviews
VERSION=https://127.0.0.1:$PORT/api
# status_with NAME [curl options]
status_with() {
  local name=$1
  shift
  curl -sS --max-time 30 --cacert "$STATE/pki/ca.crt" --cert "$PKI/$name.crt" --key "$PKI/$name.key" \
    -o /dev/null -w '%{http_code}' "$VERSION" "$@"
}
who() {
  local name=$1
  shift
  curl -sS --max-time 30 --cacert "$STATE/pki/ca.crt" --cert "$PKI/$name.crt" --key "$PKI/$name.key" \
    -H 'Content-Type: application/json' -d "$REVIEW" "https://127.0.0.1:$PORT$REVIEWS" "$@" |
    jq -c 'if .kind == "Status" then .code else .status.userInfo end'
}
is() { [ "$(status_with "$2")" = "$1" ]; }

# --- who is let in
assert_eq "$(who ada)" "$(jq -cn --arg id "X509SHA256=$(openssl x509 -in ada.crt -outform DER | sha256sum | cut -d' ' -f1)" \
  '{username: "ada", uid: "42", groups: ["dev", "ops", "system:authenticated"],
    extra: {"authentication.kubernetes.io/credential-id": [$id]}}')"
assert_eq "$(who carol | jq -r .username)" carol
for name in expired server stranger twins; do
  assert_eq "$(status_with "$name")" 401 "$name"
done
assert_eq "$(who nobody)" 401

# --- who is told of the authorities: clients in the handshake, extension API servers in a ConfigMap
hints() { # the common names of the acceptable authorities
  openssl s_client -connect "127.0.0.1:$PORT" -CAfile "$STATE/pki/ca.crt" "$@" < /dev/null 2> /dev/null |
    sed -n '/^Acceptable client certificate CA names/,/^[A-Z][A-Za-z]* [A-Z]/s/^CN = //p' | sort | tr '\n' ' '
}
trust() { k get configmap extension-apiserver-authentication -n kube-system -o json | jq -r --arg key "$1" '.data[$key]'; }
bundle() { openssl crl2pkcs7 -nocrl -certfile "$1" | openssl pkcs7 -print_certs -noout | sed -n 's/^subject=CN = //p' | sort | tr '\n' ' '; }
published() { [ "$(bundle <(trust "$1"))" = "$2" ]; }
OWN=$(openssl x509 -in "$STATE/pki/ca.crt" -noout -subject | sed 's/subject=CN = //')
names() { printf '%s\n' "$OWN" "$@" | sort | tr '\n' ' '; }
for version in -tls1_2 -tls1_3; do
  assert_eq "$(hints $version)" "$(names proxies users)" "$version"
done
eventually 5 published client-ca-file "$(names users)"
published requestheader-client-ca-file 'proxies ' || fail "not the authority of the proxies: $(trust requestheader-client-ca-file)"
assert_eq "$(k get configmap extension-apiserver-authentication -n kube-system -o json |
  jq -c '.data | del(.["client-ca-file"], .["requestheader-client-ca-file"])')" \
  "$(jq -cn '{"requestheader-allowed-names": "[\"front-proxy\"]", "requestheader-extra-headers-prefix": "[\"X-Remote-Extra-\"]",
    "requestheader-group-headers": "[\"X-Remote-Group\"]", "requestheader-uid-headers": "[\"X-Remote-Uid\"]",
    "requestheader-username-headers": "[\"X-Remote-User\"]"}')"

# --- one connection, asked again and again: what changes meanwhile bites on it
answers() { [ "$(ask_connection /api)" = "$1" ]; }
# within_a_second COMMAND...: the promise of every reload, with a second more for a busy machine
within_a_second() { eventually 2 "$@"; }

open_connection -cert ada.crt -key ada.key
assert_eq "$(ask_connection /api)" 200
assert_eq "$(ask_connection /api)" 200
revoke ada users
within_a_second answers 401
assert_eq "$(status_with bob)" 200

# The list forgets her, the denylist does not.
printf 'cert-sha256 %s\n' "$(openssl x509 -in ada.crt -noout -fingerprint -sha256 | cut -d= -f2)" > denied
: > users.index
crl users
assert_eq "$(ask_connection /api)" 401
printf '# nobody again\n' > denied
within_a_second answers 200
printf 'cert-serial %s\n' "$(openssl x509 -in ada.crt -noout -serial | cut -d= -f2)" > denied
within_a_second answers 401
: > denied
within_a_second answers 200

# An authority goes, another comes; a broken file changes nothing.
cp others.crt trusted.new && mv trusted.new trusted.crt
within_a_second is 200 stranger
assert_eq "$(ask_connection /api)" 401
hinted() { [ "$(hints)" = "$1" ]; }
within_a_second hinted "$(names others proxies)"
# What is published is added to: another server may still go by what this one does not any more.
within_a_second published client-ca-file "$(names others users)"
printf 'half a file' > trusted.crt
eventually 5 grep -q 'trusted.crt: holds no certificate in PEM form' "$LOG"
assert_eq "$(status_with stranger)" 200
assert_eq "$(hints)" "$(names others proxies)"
cat users.crt others.crt > trusted.new && mv trusted.new trusted.crt
within_a_second answers 200

# The intermediate is revoked, and with it everybody below.
assert_eq "$(status_with carol)" 200
quiet openssl x509 -in middle.crt -out middle-only.crt
revoke middle-only users
within_a_second is 401 carol
close_connection

# --- a front proxy speaks for its users, and nobody else does
SPOKEN=(-H 'X-Remote-User: eve' -H 'X-Remote-Group: dev' -H 'X-Remote-Group: ops' -H 'X-Remote-Uid: 7'
  -H 'X-Remote-Extra-Acme.com%2FProject: apollo')
assert_eq "$(who proxy "${SPOKEN[@]}")" \
  '{"username":"eve","uid":"7","groups":["dev","ops","system:authenticated"],"extra":{"acme.com/project":["apollo"]}}'
assert_eq "$(who imposter "${SPOKEN[@]}")" 401
assert_eq "$(who proxy)" 401
assert_eq "$(who proxy -H 'X_Remote_User: eve')" 401
assert_eq "$(who proxy -H 'X-Remote-User: eve' -H 'x-remote-user: root')" 401
assert_eq "$(who bob "${SPOKEN[@]}" | jq -r .username)" bob
assert_eq "$(request POST $REVIEWS -H 'Content-Type: application/json' -d "$REVIEW" "${SPOKEN[@]}" | jq .code)" 403
assert_contains "$(request GET /api/v1/pods "${SPOKEN[@]}")" 'User \"system:anonymous\"'

# --- authenticators that change are told at the reload
sed -i -e "s#$PKI/proxies.crt, allowedNames: \[front-proxy\]#$PKI/proxies2.crt, allowedNames: [front-proxy, gate], uidHeaders: [X-Id]#" "$CONFIG"
authority newcomers
cp newcomers.crt proxies2.crt
kill -HUP "$SERVER_PID"
eventually 5 hinted "$(names newcomers others users)"
eventually 5 published requestheader-client-ca-file 'newcomers proxies '
assert_eq "$(trust requestheader-allowed-names) $(trust requestheader-uid-headers)" '["front-proxy","gate"] ["X-Remote-Uid","X-Id"]'
cat newcomers.crt proxies.crt > proxies2.new && mv proxies2.new proxies2.crt
within_a_second hinted "$(names newcomers others proxies users)"
cp proxies.crt proxies2.crt
stop_server

# --- proxies and users must be told apart
sed -i -e "s#proxies2.crt, allowedNames: \[front-proxy, gate\]#users.crt#" "$CONFIG"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" 'list the common names of the proxies in allowedNames'
assert_exit 1 "$LIMEN" serve --config "$CONFIG" --secure-port "$PORT"
assert_contains "$OUTPUT" 'list the common names of the proxies in allowedNames'
# An authority below the proxies' own leads to it as well.
cp middle-only.crt trusted.crt
sed -i -e 's#crlFiles: [^,]*, ##' "$CONFIG"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" 'list the common names of the proxies in allowedNames'
cp others.crt trusted.crt
assert_ok "$LIMEN" check --config "$CONFIG"
finish
