#!/usr/bin/env bash
# A vendor's way, with an installed SDK and nothing else of this tree: the walk of sdk/README.md command by
# command, the skeletons of every kind, the worked examples, a module in C and one in C++17; and a server
# that loads them all.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

# --- the walk: every block of commands of the README, with a free port and the build under test
STATE=$HOME/limen-demo
CONFIG=$STATE/limen.yaml
# shellcheck disable=SC2034 # of lib.sh
ADMIN=(--cacert "$STATE/pki/ca.crt" --cert "$STATE/pki/admin.crt" --key "$STATE/pki/admin.key")
# shellcheck disable=SC2034
ANYBODY=(--cacert "$STATE/pki/ca.crt")
PORT=$(free_port)
{
  printf 'trap '\''echo "${!:-}" > "%s"'\'' EXIT\n' "$WORK/walk.pid"
  awk -v build="$LIMEN_BUILD" -v port="$PORT" '
  /^```/ { inside = $0 == "```sh"; if (inside) ++blocks; next }
  inside { gsub("build/release", build); gsub("6443", port); print }
  END { exit blocks < 5 }' "$LIMEN_SOURCE/sdk/README.md" || fail "the README has lost its walk"
} > "$WORK/walk.sh"
walked=0
bash -euo pipefail "$WORK/walk.sh" > "$WORK/walk.out" 2>&1 || walked=$?
SERVER_PID=$(cat "$WORK/walk.pid")
[ "$walked" = 0 ] || fail "the README's walk: $(tail -n 40 "$WORK/walk.out")"
assert_contains "$(cat "$WORK/walk.out")" '100% tests passed'
assert_contains "$(tail -n 20 "$WORK/walk.out")" 'User \"ada\" cannot list resource \"namespaces\"'
assert_eq "$(find "$HOME/acme-badge" -maxdepth 1 -type f | wc -l)" 3
kill -TERM "$SERVER_PID"
eventually 10 eval "! kill -0 $SERVER_PID"
SERVER_PID=

# --- what is installed: one exported symbol, no header of the server's libraries, flags for other builds
PREFIX=$HOME/limen
LIMEN=$PREFIX/bin/limen
MODULES=$PREFIX/lib/limen/modules
assert_eq "$(nm -D --defined-only "$MODULES/acme-badge.so" | cut -d' ' -f3)" limen_module_entry
if grep -rlE '#include <(Poco|boost|yaml-cpp|openssl|re2)' "$PREFIX/include/limen" | grep -v /testkit/; then
  fail 'a header of the SDK includes one of the server'\''s libraries'
fi
read -ra CFLAGS <<< "-fPIC -fvisibility=hidden $(PKG_CONFIG_PATH=$PREFIX/lib/pkgconfig pkg-config --cflags limen-sdk)"
# shellcheck disable=SC2054 # commas of the linker
LINK=(-shared -Wl,-z,defs "-Wl,--version-script=$PREFIX/lib/cmake/Limen/limen-module.map")
STRICT=(-Wall -Wextra -pedantic -Werror)
assert_ok gcc -std=c11 "${STRICT[@]}" "${CFLAGS[@]}" "${LINK[@]}" "$LIMEN_SOURCE/tests/fixtures/raw_module.c" -o "$MODULES/raw.so"
CXX17=$(command -v clang++ || echo g++)
assert_ok "$CXX17" -std=c++17 "${STRICT[@]}" "${CFLAGS[@]}" "${LINK[@]}" \
  "$LIMEN_SOURCE/tests/fixtures/wrapper_cpp17.cpp" -o "$MODULES/wrapper17.so"

