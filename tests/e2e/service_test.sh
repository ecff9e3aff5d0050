#!/usr/bin/env bash
# The server as a service manager sees it: ready when it serves, alive while its loops turn, stopping when
# asked to.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

python3 "$LIMEN_SOURCE/tests/support/notify_listener.py" "$WORK/notify" > "$WORK/told" &
LISTENER=$!
# shellcheck disable=SC2317 # called by the trap
end() { kill "$LISTENER" 2> /dev/null || true; cleanup; }
trap end EXIT
eventually 10 test -S "$WORK/notify"

NOTIFY_SOCKET=$WORK/notify WATCHDOG_USEC=400000 start_server
eventually 10 grep -qx 'READY=1 STATUS=serving' "$WORK/told"
# The name of the socket is for nobody but the server itself.
assert_not_contains "$(tr '\0' '\n' < "/proc/$SERVER_PID/environ" | grep -c . ; cat "$LOG")" "$WORK/notify"

signs() { grep -cx WATCHDOG=1 "$WORK/told"; }
more_signs() { [ "$(signs)" -gt "$1" ]; }
eventually 10 more_signs $(($(signs) + 2))
assert_eq "$(grep -c READY=1 "$WORK/told")" 1

# A reload is told, and what became of it.
kill -HUP "$SERVER_PID"
eventually 20 grep -q '^RELOADING=1 MONOTONIC_USEC=[1-9]' "$WORK/told"
ready() { [ "$(grep READY=1 "$WORK/told" | tail -n 1)" = "$1" ] && [ "$(grep -c READY=1 "$WORK/told")" = "$2" ]; }
eventually 20 ready 'READY=1 STATUS=serving' 2
cp "$CONFIG" "$WORK/good.yaml"
echo 'nonsense: 1' >> "$CONFIG"
kill -HUP "$SERVER_PID"
refused() { grep READY=1 "$WORK/told" | tail -n 1 | grep -q 'serving; the last reload was refused: .*nonsense'; }
eventually 20 refused
cp "$WORK/good.yaml" "$CONFIG"

stop_server
assert_eq "$STOPPED" 0
assert_contains "$(grep STOPPING=1 "$WORK/told")" 'STOPPING=1 STATUS=stopping EXTEND_TIMEOUT_USEC=100000000 WATCHDOG_USEC=100000000'

# A start that fails is not ready.
: > "$WORK/told"
printf 'secure: {port: nowhere}\n' > "$WORK/bad.yaml"
NOTIFY_SOCKET=$WORK/notify assert_exit 1 "$LIMEN" serve --config "$WORK/bad.yaml"
assert_eq "$(cat "$WORK/told")" ""

# The configuration a package is made with is the one of a first start.
assert_ok "$LIMEN" init --print-config --state "$STATE" --secure-port "$PORT" --bind-address 127.0.0.1
assert_eq "$OUTPUT" "$(cat "$CONFIG")"
finish
