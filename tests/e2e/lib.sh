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

cleanup() {
  local status=$?
  [ -z "$KUBECTL_PID" ] || kill "$KUBECTL_PID" 2> /dev/null || true
  close_connection
  if [ -n "$SERVER_PID" ]; then
    kill -KILL "$SERVER_PID" 2> /dev/null || true
    wait "$SERVER_PID" 2> /dev/null || true
  fi
  rm -rf "$WORK"
  exit "$status"
}
trap cleanup EXIT

# --- the server ---------------------------------------------------------------------------------

# A port nobody listens on, below those the system hands out by itself.
free_port() {
  local port
  while true; do
    port=$((10000 + RANDOM % 22000))
    if ! (exec 3<> "/dev/tcp/127.0.0.1/$port") 2> /dev/null; then
      printf '%s\n' "$port"
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

# --- assertions ---------------------------------------------------------------------------------

assert_eq() { [ "$1" = "$2" ] || fail "expected: $2
     got: $1${3:+
     ($3)}"; }
assert_contains() { [[ "$1" == *"$2"* ]] || fail "expected to find: $2
     in: $1"; }
assert_not_contains() { [[ "$1" != *"$2"* ]] || fail "expected not to find: $2
     in: $1"; }
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
