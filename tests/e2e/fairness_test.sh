#!/usr/bin/env bash
# API Priority and Fairness from outside: its objects, its headers, who waits and who is refused.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
printf 'bob-token,bob,1001\nann-token,ann,1002\n' > "$WORK/tokens.csv"
chmod 600 "$WORK/tokens.csv"
sed -i "/^authenticators:/a\\  - {name: tokens, module: token-file, config: {path: $WORK/tokens.csv}}" "$CONFIG"
printf 'limits: {maxRequestsInFlight: 10, maxMutatingRequestsInFlight: 5}\n' >> "$CONFIG"
assert_ok "$LIMEN" check --config "$CONFIG"
start_server

MAPS=/api/v1/namespaces/default/configmaps
# as NAME METHOD PATH [curl options]
as() { request "$2" "$3" -H "Authorization: Bearer $1-token" "${@:4}"; }
code_as() { as "$@" -o /dev/null -w '%{http_code}'; }
uid_of() { k get "$1" "$2" -o 'jsonpath={.metadata.uid}'; }
# dump PAGE LEVEL: the rows of a level, without what aligns them.
dump() { api GET "/debug/api_priority_and_fairness/dump_$1" | grep "^$2," | tr -d ' '; }
# of_bob WAITING EXECUTING: so many requests of bob's level.
of_bob() { [[ "$(dump priority_levels narrow)" == narrow,*,*,*,"$1,$2",* ]]; }
metric() { api GET /metrics | grep -F "$1" | grep -F "$2" || true; }

# --- the objects that every server has
assert_eq "$(k get flowschemas -o name | wc -l)" 13
assert_eq "$(k get prioritylevelconfigurations -o name | wc -l)" 8
assert_eq "$(k get flowschema catch-all -o 'jsonpath={.status.conditions[0].type}={.status.conditions[0].status}')" \
  Dangling=False
assert_eq "$(k get prioritylevelconfiguration workload-low \
  -o 'jsonpath={.spec.limited.nominalConcurrencyShares} {.spec.limited.lendablePercent} {.spec.limited.limitResponse.queuing.queues}')" \
  '100 90 128'
assert_contains "$(k get flowschemas probes)" 'exempt'
assert_exit 1 k patch flowschema catch-all --type=merge -p '{"spec":{"matchingPrecedence":9}}'
assert_contains "$OUTPUT" "spec of 'catch-all' must equal the fixed value"
assert_exit 1 k patch prioritylevelconfiguration system --type=merge -p '{"spec":{"limited":{"lendablePercent":101}}}'
assert_contains "$OUTPUT" 'must be between 0 and 100, inclusive'

# --- every answer tells by which it was classified
HEADERS=$(api GET /api/v1/namespaces -D - -o /dev/null)
assert_header "$HEADERS" "X-Kubernetes-PF-FlowSchema-UID: $(uid_of flowschema exempt)"
assert_header "$HEADERS" "X-Kubernetes-PF-PriorityLevel-UID: $(uid_of prioritylevelconfiguration exempt)"
HEADERS=$(as bob GET "$MAPS" -D - -o /dev/null)
assert_matches "$HEADERS" ' 403'
assert_header "$HEADERS" "X-Kubernetes-PF-FlowSchema-UID: $(uid_of flowschema global-default)"

# --- what is deleted comes back
assert_ok k delete flowschema exempt catch-all global-default
assert_ok k delete prioritylevelconfiguration catch-all
for one in flowschema/exempt flowschema/catch-all flowschema/global-default prioritylevelconfiguration/catch-all; do
  eventually 5 k get "$one"
done

# --- one seat and a queue of one for bob
dangles() { [ "$(k get flowschema of-bob -o 'jsonpath={.status.conditions[0].status}')" = "$1" ]; }
assert_ok k create clusterrolebinding readers-and-writers --clusterrole=edit --user=bob --user=ann
k apply -f - > "$WORK/applied" << 'YAML'
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: FlowSchema
metadata: {name: of-bob}
spec:
  priorityLevelConfiguration: {name: narrow}
  matchingPrecedence: 50
  distinguisherMethod: {type: ByUser}
  rules:
  - subjects: [{kind: User, user: {name: bob}}]
    resourceRules: [{verbs: ["*"], apiGroups: ["*"], resources: ["*"], namespaces: ["*"], clusterScope: true}]
YAML
eventually 5 dangles True
assert_eq "$(k get flowschema of-bob -o 'jsonpath={.status.conditions[0].message}')" \
  'This FlowSchema references the PriorityLevelConfiguration object named "narrow" but there is no such object'
k apply -f - > "$WORK/applied" << 'YAML'
apiVersion: flowcontrol.apiserver.k8s.io/v1
kind: PriorityLevelConfiguration
metadata: {name: narrow}
spec:
  type: Limited
  limited:
    nominalConcurrencyShares: 1
    borrowingLimitPercent: 0
    limitResponse: {type: Queue, queuing: {queues: 1, handSize: 1, queueLengthLimit: 1}}
