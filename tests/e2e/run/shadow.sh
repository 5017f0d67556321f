#!/bin/bash
# shadow.sh: a second router decides and is only written down; a broken one is no matter to the work.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

rooted() {
    make_root <<'SH'
who=$1; echo "$task $who" >>"${0%/agent}/called"; echo good >"$task.txt"; finish done
SH
    sed -i "s|settings: .*|settings: {argv: [\"$root/agent\", worker], output: json}|
s|^providers:|providers:\n  other:\n    plugin: command\n    repo: impl\n    settings: {argv: [\"$root/agent\", other], output: json}|" "$root/orxaq.yaml"
    cat >>"$root/orxaq.yaml" <<YAML
run: {router: mine}
route: {shadow_timeout: 2m}
plugins: [{path: $build/tests/routers/hanging.so}]
routers:
  mine: {plugin: static, settings: {candidates: [{provider: worker}, {provider: other}], others: false}}
  order: {plugin: static, settings: {candidates: [{provider: other}, {provider: worker}], others: false}}
  hangs: {plugin: hanging, settings: {mark: $root/mark}}
  dies: {plugin: hanging, settings: {dies: true, mark: $root/mark}}
YAML
}
called() { tr '\n' ';' <"$root/called"; }
events() { "$orxaq" --root "$root" --json events --kind "$1"; }

case_is "it is written down and not obeyed"
rooted
tasks a
ox run --shadow order
is "exit code" "$code" 0
is "asked" "$(called)" "a worker;"
has "written down" "$(events route.shadowed)" '"chose":"worker","reason":"static_order","router":"order","same":false,"would_choose":"other"'

case_is "one that dies changes nothing"
rooted
tasks a b
ox run --shadow dies
is "exit code" "$code" 0
is "asked" "$(called)" "a worker;b worker;"
[ -f "$root/mark" ] || fail "it was not asked"
is "nothing was written" "$(events route.shadowed)" ""
is "done" "$(status_of a) $(status_of b)" "done done"

case_is "one that hangs delays nothing"
rooted
tasks a b
"$orxaq" --root "$root" run --shadow hangs >"$work/run" 2>&1 &
running=$!
both_began() { [ -f "$root/mark" ] && [ "$(status_of b)" = done ]; }
until_true "it hangs, and the second task is done" both_began
kill "$running"
wait "$running" || fail "run: $? $(cat "$work/run")"
is "asked" "$(called)" "a worker;b worker;"
is "nothing was written" "$(events route.shadowed)" ""

case_is "the end of a run waits for it no longer than is allowed"
rooted
sed -i 's/shadow_timeout: 2m/shadow_timeout: 100ms/' "$root/orxaq.yaml"
tasks a
ox run --shadow hangs
is "exit code" "$code" 0

case_is "switched off with all others"
rooted
tasks a
ox route off
ox run --shadow order
is "asked" "$(called)" "a worker;"
is "nothing was written" "$(events route.shadowed)" ""

case_is "it has to be there"
rooted
tasks a
ox run --shadow odrer
is "exit code" "$code" 2
has "said" "$err" "route.shadow: routers has no entry odrer; did you mean order?"

finish_tests
