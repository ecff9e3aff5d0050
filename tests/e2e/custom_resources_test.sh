#!/usr/bin/env bash
# Custom resources with kubectl: a definition comes, its objects live by its schema, it goes with them.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

start_server

crontabs=/apis/stable.example.com/v1/namespaces/default/crontabs

definition() {
  cat << 'YAML'
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  name: crontabs.stable.example.com
spec:
  group: stable.example.com
  scope: Namespaced
  names: {plural: crontabs, singular: crontab, kind: CronTab, shortNames: [ct], categories: [all]}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        description: Runs an image by the clock.
        properties:
          spec:
            type: object
            description: What is wanted.
            required: [cronSpec]
            properties:
              cronSpec:
                type: string
                description: When it runs.
                pattern: '^(\d+|\*)(/\d+)?(\s+(\d+|\*)(/\d+)?){4}$'
              image: {type: string, default: 'busybox:1'}
              replicas: {type: integer, minimum: 1, maximum: 10}
              port:
                x-kubernetes-int-or-string: true
              extra:
                type: object
                x-kubernetes-preserve-unknown-fields: true
              hosts:
                type: array
                x-kubernetes-list-type: set
                items: {type: string}
          status:
            type: object
            properties:
              replicas: {type: integer}
              labelSelector: {type: string}
              phase: {type: string}
    subresources:
      status: {}
      scale:
        specReplicasPath: .spec.replicas
        statusReplicasPath: .status.replicas
        labelSelectorPath: .status.labelSelector
    additionalPrinterColumns:
    - {name: Spec, type: string, jsonPath: .spec.cronSpec}
    - {name: Replicas, type: integer, jsonPath: .spec.replicas}
    - {name: Phase, type: string, jsonPath: .status.phase, priority: 1}
    - {name: Age, type: date, jsonPath: .metadata.creationTimestamp}
    selectableFields:
    - jsonPath: .spec.image
YAML
}

crontab() { # NAME SPEC
  printf 'apiVersion: stable.example.com/v1\nkind: CronTab\nmetadata: {name: %s}\nspec: %s\n' "$1" "$2"
}

refused() { # what kubectl says when it fails
  if "$@" > "$WORK/out" 2>&1; then fail "succeeded: $* : $(cat "$WORK/out")"; fi
  cat "$WORK/out"
}

# --- the definition -------------------------------------------------------------------------------

assert_contains "$(definition | sed 's/type: string, default/default/' | refused k create -f -)" \
  'properties[spec].properties[image].type: Required value: must not be empty for specified object fields'
assert_contains "$(definition | sed 's/^  name: crontabs/  name: crontab/' | refused k create -f -)" \
  'metadata.name: Invalid value: "crontab.stable.example.com": must be spec.names.plural+"."+spec.group'
assert_contains "$(definition | sed 's/    storage: true/    storage: false/' | refused k create -f -)" \
  'must have exactly one version marked as storage version'

definition | k create -f - > /dev/null
k wait --for=condition=established --timeout=10s crd/crontabs.stable.example.com > /dev/null
assert_eq "$(k get crd crontabs.stable.example.com -o jsonpath='{.status.acceptedNames.kind} {.status.storedVersions}')" \
  'CronTab ["v1"]'
assert_eq "$(k get crd crontabs.stable.example.com -o jsonpath='{.status.conditions[?(@.type=="NamesAccepted")].reason}')" \
  NoConflicts
# Served at once: nobody has to wait for more than the condition.
assert_eq "$(status_of GET $crontabs)" 200
assert_contains "$(k api-resources --api-group=stable.example.com)" 'ct'
assert_contains "$(k api-versions)" stable.example.com/v1

assert_contains "$(k explain crontab)" 'Runs an image by the clock.'
assert_contains "$(k explain crontab.spec.cronSpec)" 'When it runs.'
assert_contains "$(k explain crontab.spec --recursive)" 'replicas'

# --- its objects ----------------------------------------------------------------------------------

k get ct -w -o name > "$WORK/watched" 2> /dev/null &
KUBECTL_PID=$!

crontab a '{cronSpec: "* * * * */5", replicas: 2, port: http, extra: {any: {thing: 1}}}' | k create -f - > /dev/null
assert_eq "$(k get ct a -o jsonpath='{.spec.image} {.spec.extra.any.thing} {.metadata.generation}')" 'busybox:1 1 1'
assert_contains "$(k get ct --no-headers)" '* * * * */5   2'
assert_contains "$(k get ct -o wide)" PHASE
assert_contains "$(k get all -o name)" crontab.stable.example.com/a
assert_eq "$(k get crontab --field-selector spec.image=busybox:1 -o name)" crontab.stable.example.com/a
assert_eq "$(k get crontab --field-selector spec.image=other -o name)" ''

