# What admission costs: pods created with the chain that `limen init` writes, which is kube-apiserver's, and with none, in
# turn; then each module's own time. Sourced by `run`, whose functions it uses.
# shellcheck shell=bash disable=SC2154

# What `start` does, with no admission module.
start_without_admission() {
  start
  stop
  # `admission: []` without admissionPlugins is no chain at all.
  awk '/^admissionPlugins:/ {skip = 1; next} /^admission:/ {print "admission: []"; skip = 1; next}
    skip && /^[^ ]/ {skip = 0} !skip' \
    "$work/state/limen.yaml" > "$work/state/limen.yaml.new"
  mv "$work/state/limen.yaml.new" "$work/state/limen.yaml"
  serve
}

bench_pod() {
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{"serviceAccountName":"default","containers":[{"name":"web","image":"web:1"}]}}' "$1"
}

# Microseconds a call of each admission module, from the server's own metrics.
module_costs() { # BASE
  curl -sS "$1/metrics" | awk '
    /^limen_module_call_seconds_(sum|count)\{/ && /kind="admission"/ {
      match($0, /name="[^"]*"/); name = substr($0, RSTART + 6, RLENGTH - 7)
      if ($0 ~ /_sum\{/) sum[name] = $NF; else count[name] = $NF
    }
    END {
      for (name in count) if (count[name] > 0)
        printf "{\"bench\":\"admission_module\",\"module\":\"%s\",\"calls\":%d,\"us\":%.2f}\n",
          name, count[name], sum[name] * 1e6 / count[name]
    }' | sort
}

bench_admission() {
  local chain turn made empty_rate
  declare -A ports=([empty]=17470 [default]=17480) pids=()
  on_other chain-empty "${ports[empty]}" start_without_admission
  pids[empty]=$server
  on_other chain-default "${ports[default]}" start
  pids[default]=$server
  beside+=("${pids[@]}")
  server=
  for turn in 1 2 3; do
    for chain in empty default; do
      made=$(server=${pids[$chain]} port=${ports[$chain]} load --name "create_pod_chain_$chain" \
        --post /api/v1/namespaces/default/pods --body "$(bench_pod "pod-$turn-{n}")" --connections 16 --count 2000 --seconds 60)
      printf '%s\n' "$made"
      if [ "$chain" = empty ]; then
        empty_rate=$(field per_second "$made")
        continue
      fi
      printf '{"bench":"create_pod_chain_default_to_empty","turn":%d,"per_second":%s}\n' "$turn" \
        "$(divided "$(field per_second "$made")" "$empty_rate")"
    done
  done
  module_costs "http://127.0.0.1:$((ports[default] + 1))"
  kill "${pids[@]}"
  wait "${pids[@]}" 2> /dev/null || true
  beside=()
}
