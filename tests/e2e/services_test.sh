#!/usr/bin/env bash
# Services as people make them with kubectl: their addresses, their ports, and the server's own.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
start_server

spec() { k get service "$1" -o jsonpath="{.spec.$2}"; }
gone() { [ -z "$(k get "$1" "$2" --ignore-not-found -o name)" ]; }
set_services() { # YAML of the section
  stop_server
  sed -i '/^services:/d' "$CONFIG"
  printf 'services: {%s}\n' "$1" >> "$CONFIG"
  start_server
}

# --- the server's own
assert_matches "$(k get svc kubernetes)" 'kubernetes +ClusterIP +10\.96\.0\.1 +<none> +443/TCP'
assert_eq "$(spec kubernetes 'ports[0].targetPort')" "$PORT"
ADDRESS=$(k get endpoints kubernetes -o jsonpath='{.subsets[*].addresses[*].ip}' 2> /dev/null || true)
[[ "$ADDRESS" != 127.* ]] || fail "a loopback address is told"
stop_server
sed -i 's|^secure:|secure:\n  advertiseAddress: 192.0.2.10|' "$CONFIG"
start_server
assert_eq "$(k get endpoints kubernetes -o jsonpath='{.subsets[*].addresses[*].ip} {.subsets[*].ports[*].port}' 2> /dev/null)" \
  "192.0.2.10 $PORT"
assert_eq "$(k get endpointslice kubernetes -o jsonpath='{.endpoints[*].addresses[*]} {.metadata.labels.kubernetes\.io/service-name}')" \
  "192.0.2.10 kubernetes"
k delete svc kubernetes > /dev/null
back() { [ "$(spec kubernetes clusterIP)" = 10.96.0.1 ]; }
eventually 10 back

# --- create service clusterip, nodeport, externalname, loadbalancer
k create service clusterip inner --tcp=80:8080 > /dev/null
assert_matches "$(spec inner clusterIP)" '^10\.(9[6-9]|10[0-9]|11[01])\.'
assert_eq "$(spec inner clusterIPs)" "[\"$(spec inner clusterIP)\"]"
assert_eq "$(spec inner ipFamilies) $(spec inner ipFamilyPolicy)" '["IPv4"] SingleStack'
k create service nodeport reached --tcp=80:8080 > /dev/null
NODE_PORT=$(spec reached 'ports[0].nodePort')
((NODE_PORT >= 30000 && NODE_PORT <= 32767)) || fail "node port $NODE_PORT"
k create service externalname outer --external-name=example.com > /dev/null
assert_eq "$(spec outer clusterIP)$(spec outer ipFamilies)" ""
k create service loadbalancer balanced --tcp=80 > /dev/null
assert_matches "$(spec balanced 'ports[0].nodePort')" '^3[0-2][0-9]{3}$'
k create service clusterip headless --clusterip=None > /dev/null
assert_eq "$(spec headless clusterIP)" None

# --- expose
k create deployment web --image=nginx > /dev/null
k expose deployment web --port=80 --target-port=8080 > /dev/null
assert_matches "$(k get svc web)" 'web +ClusterIP +10\.[0-9.]+ +<none> +80/TCP'
assert_eq "$(spec web selector)" '{"app":"web"}'

# --- chosen by the client, refused when another has it, free again after a delete
assert_exit 1 k create service clusterip other --tcp=80 --clusterip="$(spec inner clusterIP)"
assert_contains "$OUTPUT" "failed to allocate IP $(spec inner clusterIP): provided IP is already allocated"
assert_exit 1 k create service clusterip other --tcp=80 --clusterip=192.168.0.1
assert_contains "$OUTPUT" "the provided network does not match the current range"
assert_exit 1 k create service nodeport other --tcp=80 --node-port="$NODE_PORT"
assert_contains "$OUTPUT" "spec.ports[0].nodePort: Invalid value: $NODE_PORT: provided port is already allocated"
assert_exit 1 k create service nodeport other --tcp=80 --node-port=8080
assert_contains "$OUTPUT" "The range of valid ports is 30000-32767"
WAS=$(spec reached clusterIP)
k delete service reached > /dev/null
k create service nodeport again --tcp=80 --node-port="$NODE_PORT" > /dev/null
k create service clusterip third --tcp=80 --clusterip="$WAS" > /dev/null
assert_exit 1 k patch service third -p '{"spec":{"clusterIP":"10.96.0.200"}}'
assert_contains "$OUTPUT" "may not change once set"

# --- what goes with its namespace or its owner is free as well
k create namespace shop > /dev/null
k -n shop create service clusterip fixed --tcp=80 --clusterip=10.96.7.7 > /dev/null
k delete namespace shop --timeout=30s > /dev/null
take() { k create service clusterip taken --tcp=80 --clusterip=10.96.7.7; }
eventually 10 take

# --- local traffic needs a port for health checks
k patch service balanced -p '{"spec":{"externalTrafficPolicy":"Local"}}' > /dev/null
assert_matches "$(spec balanced healthCheckNodePort)" '^3[0-2][0-9]{3}$'
k patch service balanced -p '{"spec":{"type":"ClusterIP"}}' > /dev/null
assert_eq "$(spec balanced healthCheckNodePort)$(spec balanced externalTrafficPolicy)$(spec balanced 'ports[0].nodePort')" ""

# --- many at once, each with an address and a port of its own
jq -n '{apiVersion: "v1", kind: "Service", metadata: {generateName: "many-"}, spec: {type: "NodePort", ports: [{port: 80}]}}' > "$WORK/many.json"
make() { k create -f "$WORK/many.json" > /dev/null; }
PIDS=()
for _ in $(seq 1 12); do make & PIDS+=($!); done
wait "${PIDS[@]}"
ALL=$(k get services -o json)
for field in .spec.clusterIP '.spec.ports[0].nodePort'; do
  assert_eq "$(jq -r "[.items[] | select(.metadata.name | startswith(\"many-\")) | $field] | unique | length" <<< "$ALL")" 12
done

# --- a restart knows what is taken
restart_server
assert_exit 1 k create service clusterip other --tcp=80 --clusterip="$(spec inner clusterIP)"
assert_contains "$OUTPUT" "provided IP is already allocated"

# --- other ranges, and ranges that are none
set_services 'clusterIPRange: 10.50.0.0/24, nodePortRange: 20000-20099'
k create service nodeport elsewhere --tcp=80 > /dev/null
assert_matches "$(spec elsewhere clusterIP) $(spec elsewhere 'ports[0].nodePort')" '^10\.50\.0\.[0-9]+ 200[0-9]{2}$'
printf 'services: {clusterIPRange: 10.50.0.1/24, nodePortRange: 5}\n' > "$WORK/services.yaml"
sed -i '/^services:/d' "$CONFIG"
cat "$WORK/services.yaml" >> "$CONFIG"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "must begin with the first address of the block"
assert_contains "$OUTPUT" "must be two ports such as 30000-32767"
sed -i '/^services:/d' "$CONFIG"

stop_server
assert_eq "$STOPPED" 0
finish
