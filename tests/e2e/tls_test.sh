#!/usr/bin/env bash
# TLS as an operator sets it: certificates that change, names, versions, suites, curves.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state

# certificate NAME SUBJECT-ALTERNATIVE-NAMES: NAME.crt and NAME.key of the state's authority.
certificate() {
  openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$1" \
    -keyout "$WORK/$1.key" -out "$WORK/$1.csr" 2> /dev/null
  openssl x509 -req -in "$WORK/$1.csr" -CA "$STATE/pki/ca.crt" -CAkey "$STATE/pki/ca.key" -days 2 \
    -set_serial "0x$(openssl rand -hex 8)" -extfile <(printf 'subjectAltName=%s' "$2") -out "$WORK/$1.crt" 2> /dev/null
}
serial_of() { openssl x509 -in "$1" -noout -serial; }
# handshake [s_client options]: what the server answered with.
handshake() { openssl s_client -connect "127.0.0.1:$PORT" "$@" < /dev/null 2>&1 || true; }
served() { handshake "$@" | openssl x509 -noout -serial 2> /dev/null; }
is_served() { [ "$(served "${@:2}")" = "$1" ]; }

certificate first 'DNS:localhost,IP:127.0.0.1'
certificate second 'DNS:localhost,IP:127.0.0.1'
certificate named 'DNS:api.example.com,DNS:*.example.com'
certificate given 'DNS:unrelated.example'
cp "$WORK/first.crt" "$WORK/serving.crt"
cp "$WORK/first.key" "$WORK/serving.key"
# with_tls LINES...: the state's configuration with these in its secure section.
cp "$CONFIG" "$WORK/plain.yaml"
with_tls() {
  sed -e '/^ *tlsCertFile:/d' -e '/^ *tlsPrivateKeyFile:/d' "$WORK/plain.yaml" > "$CONFIG"
  local line
  for line in "$@"; do sed -i "/^secure:/a\\  $line" "$CONFIG"; done
  sed -i "/^secure:/a\\  tlsCertFile: $WORK/serving.crt\n  tlsPrivateKeyFile: $WORK/serving.key" "$CONFIG"
}
with_tls "sniCertificates: [{certFile: $WORK/named.crt, keyFile: $WORK/named.key}, {certFile: $WORK/given.crt, keyFile: $WORK/given.key, names: [given.example.com]}]"
assert_ok "$LIMEN" check --config "$CONFIG"
start_server

# --- names
FIRST=$(serial_of "$WORK/first.crt")
assert_eq "$(served -noservername)" "$FIRST"
assert_eq "$(served -servername localhost)" "$FIRST"
assert_eq "$(served -servername api.example.com)" "$(serial_of "$WORK/named.crt")"
assert_eq "$(served -servername other.example.com)" "$(serial_of "$WORK/named.crt")"
assert_eq "$(served -servername given.example.com)" "$(serial_of "$WORK/given.crt")" "a given name beats a certificate's own wildcard"
assert_eq "$(served -servername unrelated.example)" "$FIRST"

# --- the authorities a client certificate may be of are told
assert_contains "$(handshake)" 'Acceptable client certificate CA names'
assert_contains "$(handshake)" "$(openssl x509 -in "$STATE/pki/ca.crt" -noout -subject -nameopt RFC2253 | sed 's/^subject=CN=//')"

# --- old protocols are refused
assert_contains "$(handshake -tls1_2)" 'Protocol  : TLSv1.2'
assert_contains "$(handshake -tls1_1 -cipher 'DEFAULT@SECLEVEL=0')" 'no peer certificate available'

# --- a new pair is served to new connections, old ones stay
mkfifo "$WORK/pipe"
openssl s_client -quiet -connect "127.0.0.1:$PORT" < "$WORK/pipe" > "$WORK/old-connection" 2> /dev/null &
exec 7> "$WORK/pipe"
printf 'GET /version HTTP/1.1\r\nHost: x\r\n\r\n' >&7
eventually 10 grep -q 'HTTP/1.1' "$WORK/old-connection"
cp "$WORK/second.key" "$WORK/serving.key"   # half of the pair: the old one stays
eventually 10 grep -q 'the old ones stay in use' "$LOG"
assert_eq "$(served -noservername)" "$FIRST"
cp "$WORK/second.crt" "$WORK/serving.crt"
eventually 10 is_served "$(serial_of "$WORK/second.crt")" -noservername
: > "$WORK/old-connection"
printf 'GET /version HTTP/1.1\r\nHost: x\r\n\r\n' >&7
eventually 10 grep -q 'HTTP/1.1' "$WORK/old-connection"
exec 7>&-
assert_contains "$(api GET /metrics)" 'limen_serving_certificate_reloads_total{outcome="failure"}'
stop_server

# --- versions, suites and curves
with_tls 'tlsMinVersion: VersionTLS13' 'tlsCurvePreferences: [23]'
start_server
assert_contains "$(handshake -tls1_2)" 'no peer certificate available'
assert_contains "$(handshake -tls1_3)" 'TLSv1.3'
assert_contains "$(handshake)" 'prime256v1'
assert_contains "$(handshake -curves X25519)" 'no peer certificate available'
stop_server
with_tls 'tlsCipherSuites: [TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, TLS_RSA_WITH_AES_128_GCM_SHA256]'
start_server
assert_contains "$(handshake -tls1_2)" 'ECDHE-ECDSA-AES256-GCM-SHA384'
assert_contains "$(handshake -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256)" 'no peer certificate available'
assert_contains "$(cat "$LOG")" 'an insecure cipher suite is allowed suite=TLS_RSA_WITH_AES_128_GCM_SHA256'
stop_server

# --- refusals, before a port is open
refused() {
  with_tls "$1"
  assert_exit 1 "$LIMEN" check --config "$CONFIG"
  assert_contains "$OUTPUT" "$2"
  assert_exit 1 "$LIMEN" serve --config "$CONFIG" --secure-port "$PORT"
  assert_contains "$OUTPUT" "$2"
}
refused 'tlsMinVersion: VersionTLS14' 'unknown tls version'
refused 'tlsCipherSuites: [TLS_NO_SUCH_SUITE]' "Cipher suite TLS_NO_SUCH_SUITE not supported or doesn't exist"
refused 'tlsCurvePreferences: [4588]' 'curve 4588 is not supported'
refused 'sniCertificates: [{certFile: /nonexistent.crt, keyFile: /nonexistent.key}]' '/nonexistent.crt'
refused "sniCertificates: [{certFile: $WORK/named.crt}]" 'certFile and keyFile must be given together'
finish
