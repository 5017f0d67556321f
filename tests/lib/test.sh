# test.sh: what every test script sources first: `. "$ORX_SOURCE_DIR/tests/lib/test.sh"`.
#
# It gives a fresh directory $T (removed at exit), `begin NAME` for each case, a few assertions
# that name the case when they fail, and `finish` for the last line. The first failed assertion
# ends the script with 1.
# shellcheck shell=bash
set -euo pipefail

: "${ORX_SOURCE_DIR:=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}"
: "${ORX_BUILD_DIR:=$ORX_SOURCE_DIR/build}"
T=$(mktemp -d "${TMPDIR:-/tmp}/orxaq-test.XXXXXX")
trap 'rm -rf "$T"' EXIT
test_case=start
test_count=0
status=0 out='' err=''

begin() {
    test_case=$1
    test_count=$((test_count + 1))
}

fail() {
    printf 'FAILED %s: %s\n' "$test_case" "$*" >&2
    exit 1
}

# run COMMAND...: runs it; its exit code is in $status, its output in $out and its errors in $err.
run() {
    status=0
    "$@" >"$T/.out" 2>"$T/.err" </dev/null || status=$?
    out=$(<"$T/.out")
    err=$(<"$T/.err")
}

expect_status() {
    [ "$status" -eq "$1" ] || fail "exit $status, expected $1; stdout: $out; stderr: $err"
}

# expect_in TEXT PART / expect_not_in TEXT PART
expect_in() {
    case $1 in *"$2"*) ;; *) fail "expected \"$2\" in: $1" ;; esac
}

expect_not_in() {
    case $1 in *"$2"*) fail "did not expect \"$2\" in: $1" ;; esac
}

expect_eq() {
    [ "$1" = "$2" ] || fail "expected \"$2\", got \"$1\""
}

finish() {
    printf '%s cases passed\n' "$test_count"
}
