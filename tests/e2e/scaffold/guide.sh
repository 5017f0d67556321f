#!/bin/bash
# sdk/GUIDE.md, done: its commands are run in order, what it says they print is looked for, its pieces
# of code are compared with the template, and its changes are applied to the scaffolded driver.
#
# A block of the guide is `sh` (run; `sh install` is replaced by an installation from the build tree),
# `text` (each line is in what the last `sh` block printed), `c` (these lines stand together in the
# template) or `diff` (hunks without line numbers: each must fit in exactly one place).
# shellcheck source-path=SCRIPTDIR source=../../lib/test.sh
. "$(dirname "$0")/../../lib/test.sh"

guide=$ORX_SOURCE_DIR/sdk/GUIDE.md
export HOME=$T/home GIT_CONFIG_GLOBAL=/dev/null CMAKE_BUILD_PARALLEL_LEVEL=2
mkdir -p "$HOME" "$T/blocks" "$T/work"
for component in Unspecified sdk; do
    run cmake --install "$ORX_BUILD_DIR" --prefix "$HOME/orxaq" --component "$component"
    expect_status 0
done

# Block n of a kind, found at a line of the guide, becomes blocks/000n.LINE.KIND.
awk -v dir="$T/blocks" '
    /^```/ && !file { file = sprintf("%s/%04d.%d.%s", dir, ++n, NR, substr($0, 4)); gsub(/ /, "_", file)
                      printf "" >file; next }
    /^```$/ { close(file); file = ""; next }
    file { print >file }
' "$guide"

# Whether all of file $1 stands in file $2 as it is.
stands_in() {
    awk 'NR == FNR { want = want $0 "\n"; next } { have = have $0 "\n" }
         END { exit index(have, want) == 0 }' "$1" "$2"
}

# Applies the hunks of $1 to the files below $2 that it names.
apply() {
    awk -v dir="$2" '
        function apply_hunk(    at) {
            if (old == "") return
            at = index(text, old)
            if (!at || index(substr(text, at + 1), old)) { print file ": a hunk does not fit once:\n" old; exit 1 }
            text = substr(text, 1, at - 1) new substr(text, at + length(old)); old = new = ""
        }
        function leave() { apply_hunk(); if (file) { printf "%s", text >file; close(file) } }
        /^--- / { next }
        /^\+\+\+ b\// { leave(); file = dir "/" substr($0, 7); text = ""
                        while ((getline line <file) > 0) text = text line "\n"; close(file); next }
        /^@@/ { apply_hunk(); next }
        { mark = substr($0, 1, 1); line = substr($0, 2) "\n" }
        mark != "+" { old = old line }
        mark != "-" { new = new line }
        END { leave() }' "$1"
}

cd "$T/work"
sed 's/example/parrot/g; s/EXAMPLE/PARROT/g' "$ORX_SOURCE_DIR/sdk/template/provider/example.c" \
    "$ORX_SOURCE_DIR/sdk/template/provider/tests/test_example.c" >"$T/template"
: >"$T/env"
for block in "$T"/blocks/*; do
    kind=${block##*.}
    line=${block%.*}
    begin "line ${line##*.} of the guide ($kind)"
    case $kind in
    sh_install) ;;
    sh)
        # What a block exports or sets is there in the next one, as in one terminal.
        {
            printf 'set -eu\n. "%s"\n' "$T/env"
            cat "$block"
            printf '\ndeclare -px >"%s"\n' "$T/env"
        } >"$T/script"
        run bash "$T/script"
        expect_status 0
        printed=$out$err
        ;;
    text) while IFS= read -r expected; do expect_in "$printed" "$expected"; done <"$block" ;;
    c) stands_in "$block" "$T/template" || fail "this is not in the template: $(<"$block")" ;;
    diff)
        run apply "$block" "$T/work/parrot"
        expect_status 0
        ;;
    *) fail "no such kind of block" ;;
    esac
done

begin "nothing was left out"
expect_eq "$(grep -c '^```$' "$guide")" "$(find "$T/blocks" -type f | wc -l)"
[ "$test_count" -gt 25 ] || fail "only $test_count blocks were found"

begin "the words of the guide are those of the headers"
grep -oE '\b(ORXAQ_[A-Z_0-9]+)\b' "$guide" | sort -u | while IFS= read -r word; do
    grep -rqw -- "$word" "$ORX_SOURCE_DIR/sdk/include" "$ORX_SOURCE_DIR/sdk/testing" ||
        fail "$word is in no header"
done

finish
