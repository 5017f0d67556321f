#!/bin/bash
# validate.sh: `orxaq plugin validate` as a person meets it, and that every check has a bad module.
# shellcheck source=tests/lib/test.sh
. "$ORX_SOURCE_DIR/tests/lib/test.sh" || exit 1

orxaq=$ORX_BUILD_DIR/bin/orxaq
chmod 700 "$T"
cp "$ORX_BUILD_DIR/tests/abi-modules/good.so" "$T/good.so"
chmod 644 "$T/good.so"

begin "every check has a bad module, and every bad module a check"
run "$orxaq" plugin validate "$T/good.so" --json
expect_status 0
ids=$(grep -o '"id":"[^"]*"' <<<"$out" | cut -d'"' -f4 | sort)
expect_eq "$ids" "$(cd "$ORX_SOURCE_DIR/tests/abi/bad" && for f in *.c; do echo "${f%.c}"; done | sort)"
[ "$(wc -l <<<"$ids")" -ge 24 ] || fail "fewer than 24 checks"
expect_in "$out" "\"file\":\"$(realpath "$T/good.so")\",\"ok\":true"

begin "a table for people"
run "$orxaq" plugin validate "$T/good.so"
expect_status 0
expect_in "$out" "load.opens"
expect_in "$out" " 0 failed, 0 skipped"

begin "what is no module"
echo "hello" >"$T/text.so"
run "$orxaq" plugin validate "$T/text.so"
expect_status 1
expect_in "$out" "not tried: it needs load.opens"
run "$orxaq" plugin validate "$T/missing.so"
expect_status 1
expect_in "$err" "missing.so"
run "$orxaq" plugin validate
expect_status 2

begin "the child refuses a check that is none"
run "$orxaq" plugin validate-internal no.such "$T/good.so"
expect_status 2
expect_in "$err" "no.such"
finish
