#!/usr/bin/env bash
# HTTP/2 as clients use it: curl, kubectl, a watch, a body that is too large, the end of the server.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
cp "$CONFIG" "$WORK/plain.yaml"
start_server

# What the server itself has seen of HTTP/2; asked over HTTP/1.1, so that the asking does not count.
over_http2() { api GET /metrics --http1.1 | awk -v name="limen_http2_$1_total" '$1 ~ "^" name {sum += $2} END {print sum + 0}'; }
version_of() { api GET /version -o /dev/null -w '%{http_version}' "$@"; }

# --- the client's choice, HTTP/2 first
assert_eq "$(version_of)" 2
assert_eq "$(version_of --http1.1)" 1.1
assert_contains "$(openssl s_client -connect "127.0.0.1:$PORT" -alpn http/1.1,h2 < /dev/null 2>&1 | tr -d '\0' || true)" 'ALPN protocol: h2'
assert_eq "$(api GET /version --http2)" "$(api GET /version --http1.1)"

# --- kubectl speaks it by itself
BEFORE=$(over_http2 requests)
assert_contains "$(k get ns -o name)" namespace/default
k create configmap seen --from-literal=by=http2 > /dev/null
assert_eq "$(k get configmap seen -o jsonpath='{.data.by}')" http2
k delete configmap seen > /dev/null
AFTER=$(over_http2 requests)
[ "$AFTER" -gt "$((BEFORE + 3))" ] || fail "kubectl did not speak HTTP/2: $BEFORE requests before, $AFTER after"
BEFORE=$AFTER
DISABLE_HTTP2=1 k get ns -o name > /dev/null 2>&1
assert_eq "$(over_http2 requests)" "$BEFORE" "client-go without HTTP/2"

# --- one connection, many requests at a time
seq -f "url = https://127.0.0.1:$PORT/api/v1/namespaces/default?n=%g" 1 60 > "$WORK/urls"
CONNECTIONS=$(over_http2 connections)
curl -sS --max-time 30 "${ADMIN[@]}" --http2 --parallel --parallel-max 60 -K "$WORK/urls" -w '\n%{http_code}\n' > "$WORK/many" 2> "$WORK/many.err"
assert_eq "$(grep -c '^200$' "$WORK/many")" 60
USED=$(($(over_http2 connections) - CONNECTIONS))
[ "$USED" -lt 60 ] || fail "each request had a connection of its own"

# --- a watch: events leave at once, a client that goes away ends it
watch_maps() { exec curl -sSN --max-time 60 "${ADMIN[@]}" --http2 "https://127.0.0.1:$PORT/api/v1/namespaces/default/configmaps?watch=1"; }
rm -f "$WORK/watch"  # what an earlier one saw is no sign of this one
watch_maps > "$WORK/watch" 2> "$WORK/watch.err" &
WATCHER=$!
sleep 0.3
k create configmap watched --from-literal=a=b > /dev/null
eventually 10 grep -q '"name":"watched"' "$WORK/watch"
in_flight() { api GET /metrics --http1.1 | awk '/^limen_transport_requests_in_flight/ {print $2}'; }
assert_eq "$(in_flight)" 2
kill "$WATCHER"
wait "$WATCHER" 2> /dev/null || true
alone() { [ "$(in_flight)" = 1 ]; }
eventually 10 alone

# --- refusals are those of HTTP/1.1
head -c 3145729 /dev/zero | tr '\0' x > "$WORK/large"
too_large() { api POST /api/v1/namespaces/default/configmaps -H 'Content-Type: application/json' --data-binary @"$WORK/large" "$@"; }
assert_eq "$(too_large --http2)" "$(too_large --http1.1)"
assert_contains "$(too_large --http2)" 'Request entity too large: limit is 3145728'
for path in /api/../version /api//v1 /api/v1/%2e%2e/x '/api/v1/namespaces/a%2fb'; do
  assert_eq "$(status_of GET "$path" --path-as-is --http2)" "$(status_of GET "$path" --path-as-is --http1.1)" "$path"
done

# --- a stranger gets one answer a connection, others keep theirs
connects() { curl -sS --max-time 30 "$@" -o /dev/null -o /dev/null -w '%{num_connects} ' "https://127.0.0.1:$PORT/api" "https://127.0.0.1:$PORT/api"; }
assert_eq "$(connects "${ADMIN[@]}" --http2)" '1 0 '
assert_eq "$(connects "${ANYBODY[@]}" --http2)" '1 1 '
assert_eq "$(connects "${ANYBODY[@]}" --http2 -H 'Authorization: Bearer wrong')" '1 1 '
assert_eq "$(connects "${ANYBODY[@]}" --http1.1)" '1 0 '

# --- the server ends: a watch ends properly
rm -f "$WORK/watch"  # what an earlier one saw is no sign of this one
watch_maps > "$WORK/watch" 2> "$WORK/watch.err" &
WATCHER=$!
eventually 10 grep -q '"name":"watched"' "$WORK/watch"
stop_server
assert_eq "$STOPPED" 0
wait "$WATCHER" || fail "the watch did not end properly: $(cat "$WORK/watch.err")"

# --- and without it all is as before
sed '/^secure:/a\  http2: false' "$WORK/plain.yaml" > "$CONFIG"
start_server
assert_eq "$(version_of)" 1.1
assert_contains "$(k get ns -o name)" namespace/default
assert_eq "$(over_http2 requests)" 0
finish
