#!/usr/bin/env bash
# The audit log from outside: what is recorded of whom, the policy and its reload, rotation, secrets.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state

AUDIT=$WORK/audit.log
POLICY=$WORK/audit-policy.yaml
CANARY=canary-5f0d2c1b9a
printf '%s,bob,1001,"readers"\n' "$CANARY" > "$WORK/tokens.csv"
printf '%s-password,carol,1002\n' "$CANARY" > "$WORK/passwords.csv"
chmod 600 "$WORK"/*.csv
cat > "$CONFIG" << YAML
apiVersion: config.limen.io/v1
kind: ServerConfiguration
secure:
  bindAddress: 127.0.0.1
  tlsCertFile: $STATE/pki/apiserver.crt
  tlsPrivateKeyFile: $STATE/pki/apiserver.key
modulePath: $LIMEN_BUILD/lib/limen/modules
authenticators:
  - {name: certificates, module: x509, config: {clientCAFile: $STATE/pki/ca.crt}}
  - {name: passwords, module: password-file, config: {path: $WORK/passwords.csv}}
  - {name: tokens, module: token-file, config: {path: $WORK/tokens.csv}}
authorizers:
  - {name: rbac}
storage: {module: sqlite, config: {path: $WORK/limen.db}}
audit:
  policyFile: $POLICY
  logPath: $AUDIT
  maxSize: 1
  maxBackups: 2
YAML
# policy RULES: writes the policy file as one step, as an operator's tool would.
policy() {
  printf 'apiVersion: audit.k8s.io/v1\nkind: Policy\nrules:\n%s\n' "$1" > "$POLICY.new"
  mv "$POLICY.new" "$POLICY"
}
# reloads OUTCOME: how many changed policies were used, or not.
reloads() { api GET /metrics | sed -n "s/^limen_audit_policy_reloads_total{outcome=\"$1\"} //p"; }
reloaded() { [ "$(reloads "$1")" = "$2" ]; }
# recorded FILTER: true once an event in the log fits the jq filter.
recorded() { jq -se "any(.[]; $1)" "$AUDIT" > /dev/null; }
# event FILTER: the events that fit, one a line.
event() { jq -c "select($1)" "$AUDIT"; }
as_bob=(-H "Authorization: Bearer $CANARY")
json=(-H 'Content-Type: application/json')

# --- a policy that cannot be used: told by check, refused by serve
policy '- {level: Everything}'
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "$POLICY:4:11: rules[0].level: \"Everything\" must be None, Metadata, Request or RequestResponse"
assert_exit 1 "$LIMEN" serve --config "$CONFIG" --secure-port "$PORT"
assert_contains "$OUTPUT" "$POLICY:4:11: rules[0].level"
cp "$LIMEN_SOURCE/conf/examples/audit-policy.yaml" "$POLICY"
assert_ok "$LIMEN" check --config "$CONFIG"

policy '- {level: None, nonResourceURLs: ["/readyz", "/openapi/*", "/api", "/apis", "/api/*", "/apis/*"]}
- {level: RequestResponse}'
start_server
assert_eq "$(stat -c %a "$AUDIT")" 600

# --- who is not known: one event, with what was attempted and without it
assert_eq "$(request GET /api/v1/pods -H 'Audit-ID: unknown-1' -H "Authorization: Bearer wrong-$CANARY" -o /dev/null -w '%{http_code}')" 401
eventually 5 recorded '.auditID == "unknown-1"'
assert_eq "$(event '.auditID == "unknown-1"' | jq -c '[.stage, .verb, .user, .responseStatus.code, .responseStatus.message, .objectRef.resource]')" \
  '["ResponseStarted","list",{},401,"Authentication failed, attempted: bearer","pods"]'

# --- who may not
assert_eq "$(request GET /api/v1/secrets "${as_bob[@]}" -H 'Audit-ID: forbidden-1' -H 'X-Forwarded-For: 198.51.100.7' -o /dev/null -w '%{http_code}')" 403
eventually 5 recorded '.auditID == "forbidden-1" and .stage == "ResponseComplete"'
assert_eq "$(event '.auditID == "forbidden-1" and .stage == "ResponseComplete"' |
  jq -c '[.user.username, .user.uid, .sourceIPs, .responseStatus.reason, .responseStatus.code, .annotations["authorization.k8s.io/decision"], .annotations["authentication.limen.io/module"]]')" \
  '["bob","1001",["198.51.100.7","127.0.0.1"],"Forbidden",403,"forbid","tokens"]'

# --- what is done, with both bodies and the reason why it was allowed
k create namespace audited > "$WORK/out"
k -n audited create configmap settings --from-literal=colour=green > "$WORK/out"
created='.objectRef.resource == "configmaps" and .verb == "create" and .stage == "ResponseComplete"'
eventually 5 recorded "$created"
assert_eq "$(event "$created" | jq -c '[.level, .objectRef.name, .objectRef.namespace, .requestObject.data, .responseObject.data, .requestObject.metadata.uid, (.responseObject.metadata.uid | length), .responseStatus.code]')" \
  '["RequestResponse","settings","audited",{"colour":"green"},{"colour":"green"},null,36,201]'
assert_matches "$(event "$created" | jq -r .requestReceivedTimestamp)" '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{6}Z$'
k -n audited patch configmap settings --type merge -p '{"data":{"colour":"red"}}' > "$WORK/out"
patched='.objectRef.resource == "configmaps" and .verb == "patch" and .stage == "ResponseComplete"'
eventually 5 recorded "$patched"
assert_eq "$(event "$patched" | jq -c '[.requestObject, .responseObject.data]')" '[{"data":{"colour":"red"}},{"colour":"red"}]'
eventually 5 recorded '.objectRef.resource == "configmaps" and .stage == "RequestReceived" and .responseStatus == null'

# --- who acts as somebody else
k get --raw /api/v1/namespaces/audited/configmaps --as alice --as-group readers > "$WORK/out" 2>&1 || true
acting='.objectRef.resource == "configmaps" and .impersonatedUser.username == "alice" and .stage == "ResponseComplete"'
eventually 5 recorded "$acting"
assert_eq "$(event "$acting" | jq -c '[.user.username, .impersonatedUser.groups, .responseStatus.code]')" \
  '["kubernetes-admin",["readers","system:authenticated"],403]'

# --- a watch has three stages
api GET '/api/v1/namespaces/audited/configmaps?watch=1&timeoutSeconds=1' -H 'Audit-ID: watch-1' > "$WORK/out"
eventually 5 recorded '.auditID == "watch-1" and .stage == "ResponseComplete"'
assert_eq "$(event '.auditID == "watch-1"' | jq -c '[.stage, .responseStatus.code]' | tr '\n' ' ')" \
  '["RequestReceived",null] ["ResponseStarted",200] ["ResponseComplete",200] '

# --- credentials are in no event, whatever the level
request GET /api/v1/pods -u "carol:$CANARY-password" > "$WORK/out"
request GET /api/v1/pods -u "carol:wrong-$CANARY" -H 'Audit-ID: last-1' > "$WORK/out"
eventually 5 recorded '.auditID == "last-1"'
grep -q "$CANARY" "$AUDIT" && fail "a credential is in the audit log: $(grep -m1 "$CANARY" "$AUDIT")"
grep -qF "$(printf 'carol:%s-password' "$CANARY" | base64 -w0)" "$AUDIT" && fail "Basic credentials are in the audit log"
grep -q "$CANARY" "$LOG" && fail "a credential is in the server's log"

# --- metrics
METRICS=$(api GET /metrics)
assert_matches "$METRICS" 'apiserver_audit_level_total\{level="RequestResponse"\} [1-9]'
assert_matches "$METRICS" 'apiserver_audit_event_total [1-9]'

# --- another policy is in force within a second, a broken one is not used
policy '- {level: Metadata, verbs: [delete]}'
sleep 1
assert_eq "$(reloads success)" 1
k -n audited create configmap unseen > "$WORK/out"
k -n audited delete configmap unseen > "$WORK/out"
eventually 5 recorded '.verb == "delete" and .objectRef.name == "unseen" and .level == "Metadata"'
assert_eq "$(event '.verb == "create" and .objectRef.name == "unseen"')" ''
policy '- {level: Metadata, verbs: delete}'
eventually 5 reloaded failure 1
grep -q "$POLICY:4:28: rules\[0\].verbs: must be a list, not text" "$LOG" || fail "the broken policy is not told of"
k -n audited delete configmap settings > "$WORK/out"
eventually 5 recorded '.verb == "delete" and .objectRef.name == "settings"'

# --- logrotate: the file is moved away, SIGHUP or not
mv "$AUDIT" "$AUDIT.moved"
kill -HUP "$SERVER_PID"
eventually 5 test -e "$AUDIT"
k -n audited create configmap again > "$WORK/out"
k -n audited delete configmap again > "$WORK/out"
eventually 5 recorded '.objectRef.name == "again"'

# --- rotation by size, and only so many backups
BEFORE=$(reloads success)
policy '- {level: Request}'
eventually 5 reloaded success $((BEFORE + 1))
head -c 400000 /dev/zero | tr '\0' x > "$WORK/large"
for i in 1 2 3 4 5 6 7 8 9 10; do
  { printf '{"metadata":{"name":"large-%s"},"data":{"x":"' "$i"; cat "$WORK/large"; printf '"}}'; } > "$WORK/body"
  assert_status 201 POST /api/v1/namespaces/audited/configmaps "${json[@]}" --data-binary @"$WORK/body"
done
eventually 5 recorded '.objectRef.name == "large-10"'
BACKUPS=("$WORK"/audit-20*.log)
assert_eq "${#BACKUPS[@]}" 2
for file in "$AUDIT" "${BACKUPS[@]}"; do
  (($(stat -c %s "$file") <= 1048576)) || fail "$file has grown beyond maxSize"
  jq -e .auditID "$file" > /dev/null || fail "$file holds a line that is no event"
done

# --- the last events are written at a stop
k -n audited create configmap farewell > "$WORK/out"
stop_server
assert_eq "$STOPPED" 0
recorded '.objectRef.name == "farewell" and .stage == "ResponseComplete"' || fail "the last event is not there"

finish
