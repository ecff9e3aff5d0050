#!/usr/bin/env bash
# logs, exec, attach, cp, port-forward and the proxies, by kubectl, against a kubelet without containers
# (tests/support/fake_kubelet.cpp) that runs commands of this machine.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/kubectl/versions.sh"
PORT=$(free_port)
init_state

# --- a kubelet, and what it and the server know each other by
KUBELET=$WORK/kubelet
mkdir -p "$KUBELET"
certificate() { # NAME SUBJECT EXTENSIONS
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/$1.key" -out "$WORK/$1.csr" \
    -subj "$2" 2> "$WORK/openssl.err" || fail "$(cat "$WORK/openssl.err")"
  openssl x509 -req -in "$WORK/$1.csr" -CA "$STATE/pki/ca.crt" -CAkey "$STATE/pki/ca.key" -CAcreateserial -days 1 \
    -extfile <(printf '%s\n' "$3") -out "$WORK/$1.crt" 2> "$WORK/openssl.err" || fail "$(cat "$WORK/openssl.err")"
}
certificate serving /CN=system:node:n1 'subjectAltName = IP:127.0.0.1'
certificate client /CN=kube-apiserver-kubelet-client 'extendedKeyUsage = clientAuth'
KUBELET_PIDS=()
stop_kubelets() { for pid in "${KUBELET_PIDS[@]}"; do kill "$pid" 2> /dev/null || true; done; }
trap 'status=$?; set +e; stop_kubelets; (exit $status); cleanup' EXIT
start_kubelet() { # PORT [no-websocket]
  "$LIMEN_BUILD/bin/fake_kubelet" "$1" "$WORK/serving.crt" "$WORK/serving.key" "$STATE/pki/ca.crt" "$KUBELET" \
    "${@:2}" > "$KUBELET/out.$1" 2>&1 &
  KUBELET_PIDS+=($!)
  eventually 10 grep -q ready "$KUBELET/out.$1"
}
NEW=$(free_port) OLD=$(free_port) LOCAL=$(free_port)
start_kubelet "$NEW"
start_kubelet "$OLD" no-websocket

cat >> "$CONFIG" << YAML
local: {enabled: true, bindAddress: 0.0.0.0, allowNonLoopback: true, port: $LOCAL}
kubelet:
  clientCertificateFile: $WORK/client.crt
  clientKeyFile: $WORK/client.key
  certificateAuthorityFile: $STATE/pki/ca.crt
  allowLocalAddresses: true
YAML
assert_ok "$LIMEN" check --config "$CONFIG"
start_server

# put_status PATH JSON: as a kubelet would report
put_status() { assert_status 200 PATCH "$1/status" -H 'Content-Type: application/merge-patch+json' -d "{\"status\":$2}"; }
node() { # NAME PORT ADDRESS
  k create -f - > /dev/null <<< "{\"apiVersion\":\"v1\",\"kind\":\"Node\",\"metadata\":{\"name\":\"$1\"}}"
  put_status "/api/v1/nodes/$1" "{\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"$3\"}],\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":$2}}}"
}
node n1 "$NEW" 127.0.0.1
node n2 "$OLD" 127.0.0.1
node gone "$(free_port)" 127.0.0.1
pod() { # NAME NODE [CONTAINERS [ADDRESS]]
  k create -f - > /dev/null <<< "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"name\":\"$1\",\"labels\":{\"app\":\"$1\"}},\"spec\":{\"nodeName\":\"$2\",\"containers\":${3:-[{\"name\":\"c\",\"image\":\"i\"\}]}}}"
  put_status "/api/v1/namespaces/default/pods/$1" "{\"phase\":\"Running\",\"podIP\":\"${4:-127.0.0.1}\",\"podIPs\":[{\"ip\":\"${4:-127.0.0.1}\"}]}"
}
pod web n1
pod old n2
pod lost gone
pod two n1 '[{"name":"a","image":"i"},{"name":"b","image":"i"}]'
# What the kubelet was last asked whose path begins so.
seen() { grep " $1" "$KUBELET/requests" | tail -n 1; }

