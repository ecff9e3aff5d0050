# etcd for end-to-end tests and benchmarks: members on loopback, and servers that keep their objects there.
# Source it after lib.sh.
#
#   need_etcd                   # ends the script, saying so, where there is none
#   start_etcd 1 tls            # members 1..N, with TLS and client certificates or plain
#   make_servers 3              # states and configurations of servers 1..N over it
#   start_limen 1; on 1 get ns  # kubectl against server 1
# shellcheck shell=bash
ETCD=$WORK/etcd        # data, certificates and logs of the members
LIMEN_PORTS=()         # of the servers, from index 1
LIMEN_PIDS=()
# shellcheck source=tests/support/etcd_members.sh
source "$LIMEN_SOURCE/tests/support/etcd_members.sh"

need_etcd() {
  if ! command -v etcd > /dev/null || ! command -v etcdctl > /dev/null; then
    printf 'left out: %s needs etcd and etcdctl (Debian: etcd-server, etcd-client)\n' "${0##*/}"
    exit 0
  fi
}

end_all() {
  local pid
  for pid in "${LIMEN_PIDS[@]}" "${ETCD_PIDS[@]}"; do
    [ -z "$pid" ] || kill -KILL "$pid" 2> /dev/null || true
  done
  wait "${LIMEN_PIDS[@]}" "${ETCD_PIDS[@]}" 2> /dev/null || true
}
trap 'status=$?; end_all; cleanup "$status"' EXIT

# --- servers --------------------------------------------------------------------------------------

# The section `storage` of a configuration, in one line.
etcd_storage() {
  local list certificates=''
  list=$(printf '"%s",' "${ETCD_URLS[@]}")
  [ "$ETCD_TLS" = no ] || certificates=", caFile: \"$ETCD/ca.crt\", certFile: \"$ETCD/client.crt\", keyFile: \"$ETCD/client.key\""
  printf 'storage: {module: etcd, config: {endpoints: [%s]%s, requestTimeout: 3}}\n' "${list%,}" "$certificates"
}

# make_servers N [MORE CONFIG]: one `limen init` for all, so that certificates and keys are the same; server i
# tells others to reach it at 192.0.2.1i.
make_servers() {
  local i
  PORT=$(free_port)
  init_state
  sed -i '/^storage:/,$d' "$CONFIG"
  for i in $(seq "$1"); do
    LIMEN_PORTS[i]=$(free_port)
    mkdir -p "$WORK/s$i"
    sed -e "s|^secure:|secure:\n  advertiseAddress: 192.0.2.1$i|" -e "s|^  port: .*|  port: ${LIMEN_PORTS[i]}|" "$CONFIG" \
      > "$WORK/s$i/limen.yaml"
    { etcd_storage; printf '%s\n' "${2:-shutdownTimeout: 2s}"; } >> "$WORK/s$i/limen.yaml"
  done
  PORT=${LIMEN_PORTS[1]}
}
# begin_limen N: starts it; start_limen N waits until it is ready as well.
begin_limen() {
  "$LIMEN" serve --config "$WORK/s$1/limen.yaml" >> "$WORK/s$1/server.log" 2>&1 &
  LIMEN_PIDS[$1]=$!
}
start_limen() {
  LOG=$WORK/s$1/server.log
  begin_limen "$1"
  wait_limen "$1"
}
limen_ready() { [ "$(curl -s --max-time 5 "${ADMIN[@]}" "https://127.0.0.1:${LIMEN_PORTS[$1]}/readyz" 2> /dev/null)" = ok ]; }
limen_unready() { ! limen_ready "$1"; }
wait_limen() {
  LOG=$WORK/s$1/server.log
  eventually 40 limen_ready "$1"
}
kill_limen() {
  kill -KILL "${LIMEN_PIDS[$1]}"
  wait "${LIMEN_PIDS[$1]}" 2> /dev/null || true
  LIMEN_PIDS[$1]=
}
stop_limen() {
  kill -TERM "${LIMEN_PIDS[$1]}"
  wait "${LIMEN_PIDS[$1]}" || fail "server $1 ended with status $?"
  LIMEN_PIDS[$1]=
}

# on N ARGUMENTS: kubectl against server N. api_on N METHOD PATH [curl options]: its answer.
on() {
  local i=$1
  shift
  kubectl --request-timeout=30s --server "https://127.0.0.1:${LIMEN_PORTS[i]}" "$@"
}
api_on() {
  local PORT=${LIMEN_PORTS[$1]}
  shift
  api "$@"
}
status_on() {
  local PORT=${LIMEN_PORTS[$1]}
  shift
  status_of "$@"
}
