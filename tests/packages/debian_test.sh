#!/usr/bin/env bash
# The deb in a fresh Debian: installed, started as its unit starts it, upgraded, removed, purged. Needs root
# and a Debian mirror (LIMEN_MIRROR).
source "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
export LIMEN_BUILD
[ "$(id -u)" = 0 ] || fail "this test makes a chroot: run it as root"

ROOT=$WORK/debian
LISTENER=
# shellcheck disable=SC2317 # called by the trap
end() {
  local status=$?
  [ -z "$LISTENER" ] || kill "$LISTENER" 2> /dev/null || true
  [ -z "$SERVER_PID" ] || kill -KILL "$SERVER_PID" 2> /dev/null || true
  if mountpoint -q "$ROOT/proc"; then umount -l "$ROOT/proc"; fi
  cleanup "$status"
}
trap end EXIT

inside() { chroot "$ROOT" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive HOME=/root "$@"; }
# apt-get ARGUMENT...: what it said is in $WORK/apt.
apt() {
  inside apt-get -y -q --no-install-recommends -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" \
    > "$WORK/apt" 2>&1 || fail "apt-get $*: $(tail -n 20 "$WORK/apt")"
}
# left NAME: everything of that name, but in the records of dpkg and apt.
left() { (cd "$ROOT" && find . -xdev \( -path ./proc -o -path ./var/cache -o -path ./var/log/apt -o -path ./tmp \) -prune -o \
  -name "*$1*" ! -path "./$first" ! -path './var/lib/dpkg/*' ! -path './var/lib/apt/*' -print | sort); }

# --- the unit, by hand: there is no systemd here

# The commands of the unit under a key.
commands() { sed -n "s/^$1=//p" "$ROOT/usr/lib/systemd/system/limen.service"; }
# as_unit COMMAND [VARIABLE=VALUE]...: a command as the unit runs it, with the operator's words.
as_unit() {
  local command=$1
  shift
  # shellcheck disable=SC1091 # the operator's file
  . "$ROOT/etc/limen/limen.env"
  eval "exec chroot '$ROOT' /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin $* \
    setpriv --reuid=limen --regid=limen --clear-groups --no-new-privs $command"
}
state_folders() { # StateDirectory=, LogsDirectory=
  local folder
  for folder in /var/lib/limen /var/log/limen; do
    inside install -d -m 0700 "$folder"
    inside chown -R limen:limen "$folder"
  done
}
start_unit() {
  local command
  state_folders
  : > "$WORK/told"
  while read -r command; do
    (as_unit "$command") >> "$LOG" 2>&1 || fail "$command"
  done < <(commands ExecStartPre)
  as_unit "$(commands ExecStart)" NOTIFY_SOCKET=/run/notify WATCHDOG_USEC=30000000 >> "$LOG" 2>&1 &
  SERVER_PID=$!
  eventually 30 grep -q READY=1 "$WORK/told"
}
serves() { curl -s --max-time 5 --cacert "$ROOT/var/lib/limen/pki/ca.crt" --cert "$ROOT/var/lib/limen/pki/admin.crt" \
  --key "$ROOT/var/lib/limen/pki/admin.key" "https://127.0.0.1:$PORT$1"; }

"$LIMEN_SOURCE/packaging/build-packages" --no-install --fast --output "$WORK/packages" deb > "$WORK/built" 2>&1 ||
  fail "$(cat "$WORK/built")"
debootstrap --variant=minbase --include=systemd-standalone-sysusers bookworm "$ROOT" \
  "${LIMEN_MIRROR:-http://deb.debian.org/debian}" > "$WORK/debootstrap" 2>&1 || fail "$(tail -n 20 "$WORK/debootstrap")"
# What ProcSubset= and ProtectProc= leave of it.
mount -t proc -o subset=pid,hidepid=invisible proc "$ROOT/proc"
first=$(basename "$WORK"/packages/limen_*.deb)
cp "$WORK/packages/$first" "$ROOT/"

# The next version, whose configuration is another.
dpkg-deb -R "$ROOT/$first" "$WORK/next"
version=$(dpkg-deb -f "$ROOT/$first" Version)
sed -i "s/^Version: .*/Version: $version+next/" "$WORK/next/DEBIAN/control"
echo '# of the next version' | tee -a "$WORK/next/etc/limen/limen.yaml" >> "$WORK/next/etc/limen/limen.env"
dpkg-deb --root-owner-group -Zgzip -z1 --build "$WORK/next" "$ROOT/next.deb" > /dev/null

python3 "$LIMEN_SOURCE/tests/support/notify_listener.py" "$ROOT/run/notify" > "$WORK/told" &
LISTENER=$!
eventually 10 test -S "$ROOT/run/notify"
PORT=$(free_port)

# --- installed: a user, a configuration that only root changes, nothing running and no state yet
begun=$(date +%s%3N)
apt install "/$first"
installed=$(($(date +%s%3N) - begun))
assert_matches "$(inside getent passwd limen)" '^limen:x:[0-9]+:[0-9]+:Limen API server:/var/lib/limen:/usr/sbin/nologin$'
assert_eq "$(inside stat -c '%a %U %G' /etc/limen /etc/limen/limen.yaml)" "750 root limen
644 root root"
assert_eq "$(inside limen version)" "$("$LIMEN" version)"
assert_exit 1 test -e "$ROOT/var/lib/limen"
assert_eq "$(inside find /etc/systemd -name 'limen*')" ""
assert_contains "$(inside limen check --config /etc/limen/limen.yaml 2>&1 || true)" /var/lib/limen/pki

