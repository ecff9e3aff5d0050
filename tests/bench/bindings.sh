# The cost of rights. Bindings that do not name the user: GETs from a server with 10 of them and from one with
# 50,000, in turn. Sourced by `run`, whose functions it uses.
# shellcheck shell=bash disable=SC2034,SC2154

# on_other FOLDER PORT COMMAND...: with a server of its own in the place of run's.
on_other() {
  local work=$work/$1 port=$2 local_port=$(($2 + 1))
  local base="http://127.0.0.1:$local_port"
  mkdir -p "$work"
  shift 2
  "$@"
}

# post_bindings COUNT PATH KIND
post_bindings() {
  local body made
  body='{"apiVersion":"rbac.authorization.k8s.io/v1","kind":"'$3'","metadata":{"name":"other-{n}"},'
  body+='"roleRef":{"apiGroup":"rbac.authorization.k8s.io","kind":"ClusterRole","name":"view"},'
  body+='"subjects":[{"apiGroup":"rbac.authorization.k8s.io","kind":"User","name":"other-{n}"}]}'
  made=$("$bin/limen_load" --name fill --port "$port" --token "$filler" --post "/apis/rbac.authorization.k8s.io/v1/$2" \
    --body "$body" --connections $(($1 < 64 ? $1 : 64)) --count "$1" --seconds 600)
  [[ $made == *"\"done\":$1,\"errors\":0,"* ]] || { printf 'the bindings were not made: %s\n' "$made" >&2; exit 1; }
}

# Whoever prepares a measurement is no user of it; the token is in force when the file has been read again.
filler=filler-token-0123456789abcdef
allow_filler() {
  printf '%s,filler,2,system:masters\n' "$filler" >> "$work/state/tokens.csv"
  until curl -sf -o /dev/null --cacert "$work/state/pki/ca.crt" -H "Authorization: Bearer $filler" \
    "https://127.0.0.1:$port/api/v1/namespaces"; do sleep 0.2; done
}

# Half of them in the cluster, half in the namespace that is asked about.
start_with_bindings() {
  start
  put kept
  allow_filler
  post_bindings $(($1 / 2)) clusterrolebindings ClusterRoleBinding
  post_bindings $(($1 / 2)) namespaces/default/rolebindings RoleBinding
}

divided() { awk -v a="$1" -v b="$2" 'BEGIN { printf "%.3f", (b > 0 ? a / b : 0) }'; }

bench_bindings() {
  local few many pair_few pair_many turn
  on_other few 17450 start_with_bindings 10
  few=$server
  beside+=("$few")
  on_other many 17460 start_with_bindings 50000
  many=$server
  beside+=("$many")
  server=
  printf '{"bench":"memory_50000_bindings","resident_kib":%d}\n' "$(server=$many resident_kib)"
  for turn in 1 2 3 4 5; do
    pair_few=$(server=$few port=17450 load --name get_1k_10_bindings --path "$space/kept" --connections 64 --seconds "$seconds")
    pair_many=$(server=$many port=17460 load --name get_1k_50000_bindings --path "$space/kept" --connections 64 --seconds "$seconds")
    printf '%s\n%s\n' "$pair_few" "$pair_many"
    printf '{"bench":"get_1k_50000_bindings_to_10","turn":%d,"per_second":%s,"server_cpu_us":%s}\n' "$turn" \
      "$(divided "$(field per_second "$pair_many")" "$(field per_second "$pair_few")")" \
      "$(divided "$(field server_cpu_us "$pair_many")" "$(field server_cpu_us "$pair_few")")"
  done
  kill "$few" "$many"
  wait "$few" "$many" 2> /dev/null || true
  beside=()
}

# What a change of rights costs while 5,000 watches are open, and how soon they end when theirs go.
bench_reasked() {
  local rbac=/apis/rbac.authorization.k8s.io/v1
  start
  put kept
  allow_filler
  load --reasked 5000 --path "$space" --admin-token "$filler" --role "$rbac/clusterroles/view" \
    --binding "$rbac/clusterrolebindings/bench"
  stop
}
