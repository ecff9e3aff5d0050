#!/usr/bin/env bash
# Groups that another API server answers for: what kubectl sees of them, what that server sees of its callers,
# and what it cannot do to them.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
EXTENSION=$WORK/extension
mkdir -p "$EXTENSION/seen"
group=/apis/widgets.example.com/v1
widgets=$group/namespaces/default/widgets

# --- certificates: the front proxy's authority and client, the extension server's own
quiet() { "$@" 2> "$WORK/openssl.err" || fail "$*: $(cat "$WORK/openssl.err")"; }
authority() { # NAME
  quiet openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/$1.key" -out "$WORK/$1.crt" \
    -subj "/CN=$1" -days 2 -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign
}
certificate() { # NAME AUTHORITY EXTENSIONS
  quiet openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$WORK/$1.key" -out "$WORK/$1.csr" -subj "/CN=$1"
  printf '%s\n' "$3" > "$WORK/$1.ext"
  quiet openssl x509 -req -in "$WORK/$1.csr" -CA "$WORK/$2.crt" -CAkey "$WORK/$2.key" -CAcreateserial -out "$WORK/$1.crt" \
    -days 1 -extfile "$WORK/$1.ext"
}
authority proxies
certificate front-proxy-client proxies 'extendedKeyUsage = clientAuth'
authority extensions
certificate widgets extensions 'subjectAltName = DNS:widgets.default.svc'