# --- logs
printf 'one\ntwo\nthree\n' > "$KUBELET/log"
assert_eq "$(k logs web)" "$(cat "$KUBELET/log")"
assert_eq "$(seen /containerLogs/)" 'GET /containerLogs/default/web/c kube-apiserver-kubelet-client'
assert_eq "$(k logs web --tail=1)" three
assert_eq "$(k logs web --limit-bytes=5)" $'one\nt'
assert_ok k logs two -c b --previous --timestamps --since=5s
assert_contains "$(seen /containerLogs/)" '/containerLogs/default/two/b?previous=true&sinceSeconds=5&timestamps=true '
k logs -f web > "$WORK/followed" &
KUBECTL_PID=$!
eventually 10 grep -q three "$WORK/followed"
echo four >> "$KUBELET/log"
eventually 10 grep -q four "$WORK/followed"
touch "$KUBELET/log.end"
wait "$KUBECTL_PID" || fail "kubectl logs -f"
KUBECTL_PID=
assert_eq "$(cat "$WORK/followed")" "$(cat "$KUBELET/log")"

# --- exec: over a WebSocket, over SPDY, and by SPDY where a WebSocket is refused
remote() { # POD
  assert_eq "$(k exec "$1" -- echo hello there)" 'hello there'
  assert_eq "$(echo input | k exec -i "$1" -- sh -c 'cat; echo end')" $'input\nend'
  assert_exit 3 k exec "$1" -- sh -c 'echo out; echo err >&2; exit 3'
  assert_contains "$OUTPUT" out
  assert_contains "$OUTPUT" err
  assert_eq "$(echo attached | timeout 20 kubectl attach -i "$1" 2> "$WORK/attach.err")" attached
  head -c 3000000 /dev/urandom > "$WORK/data"
  assert_ok k cp "$WORK/data" "$1:$WORK/copied"
  cmp "$WORK/data" "$WORK/copied" || fail "what was copied to $1 is not the same"
  assert_ok k cp "$1:$WORK/copied" "$WORK/back"
  cmp "$WORK/data" "$WORK/back" || fail "what was copied from $1 is not the same"
  rm "$WORK/copied" "$WORK/back"
}
remote web
assert_ok k exec web -- echo hello there
assert_contains "$(seen /exec/)" '/exec/default/web/c?command=echo&command=hello&command=there&error=1&output=1 '
remote old
export KUBECTL_REMOTE_COMMAND_WEBSOCKETS=false KUBECTL_PORT_FORWARD_WEBSOCKETS=false
remote web
unset KUBECTL_REMOTE_COMMAND_WEBSOCKETS KUBECTL_PORT_FORWARD_WEBSOCKETS

# --- port-forward: SPDY, and SPDY in a WebSocket. The local listener stands for what a pod serves.
forwarded() {
  rm -f "$WORK/forward"
  kubectl port-forward pod/web ":$LOCAL" > "$WORK/forward" 2>&1 &
  KUBECTL_PID=$!
  eventually 10 grep -qE '^Forwarding from 127.0.0.1:[0-9]+ ' "$WORK/forward"
  local port
  port=$(sed -nE 's/^Forwarding from 127.0.0.1:([0-9]+).*/\1/p' "$WORK/forward")
  assert_eq "$(curl -sS --max-time 10 "http://127.0.0.1:$port/livez")" ok
  assert_eq "$(curl -sS --max-time 10 "http://127.0.0.1:$port/version" | jq -r .major)" 1
  kill "$KUBECTL_PID"
  wait "$KUBECTL_PID" 2> /dev/null || true
  KUBECTL_PID=
}
forwarded
assert_contains "$(seen /portForward/)" 'POST /portForward/default/web '
KUBECTL_PORT_FORWARD_WEBSOCKETS=false forwarded

