#!/usr/bin/env bash
# A custom kind whose versions a webhook converts, over HTTPS: read, written and watched in both, and
# the webhook dead, slow, lying and redirecting.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
make_stand_in gates-hook.hooks.svc
start_stand_in
start_server

hook() { # MODE [MILLISECONDS [STATUS]]: what the webhook does from now on
  answer convert "${3:-200}" "${2:-0}" convert "$1" < /dev/null
}
hook good

definition() { # STORAGE-VERSION CLIENT-CONFIG
  local first=true second=false
  [ "$1" = v1 ] || { first=false second=true; }
  cat << YAML
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: gates.example.com
spec:
  group: example.com
  scope: Namespaced
  names: {plural: gates, singular: gate, kind: Gate, shortNames: [gt]}
  conversion:
    strategy: Webhook
    webhook:
      conversionReviewVersions: [v1]
      clientConfig: $2
  versions:
  - name: v1
    served: true
    storage: $first
    schema:
      openAPIV3Schema:
        type: object
        description: A gate of the first version.
        properties:
          spec:
            type: object
            properties:
              hostPort: {type: string, description: Where it leads.}
              replicas: {type: integer}
    subresources:
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
  - name: v2
    served: true
    storage: $second
    schema:
      openAPIV3Schema:
        type: object
        description: A gate of the second version.
        properties:
          spec:
            type: object
            required: [host]
            properties:
              host: {type: string, description: The host it leads to.}
              port: {type: string}
              replicas: {type: integer}
    subresources:
      scale: {specReplicasPath: .spec.replicas, statusReplicasPath: .status.replicas}
YAML
}
CA=$(base64 -w0 < "$STAND_IN/tls.crt")
SERVICE="{service: {namespace: hooks, name: gates-hook, path: /convert, port: $STAND_IN_PORT}, caBundle: $CA}"

refused() { # what kubectl says when it fails
  if "$@" > "$WORK/out" 2>&1; then fail "succeeded: $* : $(cat "$WORK/out")"; fi
  cat "$WORK/out"
}
gate() { # VERSION NAME SPEC
  printf 'apiVersion: example.com/%s\nkind: Gate\nmetadata: {name: %s}\nspec: %s\n' "$@"
}
V1=/apis/example.com/v1/namespaces/default/gates
V2=/apis/example.com/v2/namespaces/default/gates
spec() { api GET "$1" | jq -c .spec; }
message() { api GET "$1" | jq -r .message; }

# --- the service of the webhook, and the definition -----------------------------------------------

k create namespace hooks > /dev/null
# By name: endpoints are never loopback addresses.
k -n hooks create service externalname gates-hook --external-name 127.0.0.1 --tcp "$STAND_IN_PORT" > /dev/null
assert_contains "$(definition v1 '{url: "http://hook.test"}' | refused k create -f -)" \
  "spec.conversion.webhookClientConfig.url: Invalid value: \"http\": 'https' is the only allowed URL scheme"
definition v1 "$SERVICE" | k create -f - > /dev/null
k wait --for=condition=established --timeout=10s crd/gates.example.com > /dev/null

# --- both versions --------------------------------------------------------------------------------

timeout 60 curl -sN "${ADMIN[@]}" "https://127.0.0.1:$PORT$V1?watch=1" > "$WORK/watch1" &
timeout 60 curl -sN "${ADMIN[@]}" "https://127.0.0.1:$PORT$V2?watch=1" > "$WORK/watch2" &