said=$(crontab bad '{cronSpec: "* *", replicas: 11, port: true}' | refused k create -f -)
assert_contains "$said" 'The CronTab "bad" is invalid'
assert_contains "$said" 'spec.cronSpec: Invalid value: "* *": spec.cronSpec in body should match'
assert_contains "$said" 'spec.replicas: Invalid value: 11: spec.replicas in body should be less than or equal to 10'
assert_contains "$said" 'spec.port in body must be of type integer,string: "boolean"'
assert_contains "$(crontab bad '{image: x}' | refused k create -f -)" 'spec.cronSpec: Required value'
assert_contains "$(crontab bad '{cronSpec: "* * * * *", hosts: [a, a]}' | refused k create -f -)" \
  'spec.hosts[1]: Duplicate value: "a"'
assert_contains "$(crontab bad '{cronSpec: "* * * * *", odd: 1}' | refused k create -f - --validate=strict)" \
  'unknown field "spec.odd"'
assert_contains "$(crontab warned '{cronSpec: "* * * * *", odd: 1}' | k create -f - --validate=warn 2>&1)" \
  'unknown field "spec.odd"'
assert_eq "$(k get ct warned -o jsonpath='{.spec.odd}')" ''

k patch ct a --type=merge -p '{"spec":{"replicas":3}}' > /dev/null
k patch ct a --type=json -p '[{"op":"replace","path":"/spec/image","value":"nginx:1"}]' > /dev/null
assert_eq "$(k get ct a -o jsonpath='{.spec.replicas} {.spec.image} {.metadata.generation}')" '3 nginx:1 3'
assert_contains "$(refused k patch ct a --type=strategic -p '{"spec":{"replicas":4}}')" 'unknown format'
k apply -f - > /dev/null 2>&1 < <(crontab applied '{cronSpec: "* * * * *", replicas: 1}')
k apply -f - > /dev/null < <(crontab applied '{cronSpec: "* * * * *", replicas: 5}')
assert_eq "$(k get ct applied -o jsonpath='{.spec.replicas}')" 5
k label ct a team=x > /dev/null
assert_eq "$(k get ct -l team=x -o name)" crontab.stable.example.com/a

# --- subresources ---------------------------------------------------------------------------------

k patch ct a --subresource=status --type=merge -p '{"status":{"replicas":1,"labelSelector":"app=a","phase":"Up"}}' > /dev/null
assert_eq "$(k get ct a -o jsonpath='{.status.phase} {.metadata.generation}')" 'Up 3'
k scale ct/a --replicas=7 > /dev/null
assert_eq "$(k get ct a -o jsonpath='{.spec.replicas} {.metadata.generation}')" '7 4'
assert_eq "$(api GET $crontabs/a/scale | jq -r .status.selector)" app=a

# An update says what it replaces.
assert_contains "$(api PUT $crontabs/a -H 'Content-Type: application/yaml' \
  --data-binary "$(crontab a '{cronSpec: "* * * * *"}')")" 'must be specified for an update'
# No object is reached outside its scope.
assert_eq "$(status_of GET /apis/stable.example.com/v1/crontabs/a)" 404
assert_eq "$(status_of POST $crontabs -H 'Content-Type: application/vnd.kubernetes.protobuf' --data-binary x)" 415

# --- a restart ------------------------------------------------------------------------------------

eventually 10 grep -q crontab.stable.example.com/applied "$WORK/watched"
kill "$KUBECTL_PID" 2> /dev/null || true
KUBECTL_PID=
restart_server
assert_eq "$(status_of GET $crontabs/a)" 200
assert_eq "$(k get ct a -o jsonpath='{.spec.replicas}')" 7

# --- owners ---------------------------------------------------------------------------------------

crontab owner '{cronSpec: "* * * * *"}' | k create -f - > /dev/null
k create configmap owned > /dev/null
k patch configmap owned --type=merge -p "{\"metadata\":{\"ownerReferences\":[{\"apiVersion\":\"stable.example.com/v1\",
  \"kind\":\"CronTab\",\"name\":\"owner\",\"uid\":\"$(k get ct owner -o jsonpath='{.metadata.uid}')\"}]}}" > /dev/null
k delete ct owner > /dev/null
k wait --for=delete --timeout=20s configmap/owned > /dev/null

# --- rules that are not evaluated, and what is not supported ----------------------------------------

assert_contains "$(definition | sed 's/crontabs/ruletabs/; s/plural: ruletabs, singular: crontab, kind: CronTab, shortNames: \[ct\]/plural: ruletabs, singular: ruletab, kind: RuleTab/;
  s/replicas: {type: integer, minimum: 1, maximum: 10}/replicas: {type: integer, x-kubernetes-validations: [{rule: "self > 1"}]}/' |
  k create -f - 2>&1)" 'this server does not evaluate them yet'