# --- the other skeletons and the examples, in one build
ALL=$WORK/all
mkdir "$ALL"
cp -r "$PREFIX/share/limen/sdk/examples" "$ALL"
assert_ok "$LIMEN" modules new acme-gate --kind authorizer --directory "$ALL/gate"
assert_ok "$LIMEN" modules new acme-require-label --kind admission --directory "$ALL/label"
assert_exit 1 "$LIMEN" modules new acme-gate --kind authorizer --directory "$ALL/gate"
assert_contains "$OUTPUT" 'is there already, and nothing is overwritten'
mkdir "$ALL/empty"
printf 'int nothing();\nint nothing() { return 0; }\n' > "$ALL/empty/empty.cpp"
cat > "$ALL/CMakeLists.txt" << 'CMAKE'
cmake_minimum_required(VERSION 3.25)
project(all LANGUAGES CXX)
enable_testing()
add_subdirectory(examples)
add_subdirectory(gate)
add_subdirectory(label)
find_package(Limen REQUIRED)
limen_add_module(empty SOURCES empty/empty.cpp)
set_target_properties(empty PROPERTIES EXCLUDE_FROM_ALL ON)
CMAKE
assert_ok cmake -S "$ALL" -B "$ALL/build" -DCMAKE_PREFIX_PATH="$PREFIX" -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG=-O0
assert_ok cmake --build "$ALL/build" --parallel 2
assert_ok ctest --test-dir "$ALL/build" --output-on-failure
assert_contains "$OUTPUT" '100% tests passed, 0 tests failed out of 6'
assert_exit 2 cmake --build "$ALL/build" --target empty
assert_contains "$OUTPUT" 'a module exports limen_module_entry and nothing else'
[ ! -e "$ALL/build/empty.so" ] || fail "the file is still there"
install -m 755 "$ALL"/build/{gate,label,examples/*}/*.so "$MODULES"

# --- a server with all of them
SECRET=$(openssl rand -hex 32)
(umask 077; printf 'robot %s ci-robot builders\n' "$SECRET" > "$WORK/robots"
  printf 'eve 0123456789abcdef meshed\n' > "$WORK/visitors")
sqlite3 "$WORK/grants.db" "CREATE TABLE grants (subject TEXT, verb TEXT, resource TEXT, namespace TEXT DEFAULT '*', name TEXT DEFAULT '*');
  INSERT INTO grants (subject, verb, resource) VALUES ('user:ci-robot', 'list', 'configmaps')"
cat > "$CONFIG" << YAML
apiVersion: config.limen.io/v1
kind: ServerConfiguration
secure:
  bindAddress: 127.0.0.1
  tlsCertFile: $STATE/pki/apiserver.crt
  tlsPrivateKeyFile: $STATE/pki/apiserver.key
  clientCAFile: $STATE/pki/ca.crt
modulePath: $MODULES
authenticators:
  - {name: x509, config: {clientCAFile: $STATE/pki/ca.crt}}
  - {name: acme-badge, config: {file: $STATE/badges}}
  - {name: acme-signed-requests, config: {keyFile: $WORK/robots}}
  - {name: acme-visitors, config: {file: $WORK/visitors}}
  - {name: wrapper17, config: {prefix: "17:"}}
authorizers:
  - {name: acme-sqlite-grants, config: {path: $WORK/grants.db}}
  - {name: acme-visitors}
  - {name: acme-gate, config: {group: engineers, resources: [pods]}}
  - {name: wrapper17}
  - {name: raw}
  - {name: rbac}
admission:
  - {name: acme-require-label, config: {label: acme.example/team, resources: [configmaps]}}
  - {name: filled, module: acme-require-label, config: {label: acme.example/tier, default: low, resources: [configmaps]}}
  - name: acme-sidecar
    config:
      container: {name: proxy, image: "acme/proxy:1", volumeMounts: [{name: run, mountPath: /run/proxy}]}
      volumes: [{name: run, emptyDir: {}}]
  - {name: wrapper17}
storage: {module: sqlite, config: {path: $STATE/limen.db}}
YAML
export KUBECONFIG=$STATE/admin.kubeconfig
start_server
assert_eq "$("$LIMEN" modules list --config "$CONFIG" --output json | jq -r '[.[] | select(.name | test("acme|raw|17")) | .kind] | group_by(.) | map(length) | join(" ")')" '3 4 5'

# --- the authenticator: signed requests
signed() { # METHOD PATH QUERY [SIGNED-PATH]
  local time nonce mac
  time=$(date +%s) nonce=$(openssl rand -hex 12)
  mac=$(printf 'Acme-HMAC-SHA256\n%s\n%s\n%s\n%s\n%s' "$time" "$nonce" "$1" "${4:-$2}" "$3" |
    openssl dgst -sha256 -mac HMAC -macopt "hexkey:$SECRET" | sed 's/.*= //')
  AUTHORIZATION="Authorization: Acme-HMAC-SHA256 key=robot, time=$time, nonce=$nonce, signature=$mac"
}
code() { request "$@" -o "$WORK/body" -w '%{http_code}'; }
signed GET /api/v1/namespaces/default/configmaps limit=5
assert_eq "$(code GET '/api/v1/namespaces/default/configmaps?limit=5' -H "$AUTHORIZATION")" 200
assert_eq "$(code GET '/api/v1/namespaces/default/configmaps?limit=5' -H "$AUTHORIZATION")" 401
signed GET /api/v1/namespaces/default/configmaps '' /api/v1/namespaces/default/secrets
assert_eq "$(code GET /api/v1/namespaces/default/configmaps -H "$AUTHORIZATION" -D "$WORK/headers")" 401
assert_header "$(cat "$WORK/headers")" 'WWW-Authenticate: Acme-HMAC-SHA256'

# --- the authorizer: rows of a database, also for those kubectl acts for
assert_contains "$(k auth can-i list configmaps -n default --as=bob || true)" no
sqlite3 "$WORK/grants.db" "INSERT INTO grants VALUES ('user:bob', '*', 'configmaps', 'default', '*')"
assert_eq "$(k auth can-i list configmaps -n default --as=bob)" yes
assert_contains "$(k auth can-i list configmaps -n kube-system --as=bob || true)" no
assert_contains "$("$LIMEN" explain --kubeconfig "$KUBECONFIG" --as bob list configmaps -n default 2>&1 || true)" grants/2

# --- the admission controller: a container for the pods of one namespace, once
k create namespace meshed > "$WORK/out"
k label namespace meshed acme.example/sidecar=enabled > "$WORK/out"
containers() { k get pod "$1" -n "$2" -o 'jsonpath={.spec.containers[*].name}'; }
pod() { printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{"containers":[{"name":"app","image":"app:1"}]}}' "$1"; }
eventually 10 k get serviceaccount default -n meshed
pod web | k apply -n meshed -f - > "$WORK/out"
assert_eq "$(containers web meshed)" 'app proxy'
assert_eq "$(k get pod web -n meshed -o 'jsonpath={.spec.volumes[?(@.name=="run")].name}')" run
assert_eq "$(k get pod web -n meshed -o 'jsonpath={.metadata.labels.images}')" 2
eventually 10 k get serviceaccount default -n default
pod web | k apply -n default -f - > "$WORK/out"
assert_eq "$(containers web default)" app

# --- two plugins of one file: a visitor sees the pods of one namespace
visitor() { kubectl --kubeconfig /dev/null --server "https://127.0.0.1:$PORT" --certificate-authority "$STATE/pki/ca.crt" --token visitor.eve.0123456789abcdef "$@"; }
assert_eq "$(visitor auth whoami -o 'jsonpath={.status.userInfo.username}')" visitor:eve
assert_eq "$(visitor get pods -n meshed -o name)" pod/web
assert_exit 1 visitor get pods -n default
assert_exit 1 visitor delete pod web -n meshed

# --- the skeletons, C and C++17
BADGE="X-Acme-Badge: $(cut -d' ' -f1 "$STATE/badges")"
assert_eq "$(code GET /api/v1/namespaces/meshed/pods -H "$BADGE")" 200
assert_eq "$(code GET /api/v1/namespaces/meshed/secrets -H "$BADGE")" 403
assert_eq "$(code GET /api/v1/namespaces/meshed/secrets -H 'X-Cpp17: grace')" 200
assert_eq "$(k auth can-i delete secrets --as=carl --as-group=raw)" yes
assert_exit 1 k create configmap a -n default
assert_contains "$OUTPUT" 'label "acme.example/team" is required'
printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"b","labels":{"acme.example/team":"red"}}}' |
  k apply -n default -f - > "$WORK/out"
assert_eq "$(k get configmap b -n default -o 'jsonpath={.metadata.labels.acme\.example/tier}')" low
METRICS=$(api GET /metrics)
assert_matches "$METRICS" 'objects_refused_total\{[^}]*\} 1'
assert_matches "$METRICS" 'signatures_total\{[^}]*replayed[^}]*\} 1'

stop_server
assert_eq "$STOPPED" 0
assert_not_contains "$(cat "$LOG")" 0123456789abcdef
assert_not_contains "$(cat "$LOG")" "$SECRET"
finish
