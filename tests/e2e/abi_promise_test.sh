#!/usr/bin/env bash
# The promise of the module ABI: what was built against 1.0 loads for ever, and the headers only grow.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

SDK=$LIMEN_SOURCE/sdk
KEPT=$SDK/checks/abi-1.0   # the newest kept headers, against which every type is compared
OLDEST=$SDK/checks/abi-1.0
STRICT=(-std=c11 -Wall -Wextra -pedantic -Werror)

anchor() { # HEADERS OUT
  gcc "${STRICT[@]}" -g -fPIC -shared -I"$1" -o "$2" "$SDK/checks/anchor/anchor.c"
}
# What a header says in numbers and ids: every macro and every enumerator, one a line.
values() { # HEADERS
  local names program
  program=$(mktemp -p "$WORK")
  gcc -E -dM -I"$1" "$1/limen/limen.h" | grep -E '^#define LIMEN_[A-Z0-9_]+ ' |
    grep -vE ' LIMEN_(ABI_MINOR|TARGET_MINOR|EXPORT|STATIC_ASSERT) ' | sort
  names=$(grep -hoE 'LIMEN_[A-Z0-9_]+ = [-0-9]' "$1"/limen/*.h | cut -d' ' -f1 | sort -u)
  { printf '#include <stdio.h>\n#include "limen/limen.h"\nint main(void) {\n'
    for name in $names; do printf 'printf("%s %%lld\\n", (long long)%s);\n' "$name" "$name"; done
    printf 'return 0; }\n'; } > "$program.c"
  gcc -std=c11 -I"$1" -o "$program.out" "$program.c"
  "$program.out"
}
# Empty when HEADERS differ from the kept ones in nothing.
difference() { # HEADERS
  local now=$WORK/now.so
  anchor "$1" "$now"
  abidiff "$WORK/kept.so" "$now" || true
  diff "$WORK/kept.values" <(values "$1") || true
}
keeps_layout() { gcc "${STRICT[@]}" -fsyntax-only -I"$1" "$SDK/checks/layout_1_0.c" 2> "$WORK/layout.log"; }

# --- the headers are the kept ones: whoever changes them changes the folder too, and so knows of it
anchor "$KEPT" "$WORK/kept.so"
values "$KEPT" > "$WORK/kept.values"
assert_eq "$(difference "$SDK/include")" ""
for type in $(grep -rhoE 'struct limen_[a-z_]+ \{' "$SDK"/include/limen/*.h | cut -d' ' -f2 | sort -u); do
  grep -q "struct $type\*" "$SDK/checks/anchor/anchor.c" || fail "sdk/checks/anchor/anchor.c lacks $type"
done
keeps_layout "$SDK/include" || fail "$(cat "$WORK/layout.log")"
keeps_layout "$OLDEST" || fail "$(cat "$WORK/layout.log")"
# What was said with 1.0 still holds.
assert_eq "$(comm -23 <(values "$OLDEST" | sort) <(values "$SDK/include" | sort))" ""

# --- the gate sees every kind of change: FILE SED-EXPRESSION LAYOUT
while IFS='|' read -r file expression layout; do
  rm -rf "$WORK/changed"
  cp -r "$SDK/include" "$WORK/changed"
  sed -i "$expression" "$WORK/changed/limen/$file"
  ! cmp -s "$SDK/include/limen/$file" "$WORK/changed/limen/$file" || fail "nothing changed by $expression"
  [ -n "$(difference "$WORK/changed")" ] || fail "$expression was not seen"
  if keeps_layout "$WORK/changed"; then result=kept; else result=broken; fi
  assert_eq "$result" "$layout"
done << 'CHANGES'
admission.h|s/^  const limen_patch_api\* patch;/&\n  void (*more)(limen_call* call);/|kept
admission.h|s/^  uint32_t operations;/  uint32_t more;\n&/|broken
authorizer.h|s/^  const limen_user\* user;/  const limen_user* who;/|broken
rights.h|s/void (\*changed)(const limen_host\* host);/int32_t (*changed)(const limen_host* host);/|kept
call.h|/(\*fail)(/d|broken
log.h|s/LIMEN_LOG_WARN = 2/LIMEN_LOG_WARN = 4/|broken
log.h|s,"limen.log/1","limen.log/2",|kept
CHANGES

# --- a module of the time of 1.0 works in this server
mkdir "$WORK/modules"
cp "$LIMEN_BUILD/tests/old-modules/built-against-1.0.so" "$LIMEN_BUILD/tests/bad-modules/newer-minor.so" \
  "$LIMEN_BUILD/lib/limen/modules/"{sqlite,x509}.so "$WORK/modules"
chmod go-w "$WORK"/modules/*
assert_ok "$LIMEN_BUILD/bin/limen-module-check" "$WORK/modules/built-against-1.0.so"
PORT=$(free_port)
init_state
cat > "$CONFIG" << YAML
apiVersion: config.limen.io/v1
kind: ServerConfiguration
secure:
  bindAddress: 127.0.0.1
  tlsCertFile: $STATE/pki/apiserver.crt
  tlsPrivateKeyFile: $STATE/pki/apiserver.key
modulePath: $WORK/modules
authenticators: [{name: built-against-1.0}, {name: x509, config: {clientCAFile: $STATE/pki/ca.crt}}]
authorizers: [{name: built-against-1.0}]
admission: [{name: built-against-1.0, config: {label: long-ago}}]
storage: {module: sqlite, config: {path: $WORK/limen.db}}
YAML
start_server
old() { curl -sk --max-time 10 -H "X-Badge: $1" "https://127.0.0.1:$PORT$2" "${@:3}"; }
eventually 10 old ada /api/v1/namespaces/default -f
assert_eq "$(old ada /api/v1/namespaces/default/configmaps -H 'Content-Type: application/json' \
  -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"a"}}' | jq -c .metadata.labels)" \
  '{"built-against":"long-ago"}'
assert_eq "$(old '' /api/v1/namespaces/default | jq -r .code)" 401
assert_contains "$(cat "$LOG")" 'an old module has started'
stop_server
assert_eq "$STOPPED" 0

# --- one that needs more than this server has is refused, and told what to do
assert_exit 1 "$LIMEN" modules inspect "$WORK/modules/newer-minor.so"
assert_contains "$OUTPUT" 'newer-minor.so needs module ABI 1.9, this server offers 1.0: upgrade limen or rebuild the module with LIMEN_TARGET_MINOR=0'
finish
