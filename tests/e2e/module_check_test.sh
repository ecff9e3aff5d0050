#!/usr/bin/env bash
# limen-module-check, from an installed SDK and nothing else: it finds each fault that was planted, and
# none in a sound module.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

PREFIX=$WORK/prefix
FAULTY=$LIMEN_BUILD/tests/faulty-modules
assert_ok cmake --install "$LIMEN_BUILD" --prefix "$PREFIX" --component sdk
CHECK=$PREFIX/bin/limen-module-check

# Only what every system has is needed to run it.
assert_eq "$(readelf -d "$CHECK" | grep -c 'NEEDED.*\(boost\|Poco\|yaml\)')" 0

# --- a sound module passes everything
assert_ok "$CHECK" "$FAULTY/none.so"
assert_contains "$OUTPUT" 'needs ABI 1.0, built by fixture'
assert_contains "$OUTPUT" 'no faults'
assert_eq "$(grep -c '^  ok ' <<< "$OUTPUT")" 28

# --- each fault by its name, in the test that is for it: MODULE TEST FAULT PART-OF-THE-SENTENCE
while read -r module test fault sentence; do
  assert_exit 1 "$CHECK" --timeout 20 --test "$test" "$FAULTY/$module.so"
  assert_contains "$OUTPUT" " $fault: $sentence"
done << 'LIST'
descriptor        descriptors  descriptor           the version of plugin faulty is not UTF-8
services-in-create create      services-in-create   get_extension() was used before start()
instance-leak     start        leak                 an instance that is started and stopped leaves
thread-left       start        use-after-stop       30 instances left
unknown-id        calls        unknown-id           get_extension("limen.authorizer/99") is not NULL
utf8              calls        utf8                 authorize() gave set_rule() text that is not UTF-8
utf8-cut          calls        utf8                 authorize() gave set_rule() text that is not UTF-8
unknown-value     calls        unknown-value        authorize() gave the status 7
exception         calls        exception            authorize() let an exception out, "the oracle fell off its tripod"
crash             calls        crash                authorize() ended the process by Aborted
exit              calls        exit                 authorize() ended the process with exit()
environment       calls        environment          it changed what a signal does
double-completion calls        double-completion    authorize() completed its call and then returned
blocking          blocking     blocking             its calls wait for something
borrowed          borrowed     borrowed             it used text of a call that had ended
leak              leak         leak                 the same 16 questions cost
memory            memory       memory               after
race              threads      race                 asked by 8 threads at once it answers otherwise
never-completed   deadline     never-completed      a call of authorize() was never completed
idempotency       reinvocation idempotency          asked again about its own work, admit() changed it once more
dry-run           dry-run      dry-run              it wrote objects while dry_run was 1
use-after-stop    stop         use-after-stop       limen.log/1 was used after destroy()
thread-left       stop         use-after-stop       1 of its threads run on after destroy()
LIST

# --- what hangs is ended, and the tests after it are made all the same
assert_exit 1 "$CHECK" --timeout 4 --plugin faulty --test leak --test reinvocation "$FAULTY/hang.so"
assert_contains "$OUTPUT" 'hang: authorize() did not come back within 4 s'
assert_contains "$OUTPUT" 'ok     reinvocation'
assert_exit 1 "$CHECK" --timeout 1 --test stop "$FAULTY/hang-in-start.so"
assert_contains "$OUTPUT" 'hang: start() did not come back within 1 s'

# --- for programs
assert_exit 1 "$CHECK" --json --test calls "$FAULTY/utf8.so"
assert_eq "$(jq -r '[.ok, .abi, (.results | map(.verdict) | join(",")), .results[0].faults[0].fault] | map(tostring) | join(" ")' \
  <<< "$OUTPUT")" 'false 1.0 fault,ok utf8'

# --- what is no module, and wrong command lines
assert_exit 1 "$CHECK" "$LIMEN_BUILD/tests/bad-modules/missing-symbol.so"
assert_contains "$OUTPUT" 'it exports no limen_module_entry'
assert_exit 1 "$CHECK" "$LIMEN_BUILD/tests/bad-modules/newer-minor.so"
assert_contains "$OUTPUT" 'it needs module ABI 1.9, this limen-module-check knows 1.0'
for wrong in "" "--timeout 0 $FAULTY/none.so" "--test nothing $FAULTY/none.so" "$WORK/none.so" \
  "--config $WORK/none.json $FAULTY/none.so" --what; do
  # shellcheck disable=SC2086 # words are meant
  assert_exit 2 "$CHECK" $wrong
done

# --- a plugin that wants a config gets it, and says so when it has none
assert_exit 3 "$CHECK" --test calls "$LIMEN_BUILD/lib/limen/modules/token-file.so"
assert_contains "$OUTPUT" 'give a config it works with by --config FILE'
printf 'secret,alice,u-1,"a,b"\n' > "$WORK/tokens.csv"
printf '{"path": "%s"}' "$WORK/tokens.csv" > "$WORK/config.json"
assert_ok "$CHECK" --config "$WORK/config.json" --test calls --test leak --test stop \
  "$LIMEN_BUILD/lib/limen/modules/token-file.so"
assert_ok "$CHECK" "$LIMEN_BUILD/lib/limen/modules/default-toleration-seconds.so"

# --- and every module that is shipped, as far as no config is needed
for module in "$LIMEN_BUILD"/lib/limen/modules/*.so; do
  assert_ok "$CHECK" --test descriptors --test create "$module"
done
finish