gate v1 a '{hostPort: "db:80", replicas: 2}' | k create -f - > /dev/null
gate v2 b '{host: web, port: "81"}' | k create -f - > /dev/null
assert_eq "$(spec $V2/a)" '{"host":"db","port":"80","replicas":2}'
assert_eq "$(spec $V1/b)" '{"hostPort":"web:81"}'
assert_eq "$(k get gates.v2.example.com -o jsonpath='{.items[*].spec.host}')" 'db web'
assert_eq "$(k get gates.v1.example.com -o jsonpath='{.items[*].spec.hostPort}')" 'db:80 web:81'
assert_contains "$(tail -n 1 "$(grep -l 'POST /convert' "$STAND_IN"/seen/* | head -n 1)")" '"kind":"ConversionReview"'
assert_contains "$(refused k create -f - < <(gate v2 c '{port: "1"}'))" 'spec.host: Required value'

k patch gates.v2.example.com a --type=merge -p '{"spec":{"port":"90"}}' > /dev/null
assert_eq "$(spec $V1/a)" '{"hostPort":"db:90","replicas":2}'
k scale --replicas=5 gates.v2.example.com/a > /dev/null
assert_eq "$(spec $V1/a)" '{"hostPort":"db:90","replicas":5}'
gate v1 s '{hostPort: "x:1"}' | k apply --server-side --field-manager=one -f - > /dev/null
assert_contains "$(gate v2 s '{host: other, port: "1"}' | refused k apply --server-side --field-manager=two -f -)" \
  'conflict with "one": .spec.hostPort'
gate v2 s '{host: x, port: "1", replicas: 3}' | k apply --server-side --field-manager=two -f - > /dev/null
assert_eq "$(spec $V1/s)" '{"hostPort":"x:1","replicas":3}'

told() { jq -r '.type + " " + .object.metadata.name + " " + (.object.spec | tojson)' "$1"; }
all_told() { [ "$(told "$1" | grep -c .)" -ge 6 ]; }
eventually 10 all_told "$WORK/watch1"
eventually 10 all_told "$WORK/watch2"
assert_eq "$(told "$WORK/watch2" | head -n 4)" 'ADDED a {"host":"db","port":"80","replicas":2}
ADDED b {"host":"web","port":"81"}
MODIFIED a {"host":"db","port":"90","replicas":2}
MODIFIED a {"host":"db","port":"90","replicas":5}'
assert_eq "$(told "$WORK/watch1" | sed -n 2p)" 'ADDED b {"hostPort":"web:81"}'

assert_contains "$(k explain gate --api-version=example.com/v1)" 'A gate of the first version.'
assert_contains "$(k explain gate.spec.host --api-version=example.com/v2)" 'The host it leads to.'

# --- another storage version ------------------------------------------------------------------------

definition v2 "$SERVICE" | k apply -f - > /dev/null 2>&1
assert_eq "$(k get crd gates.example.com -o jsonpath='{.status.storedVersions}')" '["v1","v2"]'
second_serves() { [ "$(spec $V2/a)" = '{"host":"db","port":"90","replicas":5}' ]; }
eventually 10 second_serves
forget_asked
spec $V1/a > /dev/null
assert_eq "$(asked)" 0 "it is still stored as it was"
k patch gates.v2.example.com a --type=merge -p '{}' > /dev/null
forget_asked
spec $V2/a > /dev/null
assert_eq "$(asked)" 0 "a write that changes nothing has moved it"
assert_contains "$(definition v2 "$SERVICE" | sed '/^  - name: v1/,/^      scale/d' | refused k apply -f -)" \
  'status.storedVersions[0]: Invalid value: "v1": missing from spec.versions; v1 was previously a storage version'

# --- a webhook that is not good -----------------------------------------------------------------------

who='conversion webhook for example.com/v2, Kind=Gate'
hook uid
assert_contains "$(message $V1/a)" "$who failed: expected response.uid="
hook name
assert_eq "$(message $V1/a)" "$who returned invalid object: must have the same name: a != another"
hook metadata
assert_eq "$(api GET $V1/a | jq -c '[.metadata.finalizers, .metadata.generation]')" "[null,$(api GET $V2/a | jq .metadata.generation)]"
hook label
assert_eq "$(api GET $V1/a | jq -r .metadata.labels.seen)" v1
hook fewer
assert_eq "$(message $V1/a)" "$who returned 0 objects, expected 1"
hook failed
assert_eq "$(message $V1/a)" "$who failed: no such luck"
printf '302\nLocation: https://127.0.0.1:%s/elsewhere\n\n' "$STAND_IN_PORT" > "$STAND_IN/next"
mv "$STAND_IN/next" "$STAND_IN/answers/convert"
forget_asked
assert_eq "$(message $V1/a)" "$who failed: redirects are not followed (status 302)"
assert_eq "$(asked)" 1 "nobody follows"
hook good 1000
assert_eq "$(spec $V1/a)" '{"hostPort":"db:90","replicas":5}'
hook good
stop_stand_in
assert_contains "$(message $V1/a)" "$who failed: Post \"https://gates-hook.hooks.svc:$STAND_IN_PORT/convert\": "
assert_eq "$(status_of GET $V1)" 500
assert_eq "$(status_of GET $V2/a)" 200
assert_contains "$(gate v1 d '{hostPort: "x:1"}' | refused k create -f -)" "conversion webhook for example.com/v1, Kind=Gate failed"
k delete service gates-hook -n hooks > /dev/null
assert_contains "$(message $V1/a)" "$who failed: Post \"https://gates-hook.hooks.svc:$STAND_IN_PORT/convert\": "
start_stand_in

# --- its end: nobody needs to convert what goes -------------------------------------------------------

k delete crd gates.example.com --timeout=20s > /dev/null
assert_eq "$(status_of GET $V2)" 404

finish
