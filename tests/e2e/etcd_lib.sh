# etcd for end-to-end tests and benchmarks: members on loopback, and servers that keep their objects there.
# Source it after lib.sh.
#
#   need_etcd                   # ends the script, saying so, where there is none
#   start_etcd 1 tls            # members 1..N, with TLS and client certificates or plain
#   make_servers 3              # states and configurations of servers 1..N over it
#   start_limen 1; on 1 get ns  # kubectl against server 1
# shellcheck shell=bash
ETCD=$WORK/etcd        # data, certificates and logs of the members
ETCD_URLS=()           # of the members, from index 1
ETCD_PEERS=()
ETCD_PIDS=()
ETCD_TLS=no
LIMEN_PORTS=()         # of the servers, from index 1
LIMEN_PIDS=()
export ETCDCTL_API=3

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

# --- members --------------------------------------------------------------------------------------

# An authority, a certificate for every member, and one for clients.
make_etcd_certificates() {
  local name
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=etcd-ca \
    -keyout "$ETCD/ca.key" -out "$ETCD/ca.crt" 2> /dev/null
  for name in member client; do
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "/CN=$name" \
      -keyout "$ETCD/$name.key" -out "$ETCD/$name.csr" 2> /dev/null
    openssl x509 -req -in "$ETCD/$name.csr" -CA "$ETCD/ca.crt" -CAkey "$ETCD/ca.key" -CAcreateserial -days 1 \
      -extfile <(printf 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth,clientAuth\n') \
      -out "$ETCD/$name.crt" 2> /dev/null
  done
}

# start_etcd [MEMBERS] [tls]
start_etcd() {
  local members=${1:-1} i scheme=http
  mkdir -p "$ETCD"
  if [ "${2:-}" = tls ]; then
    ETCD_TLS=yes
    scheme=https
    make_etcd_certificates
  fi
  for i in $(seq "$members"); do
    ETCD_URLS[i]=$scheme://127.0.0.1:$(free_port)
    ETCD_PEERS[i]=http://127.0.0.1:$(free_port)
  done
  for i in $(seq "$members"); do start_member "$i"; done
  for i in $(seq "$members"); do wait_member "$i"; done
}
# start_member N: for the first time, or again on what it has.
start_member() {
  local i=$1 j all='' tls=()
  for j in "${!ETCD_PEERS[@]}"; do all+=${all:+,}m$j=${ETCD_PEERS[j]}; done
  if [ "$ETCD_TLS" = yes ]; then
    tls=(--cert-file "$ETCD/member.crt" --key-file "$ETCD/member.key" --trusted-ca-file "$ETCD/ca.crt" --client-cert-auth)
  fi
  # Elections are slow enough for a machine that has other things to do.
  etcd --name "m$i" --data-dir "$ETCD/m$i" --listen-client-urls "${ETCD_URLS[i]}" \
    --advertise-client-urls "${ETCD_URLS[i]}" --listen-peer-urls "${ETCD_PEERS[i]}" \
    --initial-advertise-peer-urls "${ETCD_PEERS[i]}" --initial-cluster "$all" --heartbeat-interval 100 \
    --election-timeout 1000 --logger zap --log-level warn "${tls[@]}" >> "$ETCD/m$i.log" 2>&1 &
  ETCD_PIDS[i]=$!
}
wait_member() { eventually 30 ectl_of "$1" endpoint health; }
kill_member() {
  kill -KILL "${ETCD_PIDS[$1]}"
  wait "${ETCD_PIDS[$1]}" 2> /dev/null || true
  ETCD_PIDS[$1]=
}
pause_member() { kill -STOP "${ETCD_PIDS[$1]}"; }
resume_member() { kill -CONT "${ETCD_PIDS[$1]}"; }

# etcdctl with all members, and with one.
ectl() {
  local IFS=,
  ectl_at "${ETCD_URLS[*]}" "$@"
}
ectl_of() {
  local i=$1
  shift
  ectl_at "${ETCD_URLS[i]}" "$@"
}
ectl_at() {
  local tls=()
  [ "$ETCD_TLS" = no ] || tls=(--cacert "$ETCD/ca.crt" --cert "$ETCD/client.crt" --key "$ETCD/client.key")
  etcdctl --endpoints "$1" "${tls[@]}" --command-timeout=5s "${@:2}"
}
# The number of the member that leads.
etcd_leader() {
  local i
  for i in "${!ETCD_URLS[@]}"; do
    if [ -n "${ETCD_PIDS[i]}" ] && [ "$(ectl_of "$i" endpoint status -w json 2> /dev/null |
      jq -r '.[0].Status | .leader == .header.member_id')" = true ]; then
      printf '%s\n' "$i"
      return
    fi
  done
  return 1
}

# --- servers --------------------------------------------------------------------------------------

# The section `storage` of a configuration, in one line.
etcd_storage() {
  local list certificates=''
  list=$(printf '"%s",' "${ETCD_URLS[@]}")
  [ "$ETCD_TLS" = no ] || certificates=", caFile: \"$ETCD/ca.crt\", certFile: \"$ETCD/client.crt\", keyFile: \"$ETCD/client.key\""
  printf 'storage: {module: etcd, config: {endpoints: [%s]%s}}\n' "${list%,}" "$certificates"
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
