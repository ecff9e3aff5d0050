# What admission costs: pods created with the chain that `limen init` writes, with the bundled modules that
# kube-apiserver has on by default, and with none, in turn; then each module's own time. Sourced by `run`, whose
# functions it uses.
# shellcheck shell=bash disable=SC2154

# kube-apiserver's order; those that are not built, or need an answer from elsewhere, are left out.
like_kubernetes=(namespace-lifecycle limit-ranger taint-nodes-by-condition pod-security priority
  default-toleration-seconds default-storage-class storage-object-in-use-protection persistent-volume-claim-resize
  runtime-class certificate-approval certificate-signing cluster-trust-bundle-attest certificate-subject-restriction
  default-ingress-class pod-topology-labels pod-resize-validator mutating-webhook validating-webhook resource-quota)

# with_chain NAME...: what `start` does, with these admission modules in the place of the usual ones.
with_chain() {
  local name list=
  start
  stop
  for name in "$@"; do
    [ -e "$bin/../lib/limen/modules/$name.so" ] && list+="{name: $name}, "
  done
  # The section, its entries and nothing after them.
  awk -v list="admission: [${list%, }]" '/^admission:/ {print list; skip = 1; next} skip && /^[^ ]/ {skip = 0} !skip' \
    "$work/state/limen.yaml" > "$work/state/limen.yaml.new"
  mv "$work/state/limen.yaml.new" "$work/state/limen.yaml"
  serve
}

bench_pod() {
  printf '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"%s"},"spec":{"serviceAccountName":"default","containers":[{"name":"web","image":"web:1"}]}}' "$1"
}

# Microseconds a call of each admission module, from the server's own metrics.
module_costs() { # CHAIN BASE
  curl -sS "$2/metrics" | awk -v chain="$1" '
    /^limen_module_call_seconds_(sum|count)\{/ && /kind="admission"/ {
      match($0, /name="[^"]*"/); name = substr($0, RSTART + 6, RLENGTH - 7)
      if ($0 ~ /_sum\{/) sum[name] = $NF; else count[name] = $NF
    }
    END {
      for (name in count) if (count[name] > 0)
        printf "{\"bench\":\"admission_module\",\"chain\":\"%s\",\"module\":\"%s\",\"calls\":%d,\"us\":%.2f}\n",
          chain, name, count[name], sum[name] * 1e6 / count[name]
    }' | sort
}

bench_admission() {
  local chain port_of turn made empty_rate
  declare -A ports=([empty]=17470 [default]=17480 [kubernetes]=17490) pids=()
  on_other chain-empty "${ports[empty]}" with_chain
  pids[empty]=$server
  on_other chain-default "${ports[default]}" start
  pids[default]=$server
  on_other chain-kubernetes "${ports[kubernetes]}" with_chain "${like_kubernetes[@]}"
  pids[kubernetes]=$server
  beside+=("${pids[@]}")
  server=
  for turn in 1 2 3; do
    for chain in empty default kubernetes; do
      port_of=${ports[$chain]}
      made=$(server=${pids[$chain]} port=$port_of load --name "create_pod_chain_$chain" --post /api/v1/namespaces/default/pods \
        --body "$(bench_pod "pod-$turn-{n}")" --connections 16 --count 2000 --seconds 60)
      printf '%s\n' "$made"
      [ "$chain" = empty ] && empty_rate=$(field per_second "$made")
      printf '{"bench":"create_pod_chain_%s_to_empty","turn":%d,"per_second":%s}\n' "$chain" "$turn" \
        "$(divided "$(field per_second "$made")" "$empty_rate")"
    done
  done
  for chain in default kubernetes; do module_costs "$chain" "http://127.0.0.1:$((ports[$chain] + 1))"; done
  kill "${pids[@]}"
  wait "${pids[@]}" 2> /dev/null || true
  beside=()
}
