#!/usr/bin/env bash
# Token and password files that change while the server runs, and passwords that lie there hashed.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
PORT=$(free_port)
init_state
TOKENS=$WORK/tokens.csv
PASSWORDS=$WORK/passwords.csv
umask 077
printf 'ada-token,ada,1001,"dev,ops"\nbob-token,bob,1002\n' > "$TOKENS"
SHA512=$(openssl passwd -6 -salt saltsalt 'hashed secret')
BCRYPT='$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW' # of U*U
printf '%s,carol,1003\n%s,dave,1004\nplain secret,erin,1005\n' "$SHA512" "$BCRYPT" > "$PASSWORDS"
sed -i -e "/^authenticators:/a\\
  - {name: tokens, module: token-file, config: {path: $TOKENS}}\\
  - {name: passwords, module: password-file, config: {path: $PASSWORDS}}" "$CONFIG"
assert_ok "$LIMEN" check --config "$CONFIG"
start_server

code=(-o /dev/null -w '%{http_code}')
by_token() { request GET /api -H "Authorization: Bearer $1" "${code[@]}"; }
by_password() { request GET /api -u "$1:$2" "${code[@]}"; }
token_is() { [ "$(by_token "$2")" = "$1" ]; }
password_is() { [ "$(by_password "$2" "$3")" = "$1" ]; }
# The promise is a second; one more for a busy machine.
within_a_second() { eventually 2 "$@"; }

# --- what is there counts, hashed or not
assert_eq "$(by_token ada-token)" 200
assert_eq "$(by_token eve-token)" 401
assert_eq "$(by_password carol 'hashed secret')" 200
assert_eq "$(by_password carol 'hashed secret')" 200
assert_eq "$(by_password carol "$SHA512")" 401
assert_eq "$(by_password carol 'wrong secret')" 401
assert_eq "$(by_password dave 'U*U')" 200
assert_eq "$(by_password dave 'U*V')" 401
assert_eq "$(by_password erin 'plain secret')" 200
assert_eq "$(by_password nobody 'plain secret')" 401
assert_contains "$(request GET /api -u carol:no -D - -o /dev/null | tr -d '\r' | grep -i '^www-authenticate')" \
  'Basic realm="kubernetes-master"'

# --- an entry that goes is out on the connection it was using, and so is one that changes
open_connection
on_connection() { ask_connection /api "Authorization: $1"; }
connection_is() { [ "$(on_connection "$2")" = "$1" ]; }
ADA='Bearer ada-token'
CAROL="Basic $(printf 'carol:hashed secret' | base64)"
assert_eq "$(on_connection "$ADA")" 200
assert_eq "$(on_connection "$CAROL")" 200
printf 'bob-token,bob,1002\nnew-token,ada,1001\n' > "$TOKENS"
within_a_second connection_is 401 "$ADA"
assert_eq "$(on_connection 'Bearer new-token')" 200
sed -i '/,carol,/d' "$PASSWORDS"
within_a_second connection_is 401 "$CAROL"
printf '%s,carol,1003\n' "$(openssl passwd -6 'other secret')" >> "$PASSWORDS"
within_a_second password_is 200 carol 'other secret'
assert_eq "$(on_connection "$CAROL")" 401
assert_eq "$(by_password dave 'U*U')" 200

# --- a broken file changes nothing, says where it is broken, and is counted
printf 'good-token,ada,1001\nonly,two\n' > "$TOKENS"
eventually 5 grep -q "tokens.csv:2: token file must have at least 3 columns" "$LOG"
printf '$1$salt$hash,dave,1004\n' > "$PASSWORDS"
eventually 5 grep -q 'passwords.csv:1: a password hash of the scheme $1$ is not supported' "$LOG"
assert_eq "$(on_connection 'Bearer new-token')" 200
assert_eq "$(by_token good-token)" 401
assert_eq "$(by_password dave 'U*U')" 200
METRICS=$(api GET /metrics | grep 'reloads_total{')
assert_matches "$METRICS" 'what="tokens",outcome="failure"\} [1-9]'
assert_matches "$METRICS" 'what="passwords",outcome="failure"\} [1-9]'

# --- a file that is gone as well; renaming over it and swapping a link, as Kubernetes mounts do, count
rm "$TOKENS"
eventually 5 grep -q 'tokens.csv: No such file or directory' "$LOG"
assert_eq "$(on_connection 'Bearer new-token')" 200
mkdir "$WORK/first" "$WORK/second"
printf 'first-token,ada,1001\n' > "$WORK/first/tokens.csv"
printf 'second-token,ada,1001\n' > "$WORK/second/tokens.csv"
ln -s first "$WORK/..data"
ln -s ..data/tokens.csv "$WORK/link"
mv "$WORK/link" "$TOKENS"
within_a_second token_is 200 first-token
ln -s second "$WORK/..data.new"
mv -T "$WORK/..data.new" "$WORK/..data"
within_a_second token_is 200 second-token
assert_eq "$(by_token first-token)" 401

# --- no secret is in the log
for secret in ada-token new-token good-token second-token 'hashed secret' 'other secret' 'plain secret' "$SHA512"; do
  assert_not_contains "$(cat "$LOG")" "$secret"
done
finish
