#!/bin/bash
# symbols.sh: every module of the build exports exactly one symbol, leaves none undefined that its
# libraries do not have, and needs no library of orxaq.
# shellcheck source=tests/lib/test.sh
. "$ORX_SOURCE_DIR/tests/lib/test.sh" || exit 1

for module in "$ORX_BUILD_DIR"/plugins/*.so; do
    [ -e "$module" ] || continue
    begin "$(basename "$module")"
    # A coverage or sanitizer build adds symbols of its own; they are not ours.
    expect_eq "$(nm -D --defined-only "$module" | awk '{ print $3 }' |
        grep -vE '^(__asan|__ubsan|__sanitizer|__gcov|mangle_path|__odr_asan)' || true)" orxaq_plugin_query
    expect_not_in "$(nm -D --undefined-only "$module")" ' orx_'
    for banned in fork execve system popen exit abort setenv putenv chdir dlopen signal sigaction \
        socket open fopen pthread_create sleep nanosleep; do
        ! nm -D --undefined-only "$module" | grep -qE " U $banned(@|\$)" ||
            fail "the module calls $banned; that is the host's business"
    done
done
finish
