#!/usr/bin/env bash
# The official JavaScript client, of the version that javascript/package-lock.json names, against the
# built server. Its packages are installed from npm into a folder that goes with the test.
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
start_server
cp "$LIMEN_SOURCE"/tests/clients/javascript/* "$WORK"
cd "$WORK"
npm ci --no-audit --no-fund --loglevel=error > "$WORK/npm.log" 2>&1 || fail "npm ci: $(cat "$WORK/npm.log")"
assert_ok node client.mjs
printf '%s\n' "$OUTPUT"
assert_eq "$(grep -c '^ok ' <<< "$OUTPUT")" 12

# Watches that end soon, from a history that is soon forgotten.
stop_server
sed -i '/^minRequestTimeout:/d; /^historyRetention:/d' "$CONFIG"
printf 'minRequestTimeout: 1s\nhistoryRetention: 1s\n' >> "$CONFIG"
start_server
assert_ok node reconnect.mjs
printf '%s\n' "$OUTPUT"
assert_eq "$(grep -c '^ok ' <<< "$OUTPUT")" 2
finish
