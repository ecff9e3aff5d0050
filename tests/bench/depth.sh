# Protocols, writes and owners: HTTP/2 beside HTTP/1.1, every kind of write, what managedFields take. Sourced by
# `run`, whose functions it uses.
# shellcheck shell=bash disable=SC2154

# The same GET over both protocols, in turn: 64 requests at a time, on 64 connections or on as many streams.
bench_http2() {
  local turn
  start
  put kept
  for turn in 1 2 3; do
    printf '{"bench":"http2","turn":%d}\n' "$turn"
    load --name get_1k_http1 --path "$space/kept" --connections 64 --seconds "$seconds"
    load --name get_1k_http2_64x1 --path "$space/kept" --connections 64 --streams 1 --seconds "$seconds"
    load --name get_1k_http2_8x8 --path "$space/kept" --connections 8 --streams 8 --seconds "$seconds"
    load --name get_1k_http2_1x64 --path "$space/kept" --connections 1 --streams 64 --seconds "$seconds"
    load --name get_1k_protobuf --path "$space/kept" --connections 64 --accept application/vnd.kubernetes.protobuf \
      --seconds "$seconds"
  done
  stop
}

deployments=/apis/apps/v1/namespaces/default/deployments
deployment() {
  printf '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"%s"%s},"spec":{"replicas":1,"selector":{"matchLabels":{"app":"web"}},"template":{"metadata":{"labels":{"app":"web"}},"spec":{"containers":[{"name":"web","image":"web:1"}]}}}}' "$1" "${2:-}"
}

# 16 clients, each write to one of 1,000 Deployments in turn, so that they rarely meet.
bench_write() {
  local named
  start
  named=$deployments/web-{n}
  load --name create_deployment --post "$deployments" --body "$(deployment 'web-{n}')" --connections 16 --count 1000 --seconds 60
  write_as() { # NAME METHOD TYPE BODY [QUERY]
    load --name "$1" --method "$2" --path "$named${5:-}" --content-type "$3" --body "$4" --connections 16 --count 1000 --seconds 60
  }
  write_as patch_merge PATCH application/merge-patch+json '{"metadata":{"labels":{"n":"m{n}"}}}'
  write_as patch_json PATCH application/json-patch+json '[{"op":"replace","path":"/metadata/labels/n","value":"j{n}"}]'
  write_as patch_strategic PATCH application/strategic-merge-patch+json \
    '{"spec":{"template":{"spec":{"containers":[{"name":"web","image":"web:{n}"}]}}}}'
  write_as apply_changed PATCH application/apply-patch+yaml \
    "$(deployment 'web-{n}' ',"labels":{"applied":"a{n}"}')" '?fieldManager=bench&force=true'
  write_as apply_unchanged PATCH application/apply-patch+yaml \
    "$(deployment 'web-{n}' ',"labels":{"applied":"a{n}"}')" '?fieldManager=bench&force=true'
  write_as update PUT application/json "$(deployment 'web-{n}' ',"labels":{"updated":"u{n}"}')"
  load --name delete --method DELETE --path "$named" --connections 16 --count 1000 --seconds 60
  stop
}

# What owners of fields take: 10,000 Deployments with them and without, in memory after a restart and in an answer.
bench_owners() {
  local with without listed_with listed_without
  start
  stop
  # What was before is forgotten soon, so that after a restart there is what is now and nothing else.
  sed -i '/^historyRetention:/d' "$work/state/limen.yaml"
  printf 'historyRetention: 1s\n' >> "$work/state/limen.yaml"
  serve
  load --name fill --post "$deployments" --body "$(deployment 'web-{n}')" --connections 64 --count 10000 --seconds 600 > /dev/null
  sleep 5
  stop
  serve
  with=$(resident_kib)
  listed_with=$(load --name list --path "$deployments" --connections 1 --seconds 1)
  load --name forget --method PATCH --path "$deployments/web-{n}" --content-type application/merge-patch+json \
    --body '{"metadata":{"managedFields":[{}]}}' --connections 64 --count 10000 --seconds 600 > /dev/null
  sleep 5
  stop
  serve
  without=$(resident_kib)
  listed_without=$(load --name list --path "$deployments" --connections 1 --seconds 1)
  stop
  awk -v with="$with" -v without="$without" -v listed="$(field answer_bytes "$listed_with")" \
    -v listed_without="$(field answer_bytes "$listed_without")" 'BEGIN {
      printf "{\"bench\":\"memory_owners\",\"resident_kib_with\":%d,\"resident_kib_without\":%d,", with, without
      printf "\"memory_bytes_an_object\":%.0f,\"answer_bytes_an_object_with\":%.0f,\"answer_bytes_an_object_without\":%.0f}\n",
        (with - without) * 1024 / 10000, listed / 10000, listed_without / 10000 }'
}