YAML
eventually 5 dangles False
LEVEL=$(uid_of prioritylevelconfiguration narrow)
classified_as_narrow() { as bob GET "$MAPS" -D - -o /dev/null | tr -d '\r' | grep -qi "PriorityLevel-UID: $LEVEL"; }
eventually 5 classified_as_narrow

# begin NAME PATH: a GET that takes a while; prints the status. Without the body that others wait for.
begin() {
  exec curl -sSN --max-time 30 "${ANYBODY[@]}" -H "Authorization: Bearer $1-token" -o "$WORK/begun" -w '%{http_code}' \
    "https://127.0.0.1:$PORT$2" 7>&-
}
# hold NAME: a write whose body does not come occupies a seat, until let_go.
mkfifo "$WORK/body"
hold() {
  curl -sS --http1.1 --max-time 30 "${ANYBODY[@]}" -H "Authorization: Bearer $1-token" -H 'Content-Type: application/json' \
    -X POST -T - -o "$WORK/held" -w '%{http_code}' "https://127.0.0.1:$PORT$MAPS" < "$WORK/body" > "$WORK/held.code" &
  HOLDER=$!
  exec 7> "$WORK/body"
}
let_go() {
  printf '{"apiVersion":"v1","kind":"ConfigMap","metadata":{"generateName":"held-"}}' >&7
  exec 7>&-
  wait "$HOLDER"
}
hold bob
eventually 5 of_bob 0 1
begin bob "$MAPS?timeout=40s" > "$WORK/waited" &
WAITER=$!
eventually 5 of_bob 1 1
REFUSED=$(as bob GET "$MAPS" -i | tr -d '\r')
assert_matches "$REFUSED" ' 429'
assert_header "$REFUSED" 'Retry-After: 1'
assert_header "$REFUSED" "X-Kubernetes-PF-PriorityLevel-UID: $LEVEL"
assert_eq "$(tail -n 1 <<< "$REFUSED")" 'Too many requests, please try again later.'
REQUESTS=$(api GET '/debug/api_priority_and_fairness/dump_requests?includeRequestDetails=1' | tr -d ' ' | grep ^narrow,)
assert_matches "$REQUESTS" "narrow,of-bob,0,-1,bob,.*,bob,create,$MAPS,default,"
assert_matches "$REQUESTS" "narrow,of-bob,0,0,bob,.*,bob,list,$MAPS,default,"
assert_matches "$(dump queues narrow)" '^narrow,0,1,1,1,'
# meanwhile nobody else notices
for _ in 1 2 3 4 5; do
  assert_eq "$(code_as ann GET "$MAPS")" 200
  assert_status 200 GET "$MAPS"
done
let_go
assert_eq "$(cat "$WORK/held.code")" 201
wait "$WAITER"
assert_eq "$(cat "$WORK/waited")" 200
assert_contains "$(metric apiserver_flowcontrol_rejected_requests_total queue-full)" \
  'apiserver_flowcontrol_rejected_requests_total{priority_level="narrow",flow_schema="of-bob",reason="queue-full"} 1'

# --- who waits for a quarter of its time is refused, and who goes is forgotten
hold bob
eventually 5 of_bob 0 1
assert_eq "$(code_as bob GET "$MAPS?timeout=1s")" 429
assert_contains "$(metric apiserver_flowcontrol_rejected_requests_total time-out)" 'flow_schema="of-bob"'
begin bob "$MAPS" > "$WORK/waited" &
WAITER=$!
eventually 5 of_bob 1 1
kill "$WAITER"
wait "$WAITER" || true
eventually 5 of_bob 0 1
let_go

# --- a watch takes a seat only until it has begun
begin bob "$MAPS?watch=1" > "$WORK/waited" &
WATCH=$!
eventually 5 grep -q ADDED "$WORK/begun"
assert_eq "$(code_as bob GET "$MAPS?timeout=1s")" 200
kill "$WATCH"
wait "$WATCH" || true

# --- the pages are for those who may read them
assert_eq "$(code_as bob GET /debug/api_priority_and_fairness/dump_requests)" 403
assert_status 404 GET /debug/api_priority_and_fairness/dump_else

# --- without it the two plain limits count
sed -i 's/^limits:.*/limits: {fairness: false, maxMutatingRequestsInFlight: 1}/' "$CONFIG"
restart_server
assert_not_contains "$(api GET /api/v1/namespaces -D - -o /dev/null | tr '[:upper:]' '[:lower:]')" x-kubernetes-pf
assert_status 404 GET /debug/api_priority_and_fairness/dump_queues
hold bob
one_too_many() { [ "$(code_as ann POST "$MAPS" -H 'Content-Type: application/json' -d '{}')" = 429 ]; }
eventually 5 one_too_many
assert_eq "$(code_as ann GET "$MAPS")" 200
let_go
assert_eq "$(cat "$WORK/held.code")" 201

finish
