# Several servers over one etcd: what confirming a read costs, what is written a second beside etcd alone, and how
# long nobody can write when the member that leads dies. Sourced by `run`, whose functions it uses.
# shellcheck shell=bash disable=SC2154
ETCD=$work/etcd
# shellcheck source=tests/support/etcd_members.sh
source "$(dirname "${BASH_SOURCE[0]}")/../support/etcd_members.sh"

next_port=17500
free_port() { # of this run alone; a file, because it is asked for in subshells
  local port
  port=$(cat "$work/next-port" 2> /dev/null || printf '%s' "$next_port")
  printf '%s' $((port + 1)) > "$work/next-port"
  printf '%s\n' "$port"
}
eventually() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    ((SECONDS < end)) || { printf 'did not come true: %s\n' "$*" >&2; exit 1; }
    sleep 0.02
  done
}

end_etcd() {
  [ ${#ETCD_PIDS[@]} = 0 ] || kill -KILL "${ETCD_PIDS[@]}" 2> /dev/null || true
  wait "${ETCD_PIDS[@]}" 2> /dev/null || true
  ETCD_PIDS=() ETCD_URLS=() ETCD_PEERS=()
  rm -rf "$ETCD"
}

# several N: so many servers over the etcd there is, on the ports secure[i] and local[i]; sets pids.
secure=() locals=() pids=()
several() {
  local i list
  list=$(printf '"%s",' "${ETCD_URLS[@]}")
  rm -rf "$work/state"
  "$bin/limen" init --state "$work/state" --secure-port "$port" --bind-address 127.0.0.1 > /dev/null 2>&1
  printf '%s,bench,1\n' "$token" > "$work/state/tokens.csv"
  chmod 600 "$work/state/tokens.csv"
  sed -i -e "s|^authenticators:|authenticators:\n  - {name: bench-tokens, module: token-file, config: {path: $work/state/tokens.csv}}|" \
    -e '/^storage:/,$d' "$work/state/limen.yaml"
  secure=() locals=() pids=()
  for i in $(seq "$1"); do
    secure[i]=$(free_port)
    locals[i]=$(free_port)
    { sed "s|^secure:|secure:\n  advertiseAddress: 192.0.2.1$i|" "$work/state/limen.yaml"
      printf 'storage: {module: etcd, config: {endpoints: [%s]}}\n' "${list%,}"; } > "$work/state/limen.$i.yaml"
    "$bin/limen" serve --config "$work/state/limen.$i.yaml" --secure-port "${secure[i]}" --bind-address 127.0.0.1 \
      --insecure-port "${locals[i]}" > "$work/server.$i.log" 2>&1 &
    pids[i]=$!
    beside+=($!)
  done
  for i in $(seq "$1"); do eventually 60 serves "$i"; done
  curl -sS -o /dev/null -X POST "http://127.0.0.1:${locals[1]}/apis/rbac.authorization.k8s.io/v1/clusterrolebindings" -H 'Content-Type: application/json' \
    -d '{"metadata":{"name":"bench"},"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"edit"},"subjects":[{"kind":"User","name":"bench","apiGroup":"rbac.authorization.k8s.io"}]}'
  local base="http://127.0.0.1:${locals[1]}" n
  for n in kept $(seq -f 'other-%g' 99); do put "$n"; done
  for i in $(seq "$1"); do eventually 10 may_read "$i"; done
}
serves() { [ "$(curl -s "http://127.0.0.1:${locals[$1]}/readyz")" = ok ]; }
may_read() {
  [ "$(curl -sk -o /dev/null -w '%{http_code}' -H "Authorization: Bearer $token" "https://127.0.0.1:${secure[$1]}$space/kept")" = 200 ]
}
end_several() {
  kill "${pids[@]}" 2> /dev/null || true
  wait "${pids[@]}" 2> /dev/null || true
  pids=()
}

# load_all NAME ARGUMENTS: the same load on every server at once; their rates together are the result. {s} becomes
# the server's number.
load_all() {
  local name=$1 i loads=()
  shift
  for i in "${!secure[@]}"; do
    "$bin/limen_load" --name "$name" --port "${secure[i]}" --token "$token" --pid "${pids[i]}" "${@//\{s\}/$i}" \
      > "$work/load.$i" &
    loads+=($!)
  done
  wait "${loads[@]}"
  cat "$work"/load.[0-9]* | sed 's/.*"done":\([0-9]*\),"errors":\([0-9]*\),"per_second":\([0-9.]*\),"server_cpu_us":\([0-9.]*\),"p50_us":\([0-9.]*\),"p99_us":\([0-9.]*\).*/\1 \2 \3 \4 \5 \6/' |
    awk -v name="$name" '{ d += $1; e += $2; r += $3; c += $1 * $4; if ($5 > p) p = $5; if ($6 > q) q = $6 }
      END { printf "{\"bench\":\"%s\",\"servers\":%d,\"done\":%d,\"errors\":%d,\"per_second\":%.0f,\"server_cpu_us\":%.2f,\"p50_us\":%.0f,\"p99_us\":%.0f}\n",
        name, NR, d, e, r, d ? c / d : 0, p, q }'
  rm -f "$work"/load.[0-9]*
}
# ratio NAME FIELD A B: the first result's figure divided by the second's.
ratio() {
  awk -v name="$1" -v a="$(field "$2" "$3")" -v b="$(field "$2" "$4")" 'BEGIN {
    printf "{\"bench\":\"%s\",\"ratio\":%.2f,\"difference\":%.0f}\n", name, b ? a / b : 0, a - b }'
}

# One, two and three servers: confirmed reads, reads from memory and lists of 100.
bench_several_reads() {
  local n
  for n in 1 2 3; do
    several "$n"
    load_all several_get_confirmed --path "$space/kept" --connections 16 --seconds "$seconds"
    load_all several_get_memory --path "$space/kept?resourceVersion=0" --connections 16 --seconds "$seconds"
    load_all several_list_confirmed --path "$space" --connections 8 --seconds "$seconds"
    end_several
  done
}

# What a client waits: one connection, three times in turn, the median.
bench_several_latency() {
  local turn sqlite confirmed memory all=''
  start
  put kept
  several 1
  for turn in 1 2 3; do
    sqlite=$(load --name latency_sqlite --path "$space/kept" --connections 1 --seconds "$seconds")
    confirmed=$(load_all latency_confirmed --path "$space/kept" --connections 1 --seconds "$seconds")
    memory=$(load_all latency_memory --path "$space/kept?resourceVersion=0" --connections 1 --seconds "$seconds")
    printf '%s\n' "$sqlite" "$confirmed" "$memory"
    all+="$(ratio confirmation_to_sqlite p50_us "$confirmed" "$sqlite")"$'\n'"$(ratio memory_to_sqlite p50_us "$memory" "$sqlite")"$'\n'
  done
  grep confirmation <<< "$all" | sort -t: -k3 -n | sed -n 2p
  grep memory <<< "$all" | sort -t: -k3 -n | sed -n 2p
  stop
  end_several
}

# Creates of 1 KiB: through a server, and by a client of etcd that does one transaction an object, in turn.
bench_several_creates() {
  local connections ours floor member=${ETCD_URLS[1]}
  several 1
  for connections in 1 16 64; do
    floor=$("$bin/limen_etcd_load" --name etcd_create --port "${member##*:}" --connections "$connections" --seconds "$seconds" --bytes 1000)
    ours=$(load_all several_create --post "$space" --body "$(config_map "c-$connections-{s}-{n}")" --connections "$connections" --seconds "$seconds")
    printf '%s\n' "$floor" "$ours"
    ratio "create_to_etcd_$connections" per_second "$ours" "$floor"
  done
  end_several
  several 3
  load_all several_create --post "$space" --body "$(config_map 'three-{s}-{n}')" --connections 21 --seconds "$seconds"
  end_several
}

# A try every 50 ms from the death of the leading member on; what counts is when the first was answered.
tries() { # NAME SERVER CURL-OPTIONS...
  local name=$1 server=$2 n
  shift 2
  for n in $(seq 160); do
    [ ! -e "$work/$name.$server" ] || return 0
    {
      code=$(curl -s -o /dev/null -w '%{http_code}' --max-time 15 "${@//\{n\}/$n}" || true)
      case $code in 20*) date +%s%N >> "$work/$name.$server" ;; esac
    } &
    sleep 0.05
  done
}
bench_several_failover() {
  local turn i leader begun base
  several 3
  for turn in 1 2 3; do
    leader=$(etcd_leader)
    rm -f "$work"/write.[0-9] "$work"/read.[0-9]
    begun=$(date +%s%N)
    kill_member "$leader"
    for i in 1 2 3; do
      base=http://127.0.0.1:${locals[i]}
      tries write "$i" -X POST "$base$space" -H 'Content-Type: application/json' \
        -d "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"f-$turn-$i-{n}\"}}" &
      tries read "$i" "$base$space/kept" &
    done
    for i in 1 2 3; do
      eventually 40 test -s "$work/write.$i"
      eventually 40 test -s "$work/read.$i"
    done
    for i in 1 2 3; do
      printf '{"bench":"failover","turn":%d,"server":%d,"write_ms":%d,"confirmed_read_ms":%d}\n' "$turn" "$i" \
        $((($(sort -n "$work/write.$i" | head -1) - begun) / 1000000)) $((($(sort -n "$work/read.$i" | head -1) - begun) / 1000000))
    done
    start_member "$leader"
    wait_member "$leader"
    sleep 2
  done
  end_several
}

bench_several() {
  command -v etcd > /dev/null || { printf '{"bench":"several","left_out":"no etcd (Debian: etcd-server, etcd-client)"}\n'; return; }
  start_etcd 1
  bench_several_reads
  bench_several_latency
  bench_several_creates
  end_etcd
  start_etcd 3
  bench_several_failover
  end_etcd
}
