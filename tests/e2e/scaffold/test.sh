#!/bin/bash
# `orxaq plugin new` from an installation: what it writes builds out of tree with the installed kit
# alone, passes its tests and validates; what it refuses, and that it never overwrites.
# shellcheck source-path=SCRIPTDIR source=../../lib/test.sh
. "$(dirname "$0")/../../lib/test.sh"

kit="$T/a kit"
orxaq=$kit/bin/orxaq
export CMAKE_BUILD_PARALLEL_LEVEL=2
mkdir "$T/work"
cd "$T/work"

begin "installs with its templates"
# By component, because the manifest of a whole installation belongs to the person who made it.
for component in Unspecified sdk; do
    run cmake --install "$ORX_BUILD_DIR" --prefix "$kit" --component "$component"
    expect_status 0
done
for file in template/sink/example.c testing/orxaq_test.h GUIDE.md CHANGES.md; do
    [ -f "$kit/share/orxaq/sdk/$file" ] || fail "$file was not installed"
done

# new KIND NAME [OPTION...]: the driver in $T/work/NAME, its commands in $T/next
new() {
    run "$orxaq" plugin new "$@"
    expect_status 0
    sed -n '/^Next:/,$ s/^  //p' "$T/.out" >"$T/next"
    expect_eq "$(wc -l <"$T/next")" 3
}

# does_it_all DIR NAME: types what was printed, and looks at what came of it.
does_it_all() {
    for file in "$1/$2.c" "$1/tests/test_$2.c"; do
        [ -f "$file" ] || fail "there is no $file: $(find "$1")"
    done
    expect_eq "$(grep -riE 'example' "$1" | head -n 3)" ""
    run bash -e "$T/next"
    expect_status 0
    expect_in "$out" "100% tests passed, 0 tests failed out of 2"
    expect_eq "$(nm -D --defined-only "$1/build/$2.so" | awk '{ print $3 }')" orxaq_plugin_query
}

begin "a provider"
new provider my-agent
does_it_all my-agent my-agent
expect_in "$(<my-agent/my-agent.c)" MY_AGENT_API_KEY
run "$orxaq" --json plugin validate my-agent/build/my-agent.so
expect_status 0
expect_in "$out" '"ok":true'
run "$orxaq" --root "$T/work" plugin info "$T/work/my-agent/build/my-agent.so"
expect_status 0
expect_in "$out" first_word

begin "a router, in a folder of another name"
new router thrift --dir "a folder"
does_it_all "a folder" thrift

begin "a sink"
new sink x1.to_text
does_it_all x1.to_text x1.to_text

begin "a test that fails is seen"
sed -i 's/ORXAQ_STATUS_DONE$/ORXAQ_STATUS_NONE/; s/? ORXAQ_STATUS_DONE/? ORXAQ_STATUS_NONE/' my-agent/my-agent.c
run cmake --build my-agent/build
expect_status 0
run ctest --test-dir my-agent/build
expect_status 8
expect_in "$out" "my-agent_test"

begin "nothing is overwritten"
echo mine >my-agent/README.md
run "$orxaq" plugin new sink my-agent
expect_status 1
expect_in "$err" "exists and is not overwritten"
expect_eq "$(<my-agent/README.md)" mine
mkdir half
echo mine >half/new.c
run "$orxaq" plugin new sink new --dir half
expect_status 1
expect_eq "$(ls half)" new.c

begin "names and kinds are checked"
for name in "" 1st Upper a/b ../up "sp ace" "$(printf 'x%.0s' {1..65})" test install; do
    run "$orxaq" plugin new sink -- "$name"
    expect_status 2
done
expect_in "$err" "CMake has a target"
run "$orxaq" plugin new sink command
expect_status 1
expect_in "$err" 'there is a plugin "command" already'
run "$orxaq" plugin new provder x
expect_status 2
expect_in "$err" 'did you mean "provider"?'
run "$orxaq" plugin new sink x --dir ""
expect_status 2
run "$orxaq" plugin new sink
expect_status 2
expect_in "$err" "usage:"
expect_eq "$(ls)" "$(printf 'a folder\nhalf\nmy-agent\nx1.to_text')"

begin "as JSON, quietly, and from the build tree"
run "$orxaq" --json plugin new sink j1
expect_status 0
expect_in "$out" '"j1/tests/test_j1.c"'
run "$orxaq" --quiet plugin new sink j2
expect_status 0
expect_eq "$out$err" ""
run "$ORX_BUILD_DIR/bin/orxaq" plugin new router j3
expect_status 0
expect_in "$out" "-DCMAKE_PREFIX_PATH=PREFIX"
expect_in "$err" "make install"

begin "in help and completions"
run "$orxaq" plugin new --help
expect_status 0
expect_in "$out" "usage: orxaq plugin new [options] provider|router|sink NAME"
run "$orxaq" completion bash
expect_in "$out" 'plugin-new*) first=" --dir'

begin "an installation without the templates says so"
rm -r "$kit/share/orxaq/sdk/template"
run "$orxaq" plugin new sink late
expect_status 1
expect_in "$err" "install orxaq with its SDK"
[ ! -e late ] || fail "something was left behind"

begin "the template as it lies in the kit builds too"
cp -r "$ORX_SOURCE_DIR/sdk/template/sink" "$T/work/asis"
run cmake -S asis -B asis/build -DCMAKE_PREFIX_PATH="$kit"
expect_status 0
run cmake --build asis/build
expect_status 0
run ctest --test-dir asis/build
expect_status 0

finish
