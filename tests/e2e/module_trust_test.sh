#!/usr/bin/env bash
# Which files the server runs: only those that nobody else can have had a hand in, and where the config
# asks for it only one digest, or one vendor's signature.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

MODULES=$WORK/modules
mkdir "$MODULES"
cp "$LIMEN_BUILD"/lib/limen/modules/{anonymous,x509,always-allow,sqlite}.so "$MODULES"
chmod go-w "$MODULES" "$MODULES"/*
openssl genpkey -algorithm ed25519 -out "$WORK/vendor.key" 2> /dev/null
KEY=$(openssl pkey -in "$WORK/vendor.key" -pubout | sed 1d | head -n 1)
sign() { openssl pkeyutl -sign -rawin -inkey "$WORK/vendor.key" -in "$1" -out "$1.sig"; }

PORT=$(free_port)
init_state
cat > "$CONFIG" << YAML
apiVersion: config.limen.io/v1
kind: ServerConfiguration
secure:
  bindAddress: 127.0.0.1
  tlsCertFile: $STATE/pki/apiserver.crt
  tlsPrivateKeyFile: $STATE/pki/apiserver.key
modulePath: $MODULES
moduleKeys: {vendor: $KEY}
authenticators:
  - {name: anonymous, sha256: $(sha256sum "$MODULES/anonymous.so" | cut -d' ' -f1)}
  - {name: x509, config: {clientCAFile: $STATE/pki/ca.crt}}
authorizers:
  - {name: always-allow, signedBy: vendor}
admission: []
storage: {module: sqlite, config: {path: $WORK/limen.db}}
YAML

# --- check names every file that does not pass, and serve does not begin
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_eq "$(grep -v '^warning:' <<< "$OUTPUT")" "$CONFIG:13:5: authorizer \"always-allow\": module file \"$MODULES/always-allow.so\" has no \
signature \"always-allow.so.sig\" beside it (No such file or directory), and it must be signed by vendor
    hint: install its signature or correct signedBy"
printf x >> "$MODULES/anonymous.so"
chmod o+w "$MODULES/sqlite.so"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "module file \"$MODULES/anonymous.so\" has SHA-256 $(sha256sum "$MODULES/anonymous.so" | cut -d' ' -f1)"
assert_contains "$OUTPUT" 'always-allow.so.sig'
assert_contains "$OUTPUT" "module file \"$MODULES/sqlite.so\" may be written by others than its owner
    hint: chmod go-w it"
assert_exit 1 "$LIMEN" serve --config "$CONFIG" --secure-port "$PORT"
assert_contains "$OUTPUT" "chmod go-w it"

# --- put right, it serves, and list tells what each file had to prove
cp "$LIMEN_BUILD/lib/limen/modules/anonymous.so" "$MODULES"
chmod go-w "$MODULES"/*
sign "$MODULES/always-allow.so"
assert_ok "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "modules: 4 files, 1 by SHA-256, 1 by signature, in the hands of nobody but root and the server's user"
assert_ok "$LIMEN" modules list --config "$CONFIG"
assert_matches "$OUTPUT" "anonymous .*  sha256  $MODULES/anonymous.so"
assert_matches "$OUTPUT" "always-allow .*  signed by vendor  $MODULES/always-allow.so"
assert_matches "$OUTPUT" "sqlite .*  path    $MODULES/sqlite.so"
assert_ok "$LIMEN" modules list --config "$CONFIG" --output json
assert_eq "$(jq -r 'map(.trust.signedBy) | join(",")' <<< "$OUTPUT")" ',,vendor,'
start_server
assert_eq "$(api GET /api/v1/namespaces/default | jq -r .metadata.name)" default
stop_server
assert_eq "$STOPPED" 0

# --- a folder above the modules is as good as the file
chmod g+w "$WORK"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "on the way to the modules, folder \"$WORK\" may be written by others than its owner
    hint: chmod go-w it"
chmod g-w "$WORK"
finish
