#!/bin/bash
# frozen.sh: what a released version of the headers promises to modules built with it. The modules of
# tests/abi/frozen/VERSION are built by CMake with the headers kept beside them and validated by tests
# of their own; here are the modules a host must tell apart from those: built with headers in which
# something moved, and built with headers of another version.
# shellcheck source=tests/lib/test.sh
. "$ORX_SOURCE_DIR/tests/lib/test.sh" || exit 1

orxaq=$ORX_BUILD_DIR/bin/orxaq
frozen=$ORX_SOURCE_DIR/tests/abi/frozen/0.1
host=$("$orxaq" --json version | sed -nE 's/.*"major":([0-9]+),"minor":([0-9]+).*/\1.\2/p')
mkdir "$T/root"

# built KIND FILE SED-EXPRESSION...: $T/edited.so, of a frozen module and edited frozen headers
built() {
    local kind=$1
    rm -rf "$T/include" "$T/edited.so"
    cp -r "$frozen/include" "$T/include"
    shift
    while [ $# -gt 0 ]; do
        cp "$T/include/orxaq/$1" "$T/before"
        sed -i -E -e "$2" "$T/include/orxaq/$1"
        ! cmp -s "$T/before" "$T/include/orxaq/$1" || fail "the edit of $1 changed nothing"
        shift 2
    done
    run cc -std=c11 -fPIC -shared -fvisibility=hidden -Wl,-z,now -I"$T/include" -o "$T/edited.so" "$frozen/$kind.c"
    expect_status 0
}

# loaded: the host takes the module. refused VERSION TEXT: it does not, and says which two met and why.
load() {
    run "$orxaq" --root "$T/root" plugin info "$T/edited.so"
}
loaded() {
    load
    expect_status 0
    expect_in "$out" frozen-
}
refused() {
    load
    expect_status 1
    expect_in "$err" "ABI $1"
    expect_in "$err" "$host"
    expect_in "$err" "$2"
}

begin "the headers as they were"
built provider abi.h 's/"0.1.0"/"0.1.9"/'
loaded

begin "a member that changed places"
built provider effect.h '/^    orxaq_view cwd;/d; s/^    const orxaq_env \*env;/    orxaq_view cwd;\n&/'
refused 0.1 "other members"

begin "a member that was inserted"
built provider event.h 's/^    int64_t retry_after_ms;/    int64_t early;\n&/'
refused 0.1 "other members"

begin "a member that became longer"
built router router.h 's/^    int64_t max_tokens;/    orxaq_view max_tokens;/'
refused 0.1 "other members"

begin "two members of one type that changed places"
built sink sink.h 's/^    orxaq_view origin;/    orxaq_view PLACE;/; s/^    orxaq_view task;/    orxaq_view origin;/; s/PLACE/task/'
refused 0.1 "other members"

begin "a table of functions whose order changed"
built sink job.h '/^    void \(\*close\)/d; s/^    void \(\*cancel\).*/    void (*close)(void *job);\n&/'
refused 0.1 "other members"

# A later minor version: members appended, its number one higher than the host's.
later=$((${host#*.} + 1))

begin "a later minor version that still takes this host: its tail is ignored"
built provider abi.h "s/(ORXAQ_ABI_MINOR) 1/\1 $later/" \
    effect.h 's/^    const orxaq_append \*append;/&\n    const void *later;/' \
    event.h 's/^    uint64_t abilities;.*/&\n    int64_t later;/'
loaded
expect_in "$out" "0.$later"

begin "a later minor version that needs a later host"
built provider abi.h "s/(ORXAQ_ABI_MINOR) 1/\1 $later/"
sed "s/min_host_minor = 1/min_host_minor = $later/" "$frozen/provider.c" >"$T/provider.c"
run cc -std=c11 -fPIC -shared -fvisibility=hidden -Wl,-z,now -I"$T/include" -o "$T/edited.so" "$T/provider.c"
expect_status 0
refused "0.$later" "needs a host of at least 0.$later"

begin "another major version"
built router abi.h 's/(ORXAQ_ABI_MAJOR) 0/\1 7/'
refused 7.1 "another major version"

begin "another major version that does not refuse by itself"
built router abi.h 's/(ORXAQ_ABI_MAJOR) 0/\1 7/' \
    plugin.h 's/^    if \(host->abi_major != ORXAQ_ABI_MAJOR\)/    if (host->abi_major == 99)/'
refused 7.1 "build one of the two anew"

finish
