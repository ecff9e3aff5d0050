#!/usr/bin/env bash
# Manual pages and the shipped configuration: made by the program, complete, and readable for man.
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

modules=$LIMEN_BUILD/lib/limen/modules
assert_ok "$LIMEN" man --directory "$WORK/man" --module-path "$modules"

# One page for the program, one for the configuration, one a module, and nothing else.
expected=$({ echo limen.8; echo limen.yaml.5; for so in "$modules"/*.so; do basename "$so" .so | sed 's/.*/limen-&.7/'; done; } | sort)
assert_eq "$(cd "$WORK/man" && printf '%s\n' * | sort)" "$expected"

# What a page says when hyphens and quotes are plain again.
plain() { sed -e 's/\\-/-/g' -e "s/\\\\(aq/'/g" -e 's/\\f[BIR]//g' -e 's/\\://g' "$1"; }

# Every verb and option that help shows is in limen(8).
page=$(plain "$WORK/man/limen.8")
while read -r verb; do
  assert_contains "$page" ".SS \"limen $verb"
  # shellcheck disable=SC2086 # two words are meant
  for option in $("$LIMEN" $verb --help | grep -o -- '--[a-z0-9-]*' | grep -v -x -e --help -e -- | sort -u); do
    assert_contains "$page" "$option"
  done
done < <("$LIMEN" --help | sed -n '/^Commands:/,/^$/s/^  \([a-z]*\( [a-z]*\)\{0,1\}\)  .*/\1/p')

# Every key of the shipped configuration is in limen.yaml(5).
page=$(plain "$WORK/man/limen.yaml.5")
for key in $(grep -o '^\( \{0,2\}\|# \|  # \)[a-zA-Z0-9]*:' "$LIMEN_SOURCE/conf/limen.yaml" | tr -d '# :' | sort -u); do
  assert_contains "$page" "$key"
done

# Every key of every schema is on its module's page.
for so in "$modules"/*.so; do
  name=$(basename "$so" .so)
  page=$(plain "$WORK/man/limen-$name.7")
  for key in $("$LIMEN" modules inspect "$so" --output json |
    jq -r '[.descriptors[].configSchema // {} | .. | objects | .properties? // {} | keys[]] | unique[]'); do
    assert_contains "$page" "$key"
  done
done

# What the tools for manual pages say, where they are installed: nothing.
if command -v groff > /dev/null; then
  for file in "$WORK"/man/*; do
    assert_eq "$(groff -ww -man -Tutf8 "$file" 2>&1 > /dev/null)" '' "$file"
  done
fi
if command -v mandoc > /dev/null; then
  assert_eq "$(mandoc -Tlint -W warning "$WORK"/man/* 2>&1 | grep -v 'missing date' || true)" ''
fi

# With SOURCE_DATE_EPOCH the pages have that date, and are the same in every run.
SOURCE_DATE_EPOCH=1769817600 "$LIMEN" man --directory "$WORK/dated" --module-path "$modules" > /dev/null
assert_contains "$(plain "$WORK/dated/limen.8")" '.TH "LIMEN" "8" "2026-01-31"'
SOURCE_DATE_EPOCH=1769817600 "$LIMEN" man --directory "$WORK/again" --module-path "$modules" > /dev/null
diff -r "$WORK/dated" "$WORK/again" || fail 'two runs differ'

# The shipped configuration is what the program prints, and one that check takes.
"$LIMEN" man --configuration | diff - "$LIMEN_SOURCE/conf/limen.yaml" || fail 'conf/limen.yaml is not of this program'
assert_ok "$LIMEN" check --config "$LIMEN_SOURCE/conf/limen.yaml"
assert_exit 2 "$LIMEN" man
finish
