#!/usr/bin/env bash
# Three servers over an etcd cluster of three: each shows what the others did, at once; what one of them is
# enough for is done by one, and by another when that is gone.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
source "$(dirname "${BASH_SOURCE[0]}")/etcd_lib.sh"
need_etcd
start_etcd 3
make_servers 3
for i in 1 2 3; do begin_limen "$i"; done
for i in 1 2 3; do wait_limen "$i"; done

# --- kubectl sees the same wherever it asks
on 1 create namespace web > /dev/null
on 2 -n web create configmap settings --from-literal=v=1 > /dev/null
for i in 1 2 3; do assert_eq "$(on "$i" -n web get configmap settings -o jsonpath='{.data.v}')" 1; done
on 3 -n web patch configmap settings --type=merge -p '{"data":{"v":"3"}}' > /dev/null
assert_eq "$(on 1 -n web get configmap settings -o jsonpath='{.data.v}')" 3
on 1 -n web create deployment front --image=nginx > /dev/null
same() { on "$1" get all,configmaps,secrets,roles,rolebindings -A -o json --show-managed-fields | jq -S '[.items[] | select(.kind != "Lease")]' | sha256sum; }
assert_eq "$(same 2)" "$(same 1)"
assert_eq "$(same 3)" "$(same 1)"

# --- a create on one is in the next list on another, a hundred times on connections that are kept
maps=/api/v1/namespaces/web/configmaps
{
  for n in $(seq 100); do
    to=$((n % 3 + 1)) from=$(((n + 1) % 3 + 1))
    [ "$n" = 1 ] || echo next
    printf 'silent\ncacert = "%s"\ncert = "%s"\nkey = "%s"\n' "$STATE/pki/ca.crt" "$STATE/pki/admin.crt" "$STATE/pki/admin.key"
    printf 'url = "https://127.0.0.1:%s%s"\nheader = "Content-Type: application/json"\noutput = "/dev/null"\nwrite-out = "%%{http_code} "\n' \
      "${LIMEN_PORTS[to]}" "$maps"
    printf 'data = "{\\"metadata\\":{\\"name\\":\\"n%s\\",\\"labels\\":{\\"n\\":\\"%s\\"}}}"\nnext\n' "$n" "$n"
    printf 'silent\ncacert = "%s"\ncert = "%s"\nkey = "%s"\n' "$STATE/pki/ca.crt" "$STATE/pki/admin.crt" "$STATE/pki/admin.key"
    printf 'url = "https://127.0.0.1:%s%s?labelSelector=n%%3D%s"\noutput = "%s/list.%s"\n' "${LIMEN_PORTS[from]}" "$maps" "$n" "$WORK" "$n"
  done
} > "$WORK/pairs"
assert_eq "$(curl --max-time 60 -K "$WORK/pairs" | tr ' ' '\n' | sort | uniq -c | tr -d ' \n')" 100201
for n in $(seq 100); do grep -Eq "\"name\": ?\"n$n\"" "$WORK/list.$n" || fail "object $n is not in the list after its create: $(cat "$WORK/list.$n")"; done
# What was created on one is deleted on another, and the third knows.
for n in 1 2 3; do
  assert_eq "$(status_on "$n" DELETE "$maps/n$n")" 200
  assert_eq "$(status_on $((n % 3 + 1)) GET "$maps/n$n")" 404
done

# --- addresses of services are given once, whoever gives them
create_services() { # SERVER
  local n
  for n in $(seq 10); do
    api_on "$1" POST /api/v1/namespaces/web/services -H 'Content-Type: application/json' \
      -d "{\"metadata\":{\"name\":\"s$1-$n\"},\"spec\":{\"type\":\"NodePort\",\"ports\":[{\"port\":80}]}}" \
      -o /dev/null -w '%{http_code}\n' >> "$WORK/services.$1"
  done
}
CREATORS=()
for i in 1 2 3; do
  create_services "$i" &
  CREATORS+=($!)
done
wait "${CREATORS[@]}"
assert_eq "$(sort "$WORK"/services.[123] | uniq -c | tr -d ' ')" 30201
assert_eq "$(on 2 -n web get services -o jsonpath='{range .items[*]}{.spec.clusterIP}{"\n"}{end}' | sort -u | wc -l)" 30
assert_eq "$(on 3 -n web get services -o jsonpath='{range .items[*]}{.spec.ports[0].nodePort}{"\n"}{end}' | sort -u | wc -l)" 30

# --- all of them are where the Service kubernetes leads, and each has its Lease
addresses() { on "$1" get endpoints kubernetes -o jsonpath='{.subsets[*].addresses[*].ip}' 2> /dev/null | tr ' ' '\n' | sort | paste -sd' '; }
all_there() { [ "$(addresses "$1")" = '192.0.2.11 192.0.2.12 192.0.2.13' ]; }
for i in 1 2 3; do eventually 15 all_there "$i"; done
assert_eq "$(on 1 -n kube-system get leases -l apiserver.kubernetes.io/identity=kube-apiserver -o name | wc -l)" 3

# --- housekeeping is done by one, who is told by its metric and by a Lease
leads() { [ "$(api_on "$1" GET /metrics | grep -c '^limen_housekeeping_leader 1$')" = 1 ]; }
holder() { on "$1" -n kube-system get lease limen-housekeeping -o jsonpath='{.spec.holderIdentity}'; }
LEADER=
OTHERS=()
for i in 1 2 3; do
  if leads "$i"; then
    assert_eq "$LEADER" '' "server $i leads as well"
    LEADER=$i
  else
    OTHERS+=("$i")
  fi
done
[ -n "$LEADER" ] || fail "no server does the housekeeping"
HOLDER=$(holder 1)
assert_eq "$(holder 3)" "$HOLDER"
# Who takes over has to notice first; meanwhile the others serve.
kill_limen "$LEADER"

# --- rights that change on one are in force on the others
on "${OTHERS[0]}" create clusterrolebinding anna --clusterrole=view --user=anna > /dev/null
may() { [ "$(on "$1" auth can-i list configmaps -n web --as=anna 2> /dev/null)" = yes ]; }
may_not() { ! may "$1"; }
eventually 5 may "${OTHERS[1]}"
on "${OTHERS[1]}" delete clusterrolebinding anna > /dev/null
eventually 5 may_not "${OTHERS[0]}"

# --- one of the others takes over: a namespace ends, which takes a controller
over_there() { leads "${OTHERS[0]}" || leads "${OTHERS[1]}"; }
eventually 30 over_there
HELD=$(holder "${OTHERS[0]}")
[ "$HELD" != "$HOLDER" ] || fail "the Lease names a server that is gone"
on "${OTHERS[0]}" delete namespace web --wait=false > /dev/null
ended() { [ -z "$(on "${OTHERS[1]}" get namespace web --ignore-not-found -o name)" ]; }
eventually 15 ended
# And the one that was killed serves again, and follows.
start_limen "$LEADER"
leads "$LEADER" && fail "a server that comes back leads beside another"
assert_eq "$(on "$LEADER" get namespace web --ignore-not-found -o name)" ''
finish