# --- the same by Debian's kubectl 1.20, which knows of SPDY only
if OLD_KUBECTL=$(debian_kubectl); then
  mkdir "$WORK/old"
  ln -s "$OLD_KUBECTL" "$WORK/old/kubectl"
  NEW_PATH=$PATH
  PATH=$WORK/old:$PATH
  hash -r
  assert_eq "$(minor_of kubectl)" 20
  remote web
  remote old
  forwarded
  PATH=$NEW_PATH
  hash -r
else
  printf 'left out: kubectl 1.20 of Debian cannot be had here\n'
fi

# --- proxies to pods, services and nodes
PODS=/api/v1/namespaces/default/pods SERVICES=/api/v1/namespaces/default/services
assert_eq "$(k get --raw "$PODS/web:$LOCAL/proxy/livez")" ok
k create service clusterip web --tcp="80:$LOCAL" > /dev/null
assert_exit 1 k get --raw "$SERVICES/web:80/proxy/livez"
assert_contains "$OUTPUT" 'no endpoints available for service "web:80"'
# Endpoints are never loopback addresses, so the server is reached by the machine's own.
# Only those of pods are passed on to.
HOST_ADDRESS=$(hostname -I | tr ' ' '\n' | grep -m1 '\.') || fail "this machine has no IPv4 address but loopback"
pod outside n1 '[{"name":"c","image":"i"}]' "$HOST_ADDRESS"
k create -f - > /dev/null << JSON
{"apiVersion": "v1", "kind": "Endpoints", "metadata": {"name": "web"}, "subsets": [{
 "addresses": [{"ip": "$HOST_ADDRESS", "targetRef": {"kind": "Pod", "namespace": "default", "name": "outside"}}],
 "ports": [{"name": "80-$LOCAL", "port": $LOCAL}]}]}
JSON
for name in "web:80" "web:80-$LOCAL" "http:web:80"; do assert_eq "$(k get --raw "$SERVICES/$name/proxy/livez")" ok "$name"; done
assert_eq "$(k get --raw "$SERVICES/web:80/proxy/api/v1/nodes/n1?pretty=0" | jq -r .metadata.name)" n1
assert_status 301 GET "$SERVICES/web:80/proxy"
# Every method, its body and its refusal come through.
assert_status 201 POST "$SERVICES/web:80/proxy/api/v1/namespaces/default/configmaps" -H 'Content-Type: application/json' \
  -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"through-a-proxy"}}'
assert_status 200 PUT "$SERVICES/web:80/proxy/api/v1/namespaces/default/configmaps/through-a-proxy" -H 'Content-Type: application/json' \
  -d '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"through-a-proxy"},"data":{"a":"b"}}'
assert_eq "$(k get cm through-a-proxy -o 'jsonpath={.data.a}')" b
assert_status 200 DELETE "$SERVICES/web:80/proxy/api/v1/namespaces/default/configmaps/through-a-proxy"
assert_status 404 GET "$SERVICES/web:80/proxy/no/such/page"
# A kubelet sees who asks only as the server.
got=$(api GET '/api/v1/nodes/n1/proxy/some%20where?x=1' -H 'Authorization: Bearer secret-of-ours' -H 'X-Remote-User: root' -H 'X-Other: y')
assert_contains "$got" 'GET /some%20where?x=1 HTTP/1.1'
assert_contains "${got,,}" 'x-other: y'
assert_contains "$got" 'X-Forwarded-For: 127.0.0.1'
assert_contains "$got" 'X-Forwarded-Uri: /api/v1/nodes/n1/proxy/some%20where'
assert_not_contains "$got" secret-of-ours
assert_not_contains "${got,,}" x-remote-user
assert_contains "$(api OPTIONS "/api/v1/nodes/n1:$NEW/proxy/y")" 'OPTIONS /y HTTP/1.1'
kubectl proxy --port=0 > "$WORK/proxy" 2>&1 &
KUBECTL_PID=$!
eventually 10 grep -q 'Starting to serve' "$WORK/proxy"
through=$(sed -nE 's/.* on (127.0.0.1:[0-9]+)/\1/p' "$WORK/proxy")
assert_eq "$(curl -sS --max-time 10 "http://$through$SERVICES/web:80/proxy/livez")" ok
kill "$KUBECTL_PID"
wait "$KUBECTL_PID" 2> /dev/null || true
KUBECTL_PID=

