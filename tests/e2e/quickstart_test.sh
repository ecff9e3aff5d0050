#!/usr/bin/env bash
# packaging/quickstart over a build that is there: serves, prints the way in, and uses everything again
# the second time.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

quickstart() {
  PORT=$(free_port)
  LIMEN_BUILD=$LIMEN_BUILD "$LIMEN_SOURCE/packaging/quickstart" --no-install --state "$STATE" --port "$PORT" \
    > "$WORK/quickstart.out" 2>> "$LOG" &
  SERVER_PID=$!
  wait_ready || fail 'quickstart did not become ready'
}

assert_ok "$LIMEN_SOURCE/packaging/quickstart" --help
assert_exit 2 "$LIMEN_SOURCE/packaging/quickstart" --prot 1

quickstart
printed=$(cat "$WORK/quickstart.out")
line=$(grep '^export KUBECONFIG=' "$WORK/quickstart.out")
assert_eq "$line" "export KUBECONFIG=$STATE/admin.kubeconfig"
assert_eq "$(grep -c '^  kubectl ' <<< "$printed")" 3

# The three commands it suggests work as they stand.
eval "$line"
assert_ok kubectl get namespaces
assert_contains "$OUTPUT" kube-system
assert_ok kubectl create deployment web --image=nginx
assert_ok kubectl auth can-i --list
assert_contains "$OUTPUT" '*.*'
ca=$(sha256sum "$STATE/pki/ca.crt")
stop_server
assert_eq "$STOPPED" 0

quickstart
assert_eq "$(sha256sum "$STATE/pki/ca.crt")" "$ca"
assert_eq "$(k get deployment web -o name)" deployment.apps/web
stop_server
assert_eq "$STOPPED" 0
finish