k delete crd ruletabs.stable.example.com > /dev/null

# --- names that another definition has ---------------------------------------------------------------

other() { # PLURAL SINGULAR KIND SHORT
  definition | sed "s/crontabs/$1/g; s/singular: crontab/singular: $2/; s/kind: CronTab/kind: $3/; s/shortNames: \[ct\]/shortNames: [$4]/"
}
names_say() { k get crd "$1.stable.example.com" -o jsonpath='{.status.conditions[?(@.type=="NamesAccepted")].reason}: {.status.conditions[?(@.type=="NamesAccepted")].message}'; }
says() { [ "$(names_say "$1")" = "$2" ]; }
other plans plan Plan ct | k create -f - > /dev/null
eventually 10 says plans 'ShortNamesConflict: "ct" is already in use'
assert_eq "$(k get crd plans.stable.example.com -o jsonpath='{.status.conditions[?(@.type=="Established")].status} {.status.acceptedNames.kind}')" \
  'False Plan'
assert_eq "$(status_of GET /apis/stable.example.com/v1/namespaces/default/plans)" 404
other plans crontab Plan pl | k apply -f - > /dev/null 2>&1
eventually 10 says plans 'SingularConflict: "crontab" is already in use'
other plans plan Plan pl | k apply -f - > /dev/null 2>&1
k wait --for=condition=established --timeout=10s crd/plans.stable.example.com > /dev/null
# One that is established keeps the names it has.
other plans plan Plan ct | k apply -f - > /dev/null 2>&1
eventually 10 says plans 'ShortNamesConflict: "ct" is already in use'
assert_eq "$(k get pl -o name)" ''
k delete crd plans.stable.example.com > /dev/null

# --- lists that two managers share -----------------------------------------------------------------

definition | sed 's/crontabs/shareds/g; s/singular: crontab/singular: shared/; s/kind: CronTab/kind: Shared/; s/shortNames: \[ct\]/shortNames: []/
  s/^              image: .*/              ports:\n                type: array\n                x-kubernetes-list-type: map\n                x-kubernetes-list-map-keys: [port]\n                items: {type: object, required: [port], properties: {port: {type: integer}, note: {type: string}}}/
  /selectableFields/,$d' | k create -f - > /dev/null
k wait --for=condition=established --timeout=10s crd/shareds.stable.example.com > /dev/null
shared() { printf 'apiVersion: stable.example.com/v1\nkind: Shared\nmetadata: {name: s}\nspec: {cronSpec: "* * * * *", %s}\n' "$1"; }
shared 'ports: [{port: 1, note: x}], hosts: [a]' | k apply --server-side --field-manager=one -f - > /dev/null
shared 'ports: [{port: 2}], hosts: [b]' | k apply --server-side --field-manager=two -f - > /dev/null
assert_eq "$(k get shared s -o jsonpath='{.spec.ports} {.spec.hosts}')" '[{"note":"x","port":1},{"port":2}] ["a","b"]'
assert_contains "$(shared 'ports: [{port: 1, note: other}]' | refused k apply --server-side --field-manager=two -f -)" \
  'conflict with "one": .spec.ports[port=1].note'
assert_contains "$(shared 'odd: 1' | refused k apply --server-side --field-manager=two -f -)" \
  '.spec.odd: field not declared in schema'
shared 'hosts: [a]' | k apply --server-side --field-manager=one -f - > /dev/null
assert_eq "$(k get shared s -o jsonpath='{.spec.ports} {.spec.hosts}')" '[{"port":2}] ["a","b"]'
k delete crd shareds.stable.example.com > /dev/null

# --- its end --------------------------------------------------------------------------------------

k patch ct a --type=merge -p '{"metadata":{"finalizers":["example.com/wait"]}}' > /dev/null
k delete crd crontabs.stable.example.com --wait=false > /dev/null
only_a() { [ "$(k get ct -o name)" = crontab.stable.example.com/a ]; }
eventually 10 only_a
assert_contains "$(k get crd crontabs.stable.example.com -o jsonpath='{.status.conditions[?(@.type=="Terminating")].status}')" True
assert_contains "$(crontab late '{cronSpec: "* * * * *"}' | refused k create -f -)" 'create not allowed while custom resource definition is terminating'
k patch ct a --type=merge -p '{"metadata":{"finalizers":null}}' > /dev/null
k wait --for=delete --timeout=20s crd/crontabs.stable.example.com > /dev/null
assert_eq "$(status_of GET $crontabs)" 404
assert_eq "$(status_of GET /apis/stable.example.com/v1)" 404

# The same name begins anew: nothing is left of what was.
definition | k create -f - > /dev/null
k wait --for=condition=established --timeout=10s crd/crontabs.stable.example.com > /dev/null
assert_eq "$(k get ct -o name)" ''

finish
