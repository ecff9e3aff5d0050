#!/usr/bin/env bash
# A vendor's way: the SDK's template, built against an installed SDK outside this tree, listed in the
# config of the server as it is, decides.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# --- install the SDK and build the template with nothing else
PREFIX=$WORK/prefix
VENDOR=$WORK/vendor
assert_ok cmake --install "$LIMEN_BUILD" --prefix "$PREFIX" --component sdk
cp -r "$PREFIX/share/limen/sdk/template" "$VENDOR"
assert_ok cmake -S "$VENDOR" -B "$VENDOR/build" -DCMAKE_PREFIX_PATH="$PREFIX" -DCMAKE_BUILD_TYPE=Debug
assert_ok cmake --build "$VENDOR/build"
assert_ok ctest --test-dir "$VENDOR/build" --output-on-failure
assert_eq "$(nm -D --defined-only "$VENDOR/build/acme-require-label.so" | cut -d' ' -f3)" \
  limen_module_entry

# --- a file that exports no module does not get out of the build
cp -r "$VENDOR" "$WORK/empty"
rm -r "$WORK/empty/build"
printf 'int nothing();\nint nothing() { return 0; }\n' > "$WORK/empty/src/require_label.cpp"
assert_ok cmake -S "$WORK/empty" -B "$WORK/empty/build" -DCMAKE_PREFIX_PATH="$PREFIX" -DACME_TESTS=OFF
assert_exit 2 cmake --build "$WORK/empty/build"
assert_contains "$OUTPUT" 'a module exports limen_module_entry and nothing else'
[ ! -e "$WORK/empty/build/acme-require-label.so" ] || fail "the file is still there"

# --- pkg-config says the same to those who do not use CMake
if command -v pkg-config > /dev/null; then
  assert_contains "$(PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig pkg-config --cflags limen-sdk)" "/include"
fi

# --- the server loads it and it decides
PORT=$(free_port)
init_state
mkdir "$WORK/modules"
cp "$LIMEN_BUILD"/lib/limen/modules/*.so "$WORK/modules"
cp "$VENDOR/build/acme-require-label.so" "$WORK/modules"
cat > "$CONFIG" << YAML
apiVersion: config.limen.io/v1
kind: ServerConfiguration
secure:
  bindAddress: 127.0.0.1
  tlsCertFile: $STATE/pki/apiserver.crt
  tlsPrivateKeyFile: $STATE/pki/apiserver.key
  clientCAFile: $STATE/pki/ca.crt
modulePath: $WORK/modules
authenticators:
  - {name: x509, config: {clientCAFile: $STATE/pki/ca.crt}}
authorizers:
  - {name: rbac}
admission:
  - {name: acme-require-label, config: {label: acme.example/team, resources: [configmaps]}}
  - {name: filled, module: acme-require-label, config: {label: acme.example/tier, default: low, resources: [configmaps]}}
storage: {module: sqlite, config: {path: $WORK/limen.db}}
YAML
start_server
json=(-H 'Content-Type: application/json')
URL=/api/v1/namespaces/default/configmaps
eventually 10 api GET /api/v1/namespaces/default -f

REFUSED=$(api POST $URL "${json[@]}" -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}')
assert_contains "$REFUSED" 'label \"acme.example/team\" is required'
assert_contains "$REFUSED" '"code":403'
assert_status 404 GET $URL/a

MADE=$(api POST $URL "${json[@]}" \
  -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b","labels":{"acme.example/team":"red"}}}')
assert_contains "$MADE" '"acme.example/tier":"low"'
assert_contains "$(api GET $URL/b)" '"acme.example/tier":"low"'
assert_matches "$(api GET /metrics)" 'objects_refused_total\{[^}]*\} 1'

stop_server
assert_eq "$STOPPED" 0
finish
