#!/bin/bash
# validate_bad.sh CHECK: the module built from bad/CHECK.c fails exactly that check; the others pass
# or are skipped because they need it. CHECK "good": nothing fails and nothing is skipped. CHECK
# "plugin:NAME": nothing of a shipped plugin fails; "module:NAME": nothing of another module built here.
# shellcheck source=tests/lib/test.sh
. "$ORX_SOURCE_DIR/tests/lib/test.sh" || exit 1

check=$1
modules=$ORX_BUILD_DIR/tests/abi-modules
expected=$check
case $check in
good) file=$modules/good.so expected= ;;
module:*) file=$modules/${check#module:}.so expected= ;;
plugin:*) file=$ORX_BUILD_DIR/plugins/${check#plugin:}.so expected= ;;
*) file=$modules/$check.so ;;
esac
# A copy of its own: the build tree may lie where others may write.
chmod 700 "$T"
cp "$file" "$T/module.so"
chmod 644 "$T/module.so"
[ "$check" != load.file-trusted ] || chmod 666 "$T/module.so"

# What these leave behind is for the check to find, not for LeakSanitizer, which would end the process
# with an error of its own.
case $check in
leak.instance | leak.job) export ASAN_OPTIONS=${ASAN_OPTIONS:+$ASAN_OPTIONS:}detect_leaks=0 ;;
esac

begin "$check"
run "$ORX_BUILD_DIR/bin/orxaq" plugin validate "$T/module.so" --json
failed=$( (grep -o '"id":"[^"]*","family":"[^"]*","ok":false' <<<"$out" || true) | cut -d'"' -f4 | tr '\n' ' ')
[ "${failed% }" = "$expected" ] || fail "failed: \"$failed\", expected \"$expected\"; $out $err"
if [ -n "$expected" ]; then
    expect_status 1
    reason=$(grep -o "\"id\":\"$expected\".*" <<<"$out" | grep -o '"reason":"[^"]*"' | head -n 1)
    [ "$reason" != '"reason":""' ] || fail "no reason: $out"
else
    expect_status 0
fi
[ "$check" != good ] || expect_not_in "$out" '"skipped":true'
finish
