# Helpers of the end-to-end tests: a server on a free port over a state folder of its own, kubectl and
# curl against it, and assertions that say what they saw.
#
#   source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
#   start_server
#   assert_eq "$(k get ns default -o name)" namespace/default
#   finish
#
# LIMEN_BUILD and LIMEN_SOURCE come from ctest; without them the release build of this tree is used.
# A failed assertion ends the script with its line and the end of the server's log.
# shellcheck shell=bash
set -euo pipefail

LIMEN_SOURCE=${LIMEN_SOURCE:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
LIMEN_BUILD=${LIMEN_BUILD:-$LIMEN_SOURCE/build/release}
LIMEN=$LIMEN_BUILD/bin/limen
WORK=$(mktemp -d "${TMPDIR:-/tmp}/limen-e2e-XXXXXX")
STATE=$WORK/state           # of `limen init`
CONFIG=$STATE/limen.yaml    # what start_server serves with
LOG=$WORK/server.log        # stderr of every server started, one after another
PORT=0                      # of the secure listener, once started
SERVER_PID=
KUBECTL_PID=
STAND_IN=$WORK/stand-in     # the answers of somebody else's server, and what it was asked
STAND_IN_PID=
umask 022

# kubectl keeps what it discovered under HOME: a test must not see another's.
export HOME=$WORK KUBECONFIG=$STATE/admin.kubeconfig
# What curl itself asks for is indented for people; programs, and so the tests, get compact text.
echo 'user-agent = "limen-e2e"' > "$WORK/.curlrc"
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY ALL_PROXY all_proxy

fail() {
  printf 'FAILED %s:%s: %s\n' "${BASH_SOURCE[-1]}" "${BASH_LINENO[-2]}" "$*" >&2
  if [ -s "$LOG" ]; then
    printf -- '--- end of the server log ---\n' >&2
    tail -n 30 "$LOG" >&2
  fi
  exit 1
}

cleanup() { # [STATUS]: of the script; what was just done otherwise
  local status=${1:-$?}
  [ -z "$KUBECTL_PID" ] || kill "$KUBECTL_PID" 2> /dev/null || true
  close_connection
  stop_stand_in
  if [ -n "$SERVER_PID" ]; then
    kill -KILL "$SERVER_PID" 2> /dev/null || true
    wait "$SERVER_PID" 2> /dev/null || true
  fi
  rm -rf "$WORK"
  exit "$status"
}
trap cleanup EXIT

# --- the server ---------------------------------------------------------------------------------

# A port nobody listens on, below those the system hands out by itself, and none that this script was
# given before.
free_port() {
  local port
  while true; do
    port=$((10000 + RANDOM % 22000))
    if grep -qsx "$port" "$WORK/ports"; then continue; fi
    if ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
      printf '%s\n' "$port" | tee -a "$WORK/ports"
      return
    fi
  done
}

# Certificates, configuration and kubeconfig in $STATE for $PORT.
init_state() {
  "$LIMEN" init --state "$STATE" --secure-port "$PORT" --bind-address 127.0.0.1 > "$WORK/init.out" 2>&1 ||
    fail "limen init: $(cat "$WORK/init.out")"
}

# Starts `limen serve` with more flags if any, on the port it had or a free one, and waits until it is
# ready. A port that was taken meanwhile is given up for another.
start_server() {
  local attempt chosen=$PORT
  for attempt in 1 2 3 4 5; do
    [ "$chosen" != 0 ] || PORT=$(free_port)
    init_state
    : >> "$LOG"
    local before
    before=$(wc -l < "$LOG")
    "$LIMEN" serve --config "$CONFIG" --secure-port "$PORT" "$@" >> "$LOG" 2>&1 &
    SERVER_PID=$!
    if wait_ready; then return 0; fi
    if ! tail -n "+$((before + 1))" "$LOG" | grep -q 'Address already in use' || [ "$chosen" != 0 ]; then
      fail "the server did not become ready"
    fi
    SERVER_PID=
  done
  fail "no free port after $attempt attempts"
}

# True once /readyz says ok; false when the server ends or 30 s pass.
wait_ready() {
  local i
  for i in $(seq 1 600); do
    if [ "$(curl -s --max-time 5 "${ADMIN[@]}" "https://127.0.0.1:$PORT/readyz" 2> /dev/null)" = ok ]; then return 0; fi
    if ! kill -0 "$SERVER_PID" 2> /dev/null; then
      wait "$SERVER_PID" || true
      SERVER_PID=
      return 1
    fi
    sleep 0.05
  done
  return 1
}

# Asks the server to end and sets STOPPED to its exit status.
stop_server() {
  STOPPED=0
  kill -TERM "$SERVER_PID"
  wait "$SERVER_PID" || STOPPED=$?
  SERVER_PID=
}

# Ends the server as a power cut would.
kill_server() {
  kill -KILL "$SERVER_PID"
  wait "$SERVER_PID" 2> /dev/null || true
  SERVER_PID=
}

restart_server() {
  stop_server
  start_server "$@"
}

# --- clients ------------------------------------------------------------------------------------

# curl's words for the administrator, and for somebody without a credential.
ADMIN=(--cacert "$STATE/pki/ca.crt" --cert "$STATE/pki/admin.crt" --key "$STATE/pki/admin.key")
ANYBODY=(--cacert "$STATE/pki/ca.crt")

k() { kubectl --request-timeout=30s "$@"; }

# api METHOD PATH [curl options]: the body of the answer, as the administrator.
api() {
  local method=$1 path=$2
  shift 2
  curl -sS --max-time 30 "${ADMIN[@]}" -X "$method" "https://127.0.0.1:$PORT$path" "$@"
}

# status_of METHOD PATH [curl options]: the status code alone, as the administrator.
status_of() { api "$@" -o /dev/null -w '%{http_code}'; }

# request METHOD PATH [curl options]: without any credential; put one into the options.
request() {
  local method=$1 path=$2
  shift 2
  curl -sS --max-time 30 "${ANYBODY[@]}" -X "$method" "https://127.0.0.1:$PORT$path" "$@"
}

# One connection that stays open, for what has to bite on it. open_connection [openssl s_client options]
open_connection() {
  coproc CONNECTION { exec openssl s_client -quiet -connect "127.0.0.1:$PORT" -CAfile "$STATE/pki/ca.crt" \
    "$@" 2> "$WORK/s_client.err"; }
}
# ask_connection PATH [header]...: the status code of a GET on it.
ask_connection() {
  local path=$1 line length=0 status
  shift
  printf '%s\r\n' "GET $path HTTP/1.1" 'Host: localhost' 'User-Agent: limen-e2e' "$@" '' >&"${CONNECTION[1]}"
  read -r -t 10 _ status _ <&"${CONNECTION[0]}" || fail "no answer on the open connection"
  while read -r -t 10 line <&"${CONNECTION[0]}" && [ -n "${line%$'\r'}" ]; do
    case ${line,,} in content-length:*) length=$(tr -dc 0-9 <<< "$line") ;; esac
  done
  [ "$length" = 0 ] || LC_ALL=C read -r -t 10 -N "$length" _ <&"${CONNECTION[0]}"
  printf '%s\n' "$status"
}
# Bash forgets the process' number by itself when it ends.
close_connection() { [ -z "${CONNECTION_PID:-}" ] || kill "$CONNECTION_PID" 2> /dev/null || true; }

# Who a credential names: whoami [curl options] gives a SelfSubjectReview or a Status.
whoami() {
  request POST /apis/authentication.k8s.io/v1/selfsubjectreviews -H 'Content-Type: application/json' \
    -d '{"apiVersion":"authentication.k8s.io/v1","kind":"SelfSubjectReview"}' "$@"
}

# --- somebody else's server -----------------------------------------------------------------------

# A webhook or an issuer over HTTPS (tests/support/https_stand_in.cpp), one in a script.
# make_stand_in HOST: its certificate, $STAND_IN/tls.crt, for that host name, and its $STAND_IN_PORT.
make_stand_in() {
  mkdir -p "$STAND_IN/answers" "$STAND_IN/seen"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=stand-in \
    -addext "subjectAltName=DNS:$1" -keyout "$STAND_IN/tls.key" -out "$STAND_IN/tls.crt" 2> /dev/null
  STAND_IN_PORT=$(free_port)
}
start_stand_in() {
  "$LIMEN_BUILD/bin/https_stand_in" "$STAND_IN_PORT" "$STAND_IN/tls.crt" "$STAND_IN/tls.key" "$STAND_IN" \
    > "$STAND_IN/out" 2>&1 &
  STAND_IN_PID=$!
  eventually 10 grep -q ready "$STAND_IN/out"
}
stop_stand_in() {
  [ -n "$STAND_IN_PID" ] || return 0
  kill "$STAND_IN_PID" 2> /dev/null || true
  wait "$STAND_IN_PID" 2> /dev/null || true
  STAND_IN_PID=
}
# answer PATH STATUS [MILLISECONDS]: what it says from now on, the body on standard input.
answer() {
  mkdir -p "$(dirname "$STAND_IN/answers/$1")"
  { printf '%s\nContent-Type: application/json\n\n' "${*:2}"; cat; } > "$STAND_IN/next"
  mv "$STAND_IN/next" "$STAND_IN/answers/$1"
}
# How often it was asked since forget_asked.
asked() { find "$STAND_IN/seen" -type f | wc -l; }
forget_asked() { rm -f "$STAND_IN"/seen/* "$STAND_IN"/connections/*; }
# By how many connections.
connections() { find "$STAND_IN/connections" -type f | wc -l; }

# webhook_kubeconfig PATH [HOST]: $WORK/webhook.kubeconfig leads there, replaced as a whole, as tools do it.
webhook_kubeconfig() {
  cat > "$WORK/webhook.next" << YAML
apiVersion: v1
kind: Config
current-context: webhook
contexts: [{name: webhook, context: {cluster: webhook, user: limen}}]
clusters:
- name: webhook
  cluster:
    server: https://127.0.0.1:$STAND_IN_PORT$1
    certificate-authority: ${STAND_IN#"$WORK"/}/tls.crt
    tls-server-name: ${2:-localhost}
users: [{name: limen, user: {token: token-of-limen}}]
YAML
  mv "$WORK/webhook.next" "$WORK/webhook.kubeconfig"
}
# review STATUS: a TokenReview as a webhook answers it.
review() { printf '{"apiVersion":"authentication.k8s.io/v1","kind":"TokenReview","status":%s}' "$1"; }

# An OpenID issuer at $ISSUER, once there is a stand-in for localhost.
make_issuer() {
  ISSUER=https://localhost:$STAND_IN_PORT
  printf '{"issuer":"%s","jwks_uri":"%s/keys"}' "$ISSUER" "$ISSUER" | answer .well-known/openid-configuration 200
}
b64url() { basenc -w0 --base64url | tr -d '='; }
# new_key NAME: an RSA key and its JWK, whose kid is NAME.
new_key() {
  openssl genrsa -out "$WORK/$1.pem" 2048 2> /dev/null
  local n
  n=$(openssl rsa -in "$WORK/$1.pem" -noout -modulus | cut -d= -f2 | basenc -d --base16 | b64url)
  printf '{"kty":"RSA","use":"sig","alg":"RS256","kid":"%s","n":"%s","e":"AQAB"}' "$1" "$n" > "$WORK/$1.jwk"
}
publish() { # KEY...: the keys of the issuer
  local list
  list=$(for key in "$@"; do cat "$WORK/$key.jwk"; echo; done | paste -sd,)
  printf '{"keys":[%s]}' "$list" | answer keys 200
}
claims() { # SUBJECT [MORE]
  printf '{"iss":"%s","aud":"limen","sub":"%s","exp":%d,"groups":["dev"]%s}' "$ISSUER" "$1" $(($(date +%s) + 600)) "${2:-}"
}
# issue KEY CLAIMS [HEADER]: a token signed with the key, whatever the header says.
issue() {
  local input
  input=$(printf '%s' "${3:-{\"alg\":\"RS256\",\"kid\":\"$1\"\}}" | b64url).$(printf '%s' "$2" | b64url)
  printf '%s.%s' "$input" "$(printf '%s' "$input" | openssl dgst -sha256 -sign "$WORK/$1.pem" | b64url)"
}
# issuer_config: the entry of the authenticator `staff`, which knows the issuer.
issuer_config() {
  printf '%s' '{name: staff, module: jwt, config: {issuers: [{url: "'"$ISSUER"'", certificateAuthorityFile: "'"$STAND_IN"'/tls.crt", ' \
    'audiences: [limen], refreshSeconds: 10, claimMappings: {username: {claim: sub, prefix: "oidc:"}, ' \
    'groups: {claim: groups, prefix: "oidc:"}}}]}}'
}

# --- assertions ---------------------------------------------------------------------------------

assert_eq() { [ "$1" = "$2" ] || fail "expected: $2
     got: $1${3:+
     ($3)}"; }
assert_contains() { [[ "$1" == *"$2"* ]] || fail "expected to find: $2
     in: $1"; }
assert_not_contains() { [[ "$1" != *"$2"* ]] || fail "expected not to find: $2
     in: $1"; }
# assert_header HEADERS "Name: value", or how the value begins: over HTTP/2 names are lower-case.
assert_header() {
  local lower='s/^([^:]*):/\L\1:/'
  assert_contains "$(tr -d '\r' <<< "$1" | sed -E "$lower")" "$(sed -E "$lower" <<< "$2")"
}
assert_matches() { [[ "$1" =~ $2 ]] || fail "expected to match: $2
     got: $1"; }

# assert_status CODE METHOD PATH [curl options], as the administrator.
assert_status() {
  local expected=$1 got
  shift
  got=$(status_of "$@") || fail "no answer to $*"
  [ "$got" = "$expected" ] || fail "$1 $2: expected status $expected, got $got"
}

# assert_exit STATUS COMMAND...: sets OUTPUT to what it printed on both streams.
assert_exit() {
  local expected=$1 got=0
  shift
  OUTPUT=$("$@" 2>&1) || got=$?
  [ "$got" = "$expected" ] || fail "$*: expected exit status $expected, got $got: $OUTPUT"
}
assert_ok() { assert_exit 0 "$@"; }

# eventually SECONDS COMMAND...: until it succeeds.
eventually() {
  local end=$((SECONDS + $1))
  shift
  until "$@" > /dev/null 2>&1; do
    ((SECONDS < end)) || fail "did not come true: $*"
    sleep 0.1
  done
}

finish() { printf 'passed: %s\n' "${0##*/}"; }
