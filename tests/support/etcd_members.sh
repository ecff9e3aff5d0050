# Members of an etcd on loopback, for end-to-end tests and benchmarks. Whoever sources it says where their data
# go, $ETCD, has `free_port` and `eventually SECONDS COMMAND...`, and ends the processes ETCD_PIDS at its end.
# shellcheck shell=bash
ETCD_URLS=()           # of the members, from index 1
ETCD_PEERS=()
ETCD_PIDS=()
ETCD_TLS=no
export ETCDCTL_API=3

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
