#!/usr/bin/env bash
# A module in a process of its own: it decides as in the server, and when its process is killed only its own
# calls fail, until it is there again.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
host_of() { pgrep -f "limen-module-host $1\$" -P "$SERVER_PID"; }

# --- what cannot be is said before anything starts
sed 's/^  - name: rbac.*/  - {name: rbac, isolation: maybe, memoryLimit: 1Mi}/' "$CONFIG" > "$WORK/bad.yaml"
assert_exit 1 "$LIMEN" check --config "$WORK/bad.yaml"
assert_contains "$OUTPUT" 'isolation: must be none or process'
assert_contains "$OUTPUT" 'memoryLimit: 1Mi must be between 32Mi and 64Gi'
sed 's/^  - name: rbac.*/  - {name: rbac, memoryLimit: 64Mi}/' "$CONFIG" > "$WORK/bad.yaml"
assert_exit 1 "$LIMEN" check --config "$WORK/bad.yaml"
assert_contains "$OUTPUT" 'memoryLimit is for a module with isolation: process'

# --- RBAC and an admission controller, isolated, rule as they always do
sed -i -e 's/^  - name: rbac.*/  - {name: rbac, isolation: process, memoryLimit: 256Mi}/' \
  -e '/^admission:/a\  - {name: pulls, module: always-pull-images, isolation: process}' "$CONFIG"
assert_ok "$LIMEN" check --config "$CONFIG"
start_server
assert_ok k create namespace team
assert_ok k -n team create role reader --verb=get,list --resource=configmaps
assert_ok k -n team create rolebinding bob --role=reader --user=bob
assert_ok k -n team get configmaps --as bob
assert_exit 1 k -n team get secrets --as bob
assert_contains "$OUTPUT" 'User "bob" cannot list resource "secrets" in API group "" in the namespace "team"'
assert_contains "$(k auth can-i --list -n team --as bob)" configmaps
assert_ok k -n team run p --image=i:1 --image-pull-policy=Never
assert_eq "$(k -n team get pod p -o 'jsonpath={.spec.containers[0].imagePullPolicy}')" Always

# --- it holds no more than it needs, and is no child of anybody else
pid=$(host_of rbac)
assert_eq "$(sed -n 's/^NoNewPrivs:\t//p' "/proc/$pid/status")" 1
assert_eq "$(sed -n 's/^Seccomp:\t//p' "/proc/$pid/status")" 2
if [ "$(id -u)" = 0 ]; then assert_not_contains "$(sed -n 's/^Uid:\t//p' "/proc/$pid/status") " '	0	'; fi

# --- killed: refused while it is away (nothing is let in), and there again by itself
kill -9 "$pid"
allowed_again() { k -n team get configmaps --as bob > /dev/null 2>&1; }
eventually 10 allowed_again
[ "$(host_of rbac)" != "$pid" ] || fail "the process was not started anew"
assert_exit 1 k -n team get secrets --as bob
assert_contains "$(cat "$LOG")" 'the process of an isolated module has ended'
assert_contains "$(api GET /readyz)" ok

# --- rights that change are in force with the next request, across the border too
assert_ok k -n team create role keeper --verb=list --resource=secrets
assert_ok k -n team create rolebinding bob-keeps --role=keeper --user=bob
assert_ok k -n team get secrets --as bob
assert_ok k -n team delete rolebinding bob-keeps
assert_exit 1 k -n team get secrets --as bob

# --- its processes end with the server
pids=$(host_of rbac; host_of pulls)
stop_server
assert_eq "$STOPPED" 0
for pid in $pids; do [ ! -e "/proc/$pid" ] || fail "process $pid outlived the server"; done
finish