# --- refusals, in the words that clients know
refused() { # TEXT COMMAND...
  assert_exit 1 "${@:2}"
  assert_contains "$OUTPUT" "$1"
}
refused 'a container name must be specified for pod two, choose one of: [a b]' k get --raw "$PODS/two/log"
refused 'container x is not valid for pod web' k get --raw "$PODS/web/log?container=x"
refused 'connect: connection refused' k logs lost
refused 'error dialing backend: dial tcp 127.0.0.1:' k exec lost -- ls
assert_contains "$(api POST "$PODS/web/exec?command=ls")" 'Upgrade request required'
assert_contains "$(api POST "$PODS/web/exec?command=ls" --http1.1)" 'Upgrade request required'
# Who may read exec may not run it by a WebSocket, whose method is GET.
k create clusterrole reader --verb=get --resource=pods/exec,pods > /dev/null
k create clusterrolebinding reader --clusterrole=reader --user=rita > /dev/null
SOCKET=(--http1.1 -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13'
  -H 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' -H 'Sec-WebSocket-Protocol: v5.channel.k8s.io')
assert_contains "$(api GET "$PODS/web/exec?command=ls" "${SOCKET[@]}" -H 'Impersonate-User: rita')" \
  'User \"rita\" cannot create resource \"pods/exec\"'
assert_status 403 GET /api/v1/nodes/n1/proxy/exec/default/web/c "${SOCKET[@]}" -H 'Impersonate-User: rita'

# --- a watch over a WebSocket
open_connection -cert "$STATE/pki/admin.crt" -key "$STATE/pki/admin.key"
printf '%s\r\n' 'GET /api/v1/namespaces/default/configmaps?watch=1 HTTP/1.1' 'Host: localhost' 'Connection: Upgrade' \
  'Upgrade: websocket' 'Sec-WebSocket-Version: 13' 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==' '' >&"${CONNECTION[1]}"
head=
while read -r -t 10 line <&"${CONNECTION[0]}" && [ -n "${line%$'\r'}" ]; do head+=$line$'\n'; done
assert_contains "$head" '101 Switching Protocols'
assert_contains "$head" 'Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo='
k create configmap seen-by-a-socket > /dev/null
found=
while LC_ALL=C read -r -t 10 line <&"${CONNECTION[0]}"; do
  if [[ "$line" == *seen-by-a-socket* ]]; then
    found=$line
    break
  fi
done 2> /dev/null
assert_contains "$found" '{"type":"ADDED","object":{'
close_connection

# --- long lives are counted, and end with the server
k exec -i web -- cat < <(sleep 30) > /dev/null 2>&1 &
KUBECTL_PID=$!
# Not with grep -q: it would leave before curl has written all, which is more than a pipe holds.
running() { api GET /metrics | grep '^apiserver_longrunning_requests{.*subresource="exec".*} 1'; }
eventually 10 running
began=$SECONDS
stop_server
assert_eq "$STOPPED" 0
((SECONDS - began < 20)) || fail "a tunnel kept the server from stopping"
wait "$KUBECTL_PID" 2> /dev/null || true
KUBECTL_PID=

# --- without leave nothing of this machine is reached, and without an authority no kubelet is trusted
sed -i '/allowLocalAddresses/d' "$CONFIG"
start_server
for path in "$PODS/web/log" "$PODS/web:$LOCAL/proxy/livez" /api/v1/nodes/n1/proxy/metrics "/api/v1/nodes/n1:$LOCAL/proxy/livez"; do
  assert_contains "$(api GET "$path")" '"message":"address not allowed"'
done
stop_server
sed -i 's/^  certificateAuthorityFile: .*/  allowLocalAddresses: true/' "$CONFIG"
start_server
refused 'kubelet.certificateAuthorityFile is not set' k logs web

# --- no credential is in the log
grep -q secret-of-ours "$LOG" && fail "a credential is in the server's log"
finish