# It stands in for somebody else's server, so lib.sh ends it when the test does.
start_extension() {
  "$LIMEN_BUILD/bin/extension_server" "$EXTENSION_PORT" "$WORK/widgets.crt" "$WORK/widgets.key" "$WORK/proxies.crt" \
    "$EXTENSION" > "$EXTENSION/out" 2>> "$EXTENSION/err" &
  STAND_IN_PID=$!
  eventually 10 grep -q ready "$EXTENSION/out"
}
# Everything the server was asked for "METHOD PATH..."; its other questions are the aggregator's own.
seen() { cat $(grep -lF "$1" "$EXTENSION"/seen/* 2> /dev/null) /dev/null; }
forget() { rm -f "$EXTENSION"/seen/*; }
condition() {
  k get apiservice v1.widgets.example.com -o jsonpath='{.status.conditions[?(@.type=="Available")].status} {.status.conditions[?(@.type=="Available")].reason}'
}
gone() { [ "$(status_of GET $widgets)" = 404 ]; }
is() { [ "$(condition)" = "$1" ]; }

cat >> "$CONFIG" << YAML
aggregation:
  proxyClientCertFile: $WORK/front-proxy-client.crt
  proxyClientKeyFile: $WORK/front-proxy-client.key
YAML
sed -i "s|^authenticators:|authenticators:\n  - name: request-header\n    config: {clientCAFile: $WORK/proxies.crt, allowedNames: [front-proxy-client]}|" "$CONFIG"
EXTENSION_PORT=$(free_port)
start_server

# --- local APIServices, as kubectl shows them
services=$(k get apiservices)
assert_matches "$services" 'NAME +SERVICE +AVAILABLE +AGE'
assert_matches "$services" 'v1\.apps +Local +True +'
assert_not_contains "$services" apiregistration.k8s.io
assert_eq "$(k get apiservice v1.apps -o jsonpath='{.metadata.labels.kube-aggregator\.kubernetes\.io/automanaged} {.status.conditions[0].reason}')" "onstart Local"
assert_exit 1 k create -f - << YAML
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.other}
spec: {group: widgets.example.com, version: v1, groupPriorityMinimum: 1, versionPriority: 1}
YAML
assert_contains "$OUTPUT" 'metadata.name: Invalid value: "v1.other": must be `spec.version+"."+spec.group`: "v1.widgets.example.com"'
# What the extension server goes by to believe this one.
assert_contains "$(k get cm -n kube-system extension-apiserver-authentication -o jsonpath='{.data}')" requestheader-client-ca-file

# --- a remote one, whose Service is not there yet
k create -f - > /dev/null << YAML
apiVersion: apiregistration.k8s.io/v1
kind: APIService
metadata: {name: v1.widgets.example.com}
spec:
  group: widgets.example.com
  version: v1
  groupPriorityMinimum: 1000
  versionPriority: 15
  caBundle: $(base64 -w0 "$WORK/extensions.crt")
  service: {namespace: default, name: widgets, port: $EXTENSION_PORT}
YAML
eventually 10 is "False ServiceNotFound"
assert_matches "$(k get apiservice v1.widgets.example.com)" 'default/widgets +False \(ServiceNotFound\)'
assert_status 503 GET $widgets
assert_eq "$(api GET $widgets)" "service unavailable"
assert_contains "$(api GET /apis)" '"name":"widgets.example.com"'
assert_contains "$(api GET /apis -H 'Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList')" '"freshness":"Stale"'

# --- its Service comes, but nobody answers there; then somebody does
k create service externalname widgets --external-name 127.0.0.1 --tcp "$EXTENSION_PORT" > /dev/null
eventually 20 is "False FailedDiscoveryCheck"
assert_contains "$(k get apiservice v1.widgets.example.com -o jsonpath='{.status.conditions[0].message}')" \
  "failing or missing response from https://127.0.0.1:$EXTENSION_PORT$group: Get "
start_extension
eventually 30 is "True Passed"
assert_contains "$(api GET /metrics)" 'aggregator_unavailable_apiservice{name="v1.widgets.example.com"} 0'

# --- kubectl finds it as it finds everything
rm -rf "$HOME/.kube"
assert_matches "$(k api-resources)" 'widgets +wi +widgets.example.com/v1 +true +Widget'
assert_contains "$(k api-versions)" widgets.example.com/v1
assert_matches "$(k get wi)" 'a '
assert_eq "$(k get widgets a -o name)" widget.widgets.example.com/a
assert_contains "$(k get --raw $widgets)" '"kind":"WidgetList"'
assert_contains "$(api GET /openapi/v3)" "/openapi/v3$group?hash=ABC"
assert_contains "$(api GET "/openapi/v3$group?hash=ABC")" com.example.Widget
assert_contains "$(api GET /openapi/v2)" '"com.example.Widget"'
assert_contains "$(api GET /apis -H 'Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList')" '"resource":"widgets"'
tag=$(api GET /apis -D - -o /dev/null -H 'Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' | tr -d '\r' | sed -n 's/^[Ee][Tt]ag: //p')
assert_eq "$(status_of GET /apis -H 'Accept: application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' -H "If-None-Match: $tag")" 304

# --- who asks is told by this server, whatever a client says of itself
forget
assert_status 200 GET "$widgets/a?x=%2F" -H 'X-Remote-User: mallory' -H 'x-remote-group: system:masters' \
  -H 'X-Remote-Extra-Scopes: all' -H 'X_Remote_User: mallory' -H 'Authorization: Bearer none' -H 'X-Custom: kept' -H 'X-Forwarded-For: 192.0.2.9'
request=$(seen "GET $widgets/a?x=%2F")
assert_contains "$request" 'X-Remote-User: kubernetes-admin'
assert_contains "$request" 'X-Remote-Group: system:masters'
assert_contains "$request" 'X-Remote-Group: system:authenticated'
assert_contains "${request,,}" 'x-custom: kept'
assert_contains "$request" 'X-Forwarded-For: 192.0.2.9, 127.0.0.1'
assert_contains "$request" 'X-Forwarded-Uri: '$widgets/a
for word in mallory scopes authorization; do assert_not_contains "${request,,}" "$word"; done
forget
assert_status 200 GET $widgets/a -H 'Impersonate-User: jane' -H 'Impersonate-Uid: u-7' -H 'Impersonate-Group: system:masters' -H 'Impersonate-Extra-Team%2fa: blue'
request=$(seen "GET $widgets/a")
assert_contains "$request" 'X-Remote-User: jane'
assert_contains "$request" 'X-Remote-Uid: u-7'
assert_contains "$request" 'X-Remote-Extra-team%2Fa: blue'
assert_not_contains "${request,,}" impersonate
# Who may not is told here; the server behind is not asked.
forget
assert_eq "$(request GET $widgets -o /dev/null -w '%{http_code}')" 403
assert_eq "$(seen "GET $widgets")" ""

# --- bodies both ways, watches as they happen
assert_contains "$(api POST $widgets -H 'Content-Type: application/json' -d '{"kind":"Widget","metadata":{"name":"new"}}')" '"name":"new"'
rm -f "$EXTENSION/go"
api GET "$widgets?watch=true" -N > "$WORK/watch.out" &
WATCH_PID=$!
eventually 10 grep -q '"name":"a"' "$WORK/watch.out"
assert_not_contains "$(cat "$WORK/watch.out")" '"name":"b"'
touch "$EXTENSION/go"
wait "$WATCH_PID"
assert_contains "$(cat "$WORK/watch.out")" '"name":"b"'

# --- CVE-2022-3172: a redirect reaches no client
headers=$(api GET $widgets/moved -D -)
assert_contains "$headers" ' 502'
assert_not_contains "${headers,,}" location:
assert_contains "$headers" "the backend attempted to redirect this request, which is not permitted"

# --- an upgrade that is accepted is a tunnel
tunnel() { # PATH: what comes back of an upgrade and of bytes after it
  {
    printf '%s\r\n' "GET $1 HTTP/1.1" 'Host: localhost' 'Connection: Upgrade' 'Upgrade: echo' ''
    sleep 1
    printf '%b' "$2"
    sleep 1
  } | timeout 10 openssl s_client -quiet -no_ign_eof -connect "127.0.0.1:$PORT" -CAfile "$STATE/pki/ca.crt" \
    -cert "$STATE/pki/admin.crt" -key "$STATE/pki/admin.key" 2> /dev/null || true
}
answer=$(tunnel $widgets/echo 'there and back')
assert_contains "$answer" '101 Switching Protocols'
assert_contains "$answer" 'there and back'
# CVE-2018-1002105: one that is refused is none, and what comes after it reaches nobody.
forget
answer=$(tunnel $widgets/shut 'GET /apis/widgets.example.com/v1/secret HTTP/1.1\r\nHost: x\r\n\r\n')
assert_contains "$answer" ' 403'
eventually 10 grep -q 'AFTER /shut' -r "$EXTENSION/seen"
assert_not_contains "$(cat "$EXTENSION"/seen/*)" secret

# --- a server for another name is not trusted
k patch apiservice v1.widgets.example.com --type merge -p "{\"spec\":{\"caBundle\":\"$(base64 -w0 "$WORK/proxies.crt")\"}}" > /dev/null
eventually 20 is "False FailedDiscoveryCheck"
k patch apiservice v1.widgets.example.com --type merge -p "{\"spec\":{\"caBundle\":\"$(base64 -w0 "$WORK/extensions.crt")\"}}" > /dev/null
eventually 20 is "True Passed"

# --- it dies, and comes back
stop_stand_in
# Whoever is first is told why; once the server is known to be away, only that.
answer=$(api GET $widgets -w ' %{http_code}')
[[ $answer == *'error trying to reach service: '*' 503' || $answer == *'service unavailable'*' 503' ]] ||
  fail "a server that died answers $answer"
# Looked at when its Service changes, and every half minute otherwise.
k label service widgets touched=yes > /dev/null
eventually 20 is "False FailedDiscoveryCheck"
assert_eq "$(api GET $widgets)" "service unavailable"
assert_not_contains "$(api GET /openapi/v2)" com.example.Widget
assert_contains "$(api GET /apis)" '"name":"widgets.example.com"'
start_extension
eventually 20 is "True Passed"
assert_contains "$(k get widgets)" a

# --- an APIService that goes takes its group along
k delete apiservice v1.widgets.example.com > /dev/null
eventually 10 gone
assert_not_contains "$(api GET /apis)" widgets.example.com
finish
