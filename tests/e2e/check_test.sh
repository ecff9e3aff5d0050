#!/usr/bin/env bash
# `limen check` tells everything that is wrong in one run, each with its place and a hint, and what is right
# beside it is looked at all the same.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state

cat > "$WORK/policy.yaml" << 'YAML'
apiVersion: audit.k8s.io/v1
kind: Policy
rules:
- {level: Everything}
- {level: None, verb: [get]}
YAML
cat > "$WORK/abac.jsonl" << 'JSON'
{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"user":"ann"}}
{"apiVersion":"abac.authorization.kubernetes.io/v1beta1","kind":"Policy","spec":{"usr":"bob"}}
{"kind":"Policy"}
JSON
printf 'user eve\nnobody\njti\n' > "$WORK/revoked"
cat > "$WORK/webhook.kubeconfig" << 'YAML'
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1", certificate-authority: none.crt}}]
users: [{name: u, user: {}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
YAML
cat > "$WORK/bad.yaml" << YAML
apiVersion: config.limen.io/v1
kind: ServerConfiguration
secure: {port: 70000, tlsCertFile: $STATE/pki/apiserver.crt, tlsPrivateKeyFile: $STATE/pki/ca.key}
limits: {idleTimout: 3s}
audit: {policyFile: $WORK/policy.yaml, logPath: $WORK/audit.log}
revocations: {path: $WORK/revoked}
authenticators:
  - {name: x509, timeout: soon}
  - {name: tokens, module: token-file, isolation: process, config: {path: $WORK/none.csv}}
  - {name: bearer, module: webhook-token, config: {kubeconfig: $WORK/webhook.kubeconfig}}
authorizers:
  - {name: rbac, config: {strict: true}}
  - {name: policies, module: abac, config: {path: $WORK/abac.jsonl}}
  - {name: vendor, module: no-such-module}
admission:
  - {name: always-pull-images}
  - {name: PodSecurty}
YAML

assert_exit 1 "$LIMEN" check "$WORK/bad.yaml" --output json
FOUND=$OUTPUT
# at FILE LINE COLUMN: the messages that stand there
at() { jq -r --arg f "$WORK/$1" --argjson l "$2" --argjson c "$3" \
  '.findings[] | select(.file == $f and .line == $l and .column == $c) | .message' <<< "$FOUND"; }
column() { awk -v n="$1" -v text="$2" 'NR == n {print index($0, text)}' "$WORK/bad.yaml"; } # LINE TEXT
assert_eq "$(at bad.yaml 3 16)" '70000 must be between 1 and 65535'
assert_eq "$(at bad.yaml 3 "$(column 3 "$STATE/pki/ca.key")")" \
  "$STATE/pki/ca.key: the key does not belong to the certificate"
assert_eq "$(at bad.yaml 4 10)" 'unknown key "idleTimout"'
assert_eq "$(at policy.yaml 4 11)" '"Everything" must be None, Metadata, Request or RequestResponse'
assert_eq "$(at policy.yaml 5 17)" 'unknown key "verb"'
assert_eq "$(at revoked 2 null)" 'nothing stands after "nobody"'
assert_eq "$(at revoked 3 null)" 'nothing stands after "jti"'
assert_contains "$(at abac.jsonl 3 null)" 'no kind "Policy" is registered for version ""; write kind Policy of'
assert_eq "$(at bad.yaml 8 27)" 'must be a duration such as 2s or 500ms'
# An isolated module is asked in its own process, as the user that it runs as.
assert_contains "$(at bad.yaml 9 "$(column 9 "$WORK/none.csv")")" "$WORK/none.csv: "
assert_contains "$(jq -r '.findings[] | select(.file == "'"$WORK/webhook.kubeconfig"'") | "\(.line) \(.message)"' <<< "$FOUND")" none.crt
assert_eq "$(at bad.yaml 12 26)" 'module rbac takes no config'
assert_eq "$(at abac.jsonl 2 null)" 'unknown key "usr"'
assert_contains "$(at bad.yaml 14 5)" 'there is no module "no-such-module"'
assert_eq "$(at bad.yaml 17 12)" 'there is no admission plugin "PodSecurty"'
# Each once, with what to do; nothing that only follows from one of them.
assert_eq "$(jq -c '[.ok, (.findings | length), .summary.findings]' <<< "$FOUND")" '[false,15,15]'
assert_eq "$(jq -r '.findings[] | select(.message == "unknown key \"idleTimout\"").hint' <<< "$FOUND")" 'did you mean "idleTimeout"?'
assert_eq "$(jq -r '.findings[] | select(.line == 14).hint' <<< "$FOUND")" 'install its package or correct the name'
assert_contains "$(jq -r '.findings[] | select(.message == "unknown key \"usr\"").hint' <<< "$FOUND")" "$WORK/bad.yaml:13:"

# --- for people: the place first, the hint below
assert_exit 1 "$LIMEN" check "$WORK/bad.yaml"
assert_contains "$OUTPUT" "$WORK/bad.yaml:4:10: limits: unknown key \"idleTimout\"
    hint: did you mean \"idleTimeout\"?"
assert_contains "$OUTPUT" "$WORK/abac.jsonl:2: unknown key \"usr\""
assert_eq "$(grep -c "^$WORK/" <<< "$OUTPUT")" 15

# --- a file that is no configuration is one finding
printf 'a: [\n' > "$WORK/none.yaml"
assert_exit 1 "$LIMEN" check "$WORK/none.yaml" -o json
assert_eq "$(jq -r '.findings | length' <<< "$OUTPUT")" 1

# --- all is well: a summary
assert_ok "$LIMEN" check --config "$CONFIG" -o json
assert_eq "$(jq -c '[.ok, .findings, .summary.findings]' <<< "$OUTPUT")" '[true,[],0]'
assert_ok "$LIMEN" check --config "$CONFIG"
assert_contains "$OUTPUT" "$CONFIG: ok"
finish
