#!/usr/bin/env bash
# packaging/build-packages over a build that is there: what is in the packages, and what lintian, rpm and
# systemd say of them. tests/packages installs them.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export LIMEN_BUILD

assert_ok "$LIMEN_SOURCE/packaging/build-packages" --help
assert_exit 2 "$LIMEN_SOURCE/packaging/build-packages" tgz

assert_ok "$LIMEN_SOURCE/packaging/build-packages" --no-install --fast --output "$WORK/packages"
cd "$WORK/packages"
deb=$(ls limen_*_*.deb)
version=$(dpkg-deb -f "$deb" Version)
arch=$(dpkg-deb -f "$deb" Architecture)
assert_eq "$version" "$("$LIMEN" version | grep -o '[0-9]*\.[0-9]*\.[0-9]*' | head -1)"
assert_eq "$(find . -name '*.deb' | sort | tr '\n' ' ')" \
  "./limen-dbgsym_${version}_$arch.deb ./limen-sdk_${version}_$arch.deb ./limen-store-etcd_${version}_$arch.deb ./limen_${version}_$arch.deb "

# --- deb
listed=$(dpkg-deb -c "$deb" | awk '{print $1, $2, $6}')
for line in \
  '-rwxr-xr-x root/root ./usr/bin/limen' \
  '-rw-r--r-- root/root ./usr/lib/limen/modules/rbac.so' \
  '-rw-r--r-- root/root ./usr/lib/systemd/system/limen.service' \
  '-rw-r--r-- root/root ./usr/lib/sysusers.d/limen.conf' \
  '-rw-r--r-- root/root ./etc/limen/limen.yaml' \
  '-rw-r--r-- root/root ./usr/share/bash-completion/completions/limen' \
  '-rw-r--r-- root/root ./usr/share/zsh/vendor-completions/_limen' \
  '-rw-r--r-- root/root ./usr/share/fish/vendor_completions.d/limen.fish' \
  '-rw-r--r-- root/root ./usr/share/doc/limen/copyright'; do
  grep -qxF -- "$line" <<< "$listed" || fail "not in $deb: $line"
done
# All modules but etcd, whose libraries nobody needs who has no etcd.
modules=$(find "$LIMEN_BUILD/lib/limen/modules" -name '*.so' ! -name etcd.so | wc -l)
assert_eq "$(grep -c '/modules/.*\.so$' <<< "$listed")" "$modules"
assert_not_contains "$listed" ./usr/include
if [ -d "$LIMEN_BUILD/man" ]; then assert_contains "$listed" ./usr/share/man/man8/limen.8.gz; fi
assert_eq "$(dpkg-deb -I "$deb" conffiles)" "/etc/limen/limen.env
/etc/limen/limen.yaml"
assert_contains "$(dpkg-deb -f "$deb" Depends)" libpoconetssl80
assert_not_contains "$(dpkg-deb -f "$deb" Depends)" libgrpc
etcd=limen-store-etcd_${version}_$arch.deb
assert_contains "$(dpkg-deb -c "$etcd")" ./usr/lib/limen/modules/etcd.so
assert_matches "$(dpkg-deb -f "$etcd" Depends)" "libgrpc\\+\\+.*limen \\(= $version\\)"
sdk=$(dpkg-deb -c "limen-sdk_${version}_$arch.deb")
for file in include/limen/limen.h lib/cmake/Limen/LimenConfig.cmake lib/pkgconfig/limen-sdk.pc share/limen/sdk/template/README.md; do
  assert_contains "$sdk" " ./usr/$file"
done
id=$(readelf -n "$LIMEN" | sed -n 's/^ *Build ID: //p')
assert_contains "$(dpkg-deb -c "limen-dbgsym_${version}_$arch.deb")" "/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"

# Warnings are for a release to look at; of these, builds without symbols have many.
lintian --allow-root --fail-on none ./*.deb > "$WORK/lintian" 2>&1 || fail "$(cat "$WORK/lintian")"
assert_eq "$(grep '^E:' "$WORK/lintian")" ""

# --- rpm
rpm=limen-$version-1.$(uname -m).rpm
assert_eq "$(rpm -qp --qf '%{name} %{version} %{license}' "$rpm")" "limen $version Apache-2.0"
assert_eq "$(rpm -qpc "$rpm")" "/etc/limen/limen.env
/etc/limen/limen.yaml"
files=$(rpm -qp --qf '[%{filemodes:perms} %{fileusername} %{filegroupname} %{filenames}\n]' "$rpm")
for line in \
  'drwxr-x--- root limen /etc/limen' \
  '-rw-r--r-- root root /etc/limen/limen.yaml' \
  '-rwxr-xr-x root root /usr/bin/limen' \
  '-rw-r--r-- root root /usr/lib/systemd/system/limen.service' \
  '-rw-r--r-- root root /usr/share/zsh/site-functions/_limen'; do
  grep -qxF -- "$line" <<< "$files" || fail "not in $rpm: $line"
done
assert_eq "$(grep -c '/modules/.*\.so$' <<< "$files")" "$modules"
assert_contains "$(rpm -qpR "$rpm")" 'libPocoNetSSL.so.80()(64bit)'
assert_not_contains "$(rpm -qpR "$rpm")" libgrpc
assert_contains "$(rpm -qpl "limen-store-etcd-$version-1.$(uname -m).rpm")" /usr/lib/limen/modules/etcd.so
assert_eq "$(rpm -qp --provides "$rpm" | grep '\.so')" ""   # modules are nobody's libraries
assert_contains "$(rpm -qp --scripts "$rpm")" 'useradd -r'
assert_contains "$(rpm -qpl "limen-devel-$version-1.$(uname -m).rpm")" /usr/include/limen/limen.h
assert_contains "$(rpm -qpl "limen-debuginfo-$version-1.$(uname -m).rpm")" "/usr/lib/debug/.build-id/${id:0:2}/${id:2}.debug"

# --- the service, in a root folder with nothing but the system's units beside it
dpkg-deb -x "$deb" "$WORK/root"
cp -rn /lib/systemd/system/. "$WORK/root/usr/lib/systemd/system/"
mkdir -p "$WORK/root/bin"
cp /bin/sh "$WORK/root/bin/"
assert_ok systemd-analyze verify --recursive-errors=no --man=no "--root=$WORK/root" limen.service
assert_ok systemd-analyze security --offline=true --threshold=20 "--root=$WORK/root" limen.service
assert_matches "$OUTPUT" 'Overall exposure level for limen.service: [01]\.[0-9]'
finish
