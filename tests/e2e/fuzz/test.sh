#!/bin/bash
# scripts/fuzz in a tree of its own, with a cmake that does nothing and targets that only print what
# libFuzzer would.
# shellcheck source-path=SCRIPTDIR source=../../lib/test.sh
. "$(dirname "$0")/../../lib/test.sh"

mkdir -p "$T/scripts" "$T/bin" "$T/build-fuzz/fuzz" "$T/tests/fuzz/corpus/json"
cp "$ORX_SOURCE_DIR/scripts/fuzz" "$T/scripts/"
touch "$T/build-fuzz/Makefile"
printf '#!/bin/sh\n' >"$T/bin/cmake"
chmod +x "$T/bin/cmake"
export PATH=$T/bin:$PATH
cd "$T"
target() { # NAME EXIT
    # shellcheck disable=SC2016 # for the script that is written
    printf '#!/bin/sh\necho "$0 $*" >"%s/%s.args"\necho "stat::number_of_executed_units: 4%s2" >&2\nexit %s\n' \
        "$T" "$1" "$2" "$2" >"build-fuzz/fuzz/fuzz_$1"
    chmod +x "build-fuzz/fuzz/fuzz_$1"
}

begin "no targets"
run scripts/fuzz 1
expect_status 2

begin "every target runs for the time given and its count is shown"
for name in json yaml env; do target $name 0; done
run scripts/fuzz 7
expect_status 0
expect_eq "$(grep -c '402 inputs  no finding' <<<"$out")" 3
expect_in "$(cat json.args)" "-max_total_time=7"
expect_in "$(cat json.args)" "build-fuzz/corpus/json tests/fuzz/corpus/json"
expect_not_in "$(cat yaml.args)" "tests/fuzz/corpus"

begin "a finding fails, names the log, and the others still run"
target json 77
rm -f ./*.args
run scripts/fuzz 7
expect_status 1
expect_in "$out" "FINDING, the end of build-fuzz/json.log says"
expect_eq "$(grep -c 'no finding' <<<"$out")" 2

begin "one target by name"
run scripts/fuzz 3 yaml
expect_status 0
expect_eq "$(grep -c inputs <<<"$out")" 1

finish
