# shellcheck shell=bash
# Shared by packaging/quickstart and tests/run: what has to be installed, and how to build.
# Sourced by bash scripts that have `set -euo pipefail`.

LIMEN_SOURCE=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

say() { printf '%s\n' "==> $*" >&2; }
die() { printf '%s\n' "$*" >&2; exit 1; }

# True for a package whose program is there already, wherever it came from.
on_path() {
  case $1 in
    kubernetes-client) command -v kubectl > /dev/null ;;
    nodejs) command -v node > /dev/null ;;
    npm) command -v npm > /dev/null ;;
    *) false ;;
  esac
}

# The packages of the given uses that are not installed, one a line.
missing_packages() {
  local use package wanted
  while read -r use package; do
    case $use in '#'* | '') continue ;; esac
    for wanted in "$@"; do
      [ "$use" = "$wanted" ] || continue
      if on_path "$package"; then continue; fi
      if [ "$(dpkg-query -W -f='${db:Status-Status}' "$package" 2> /dev/null)" != installed ]; then
        printf '%s\n' "$package"
      fi
    done
  done < "$LIMEN_SOURCE/packaging/packages.txt"
}

as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  elif command -v sudo > /dev/null; then
    sudo "$@"
  else
    die "this needs root: run it as root, install sudo, or install the packages yourself: $*"
  fi
}

# install_packages USE...: installs what is missing and says what that is.
install_packages() {
  command -v dpkg-query > /dev/null ||
    die "this is not a Debian system: install the packages of packaging/packages.txt yourself and add --no-install"
  local missing
  missing=$(missing_packages "$@")
  [ -n "$missing" ] || return 0
  say "installing $(tr '\n' ' ' <<< "$missing")"
  # shellcheck disable=SC2086 # one word a package is meant
  if ! as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2; then
    say "refreshing the package lists"
    as_root apt-get update -q >&2
    as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing >&2
  fi
}

# build PRESET [cmake options]: configures and builds build/PRESET. Modules that others may write to
# are refused by the server, so nothing of the build may be group-writable.
build() {
  local preset=$1
  shift
  umask 022
  local launcher=()
  if command -v ccache > /dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
  say "building $preset (a first build takes some minutes)"
  (cd "$LIMEN_SOURCE" && cmake --preset "$preset" "${launcher[@]}" "$@" > /dev/null &&
    cmake --build --preset "$preset") >&2
}
