#!/bin/bash
# tests/bench/run with programs that only print: what the table shows and when it fails.
# shellcheck source-path=SCRIPTDIR source=../../lib/test.sh
. "$(dirname "$0")/../../lib/test.sh"

bench=$ORX_SOURCE_DIR/tests/bench/run
mkdir "$T/bench"
program() { # NAME, shell text on stdin
    { echo '#!/bin/sh' && cat; } >"$T/bench/$1"
    chmod +x "$T/bench/$1"
}

begin "nothing to run"
run "$bench" "$T"
expect_status 2

begin "all bars hold"
program alpha <<<'echo "json_load 0.73 ratio >=0.5 PASS"; echo "some remark"'
program beta <<<'echo "commit 0.25 ms <=1 PASS"; echo "batch 0.8 ratio >=0.6 PASS"'
run "$bench" "$T"
expect_status 0
expect_eq "$(grep -c PASS <<<"$out")" 3
expect_in "$out" "json_load"
expect_in "$err" "alpha: some remark"

begin "a missed bar fails, and the other programs still run"
program alpha <<<'echo "json_load 0.31 ratio >=0.5 FAIL"'
run "$bench" "$T"
expect_status 1
expect_in "$out" "FAIL"
expect_eq "$(grep -c PASS <<<"$out")" 2

begin "a program that dies after another missed a bar is named all the same"
program gamma <<<'echo "x 1 ms <=2 PASS"; exit 9'
run "$bench" "$T"
expect_in "$out" "exit 9"
rm "$T/bench/gamma"

begin "one program by name"
run "$bench" "$T" beta
expect_status 0
expect_not_in "$out" "json_load"

begin "a program that dies or measures nothing fails"
program alpha <<<'exit 3'
run "$bench" "$T"
expect_status 1
expect_in "$out" "exit 3"
program alpha <<<'echo "json_load 0.73 ratio >=0.5 PASS"; kill -SEGV $$'
run "$bench" "$T" alpha
expect_status 1
program alpha <<<'true'
run "$bench" "$T" alpha
expect_status 1
expect_in "$out" "exit 0"

begin "a program that cannot be found fails"
run "$bench" "$T" nosuch
expect_status 1

finish
