#!/usr/bin/env bash
# The audit log from outside: what is recorded of whom, the policy and its reload, rotation, secrets; the
# same events at a webhook that is good, down, slow to come back and refused.
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
  compress: true
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
assert_exit 1 "$LIMEN" reload
assert_contains "$OUTPUT" "$POLICY:4:28: rules[0].verbs: must be a list, not text"
k -n audited delete configmap settings > "$WORK/out"
eventually 5 recorded '.verb == "delete" and .objectRef.name == "settings"'
BEFORE=$(reloads success)
policy '- {level: Metadata, verbs: [delete]}'
eventually 5 reloaded success $((BEFORE + 1))

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
compressed() { [ "$(find "$WORK" -name 'audit-20*' | sed 's/.*\.log/.log/' | tr '\n' ' ')" = '.log.gz .log.gz ' ]; }
eventually 5 compressed
for file in "$WORK"/audit-20*.log.gz; do
  assert_eq "$(stat -c %a "$file")" 600
  gunzip -k "$file"
done
for file in "$AUDIT" "$WORK"/audit-20*.log; do
  (($(stat -c %s "$file") <= 1048576)) || fail "$file has grown beyond maxSize"
  jq -e .auditID "$file" > /dev/null || fail "$file holds a line that is no event"
done

# --- the last events are written at a stop
k -n audited create configmap farewell > "$WORK/out"
stop_server
assert_eq "$STOPPED" 0
recorded '.objectRef.name == "farewell" and .stage == "ResponseComplete"' || fail "the last event is not there"

# --- a webhook beside the log: lists of events, with the kubeconfig's credential
make_stand_in hook.test
webhook_kubeconfig /events hook.test
printf '{}' | answer events 200
start_stand_in
hook() { # SETTINGS: the webhook alone
  sed -i -e '/^auditWebhook/d' -e '/^  logPath/d' "$CONFIG"
  printf 'auditWebhook: {kubeconfig: %s, initialBackoff: 50ms, %s}\n' "$WORK/webhook.kubeconfig" "$1" >> "$CONFIG"
}
printf 'auditWebhook: {kubeconfig: %s/none.kubeconfig}\n' "$WORK" >> "$CONFIG"
assert_exit 1 "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "$WORK/none.kubeconfig: "
sed -i '/^auditWebhook/d' "$CONFIG"
printf 'auditWebhook: {kubeconfig: %s, batchWait: 100ms, initialBackoff: 50ms, maxEventSize: 10000}\n' "$WORK/webhook.kubeconfig" >> "$CONFIG"
policy '- {level: None, nonResourceURLs: ["/readyz", "/metrics", "/openapi/*", "/api", "/apis", "/api/*", "/apis/*"]}
- {level: RequestResponse}'
start_server
sent() { for file in "$STAND_IN"/seen/*; do tail -n 1 "$file"; done | jq -c "select(.kind == \"EventList\") | .items[] | select($1)"; }
was_sent() { [ -n "$(sent "$1")" ]; }
metric() { api GET /metrics | sed -n "s/^$1 //p"; }
k -n audited create configmap hooked --from-literal=colour=blue > "$WORK/out"
hooked='.objectRef.name == "hooked" and .verb == "create"'
eventually 5 was_sent "$hooked and .stage == \"ResponseComplete\""
assert_eq "$(sent "$hooked" | jq -c '[.kind, .stage, .requestObject.data, .annotations["authorization.k8s.io/decision"]]' | tr '\n' ' ')" \
  '[null,"ResponseComplete",{"colour":"blue"},"allow"] '
was_sent '.objectRef.resource == "configmaps" and .verb == "create" and .stage == "RequestReceived"' || fail "its arrival was not sent"
eventually 5 recorded "$hooked and .stage == \"ResponseComplete\""
SEEN=$(cat "$STAND_IN"/seen/000001)
assert_contains "$SEEN" 'POST /events'
assert_contains "$SEEN" 'Authorization: Bearer token-of-limen'
assert_contains "$SEEN" '{"kind":"EventList","apiVersion":"audit.k8s.io/v1","metadata":{},"items":[{"level":'

# --- what is too large loses its bodies at the webhook, and not in the log, which has no such bound
{ printf '{"metadata":{"name":"huge"},"data":{"x":"'; head -c 20000 "$WORK/large"; printf '"}}'; } > "$WORK/body"
assert_status 201 POST /api/v1/namespaces/audited/configmaps "${json[@]}" --data-binary @"$WORK/body"
huge='.objectRef.name == "huge" and .stage == "ResponseComplete"'
eventually 5 was_sent "$huge"
assert_eq "$(sent "$huge" | jq -c '[.level, .requestObject, .responseObject, .responseStatus.code, .annotations["audit.k8s.io/truncated"]]')" \
  '["RequestResponse",null,null,201,"true"]'
eventually 5 recorded "$huge and (.requestObject.data.x | length) == 20000 and .annotations[\"audit.k8s.io/truncated\"] == null"

# --- a webhook that refuses is asked again until it takes them
printf '{}' | answer events 503
k -n audited create configmap later > "$WORK/out"
refused_once() { [ "$(metric 'limen_audit_webhook_attempts_total{outcome="failure"}')" -ge 1 ]; }
eventually 5 refused_once
printf '{}' | answer events 200
eventually 5 was_sent '.objectRef.name == "later" and .stage == "ResponseComplete"'
stop_server

# --- down: requests go on, what finds the buffer full is lost and counted, and the log says so
hook 'batchEvents: 1, bufferEvents: 2, throttle: false'
stop_stand_in
start_server
for i in 1 2 3 4 5 6; do assert_status 200 GET /api/v1/namespaces/audited/configmaps; done
lost() { [ "$(metric 'apiserver_audit_error_total{plugin="webhook"}')" -ge 1 ]; }
eventually 5 lost
eventually 5 grep -q 'audit events cannot be stored backend=webhook' "$LOG"
stop_server

# --- blocking: requests wait for it, and go on without it unless it is strict
hook 'mode: blocking'
start_stand_in
start_server
assert_status 200 GET /api/v1/namespaces/audited/configmaps -H 'Audit-ID: waits-1'
was_sent '.auditID == "waits-1" and .stage == "RequestReceived"' || fail "it did not wait"
stop_stand_in
assert_status 200 GET /api/v1/namespaces/audited/configmaps
stop_server
hook 'mode: blocking-strict'
start_server
assert_eq "$(api GET /api/v1/namespaces/audited/configmaps | jq -c '[.code, .reason, .message]')" \
  '[500,"InternalError","Internal error occurred: failed to store audit event"]'
assert_eq "$(metric apiserver_audit_requests_rejected_total)" 1
start_stand_in
assert_status 200 GET /api/v1/namespaces/audited/configmaps

finish
