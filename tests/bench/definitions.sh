# What 500 custom resource definitions take, each with the schema of a usual operator's kind: in a server that has just
# taken them in and has forgotten their history, and in one that found them at its start. Sourced by `run`, whose
# functions it uses.
# shellcheck shell=bash disable=SC2154

# A definition whose schema has 180 properties, as those of well-known operators have; @ stands for its number.
definition() {
  local properties='' parts='' i j
  for j in {1..9}; do
    properties+="\"field$j\":{\"type\":\"string\",\"maxLength\":10$j,\"description\":\"What field $j is for, said in one line.\"},"
  done
  for i in {1..20}; do parts+="\"part$i\":{\"type\":\"object\",\"properties\":{${properties%,}}},"; done
  printf '{"apiVersion":"apiextensions.k8s.io/v1","kind":"CustomResourceDefinition","metadata":{"name":"things@.bench.example.com"},'
  printf '"spec":{"group":"bench.example.com","scope":"Namespaced","names":{"plural":"things@","kind":"Thing@"},"versions":['
  printf '{"name":"v1","served":true,"storage":true,"subresources":{"status":{}},"schema":{"openAPIV3Schema":{"type":"object",'
  printf '"properties":{"spec":{"type":"object","properties":{%s}},' "${parts%,}"
  printf '"status":{"type":"object","x-kubernetes-preserve-unknown-fields":true}}}}}]}}'
}
# Definitions that are served by now.
established() {
  curl -sS "$base/apis/apiextensions.k8s.io/v1/customresourcedefinitions" | grep -o '"type": *"Established"' | wc -l
}

bench_definitions() {
  local count=${LIMEN_BENCH_DEFINITIONS:-500} text before after again i
  start
  stop
  # Compacted once a second: what was before is forgotten soon.
  sed -i '/^historyRetention:/d' "$work/state/limen.yaml"
  printf 'historyRetention: 1s\n' >> "$work/state/limen.yaml"
  serve
  sleep 3
  before=$(resident_kib)
  text=$(definition)
  for ((i = 1; i <= count; i++)); do
    printf '%s' "${text//@/$i}" > "$work/definition$i"
    printf 'url = "%s/apis/apiextensions.k8s.io/v1/customresourcedefinitions"\nheader = "Content-Type: application/json"\n' "$base"
    printf 'data = "@%s"\noutput = "/dev/null"\nsilent\nnext\n' "$work/definition$i"
  done > "$work/definitions"
  sed -i '$d' "$work/definitions" # nothing comes after the last one
  curl -K "$work/definitions"
  rm -f "$work"/definition*
  until [ "$(established)" = "$count" ]; do sleep 0.2; done
  # Somebody asks for discovery, as every client does.
  curl -sS -o /dev/null "$base/apis/bench.example.com/v1"
  sleep 5
  after=$(resident_kib)
  stop
  serve
  sleep 3
  again=$(resident_kib)
  stop
  awk -v n="$count" -v bytes="${#text}" -v before="$before" -v after="$after" -v again="$again" 'BEGIN {
    printf "{\"bench\":\"memory_definitions\",\"definitions\":%d,\"object_bytes\":%d,", n, bytes
    printf "\"resident_bytes_a_definition\":%.0f,\"resident_bytes_a_definition_after_restart\":%.0f}\n",
      (after - before) * 1024 / n, (again - before) * 1024 / n }'
}