# --- the first start makes what it needs and serves; the port is the test's, set as an operator would
cat > "$ROOT/etc/limen/limen.env" << ENV
LIMEN_INIT_OPTIONS="--secure-port $PORT --san api.example.com"
LIMEN_SERVE_OPTIONS="--secure-port $PORT --bind-address 127.0.0.1"
ENV
begun=$(date +%s%3N)
start_unit
started=$(($(date +%s%3N) - begun))
assert_eq "$(serves /readyz)" ok
cp "$ROOT/var/lib/limen/admin.kubeconfig" "$WORK/admin.kubeconfig"
export KUBECONFIG=$WORK/admin.kubeconfig
assert_ok k create configmap mine --from-literal=a=b
assert_eq "$(inside stat -c '%a %U' /var/lib/limen /var/lib/limen/pki/ca.key /var/lib/limen/limen.db)" "700 limen
600 limen
600 limen"
assert_contains "$(openssl x509 -in "$ROOT/var/lib/limen/pki/apiserver.crt" -noout -ext subjectAltName)" api.example.com

# --- a reload
reloaded() { [ "$(grep -c READY=1 "$WORK/told")" = 2 ]; }
while read -r command; do
  (as_unit "$command" MAINPID="$SERVER_PID") >> "$LOG" 2>&1 || fail "$command"
done < <(commands ExecReload)
eventually 20 grep -q RELOADING=1 "$WORK/told"
eventually 20 reloaded
stop_server
assert_eq "$STOPPED" 0
assert_contains "$(cat "$WORK/told")" STOPPING=1

# --- upgraded: what the operator changed is kept, and the state
sed -i 's/^  - name: anonymous/  - name: anonymous   # mine/' "$ROOT/etc/limen/limen.yaml"
config=$(cat "$ROOT"/etc/limen/*)
state=$(cd "$ROOT/var/lib/limen" && find . -type f -exec sha256sum {} + | sort)
apt install /next.deb
assert_eq "$(inside dpkg-query -W -f='${Version}' limen)" "$version+next"
assert_eq "$(cat "$ROOT/etc/limen/limen.env" "$ROOT/etc/limen/limen.yaml")" "$config"
assert_contains "$(cat "$ROOT/etc/limen/limen.yaml.dpkg-dist")" '# of the next version'
assert_eq "$(cd "$ROOT/var/lib/limen" && find . -type f -exec sha256sum {} + | sort)" "$state"
start_unit
assert_ok k get configmap mine
stop_server

# --- removed: configuration and state stay
state=$(cd "$ROOT/var/lib/limen" && find . -type f -exec sha256sum {} + | sort)
apt remove limen
assert_eq "$(left limen | grep -c /usr/)" 0
assert_eq "$(cat "$ROOT/etc/limen/limen.env" "$ROOT/etc/limen/limen.yaml")" "$config"
assert_eq "$(cd "$ROOT/var/lib/limen" && find . -type f -exec sha256sum {} + | sort)" "$state"
# ... and serve again with the package.
apt install /next.deb
start_unit
assert_ok k get configmap mine
stop_server

# --- purged: only what the operator made stays, with the key to read it, and is root's
echo 'secret,me,1' > "$ROOT/etc/limen/tokens.csv"
mkdir "$ROOT/var/lib/limen/backups"
touch "$ROOT/var/lib/limen/backups/monday"
apt purge limen
assert_contains "$(cat "$WORK/apt")" 'limen: /var/lib/limen is kept, it holds what you made'
assert_eq "$(cd "$ROOT" && find etc/limen var/lib/limen var/log/limen -type f 2> /dev/null | sort)" "etc/limen/tokens.csv
var/lib/limen/backups/monday
var/lib/limen/encryption.yaml
var/lib/limen/limen.db"
assert_eq "$(inside stat -c '%a %U %G' /var/lib/limen /var/lib/limen/limen.db /etc/limen/tokens.csv)" "700 root root
600 root root
644 root root"
assert_exit 2 inside getent passwd limen
assert_eq "$(left limen)" "./etc/limen
./var/lib/limen
./var/lib/limen/limen.db"

# ... which a later installation takes up again.
apt install /next.deb
cat >> "$ROOT/etc/limen/limen.env" << ENV
LIMEN_INIT_OPTIONS="--secure-port $PORT"
LIMEN_SERVE_OPTIONS="--secure-port $PORT --bind-address 127.0.0.1"
ENV
start_unit
cp "$ROOT/var/lib/limen/admin.kubeconfig" "$WORK/admin.kubeconfig"
assert_ok k get configmap mine
stop_server

# --- purged where the operator made nothing: nothing stays
rm -r "$ROOT/etc/limen/tokens.csv" "$ROOT/var/lib/limen/backups" "$ROOT/var/lib/limen/limen.db"
apt purge limen
assert_eq "$(left limen)" ""
printf 'installed in %d ms (libraries included), serving %d ms after its start\n' "$installed" "$started"
finish
