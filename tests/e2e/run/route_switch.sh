#!/bin/bash
# route_switch.sh: one switch turns every router off at the next decision, and everybody can see it.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

# The agent writes down who it is ($1) and does what the case says. The router prefers `other`.
rooted() {
    {
        echo 'who=$1; echo "$task $who" >>"${0%/agent}/called"'
        cat
    } | make_root
    sed -i "s|settings: .*|settings: {argv: [\"$root/agent\", worker], output: json}|
s|^providers:|providers:\n  other:\n    plugin: command\n    repo: impl\n    settings: {argv: [\"$root/agent\", other], output: json}|" "$root/orxaq.yaml"
    printf 'run: {router: order}\nrouters:\n  order:\n    plugin: static\n    settings: {candidates: [{provider: other}], others: false}\n' >>"$root/orxaq.yaml"
}
called() { tr '\n' ';' <"$root/called"; }
events() { "$orxaq" --root "$root" --json events --kind "$1"; }
good='echo good >"$task.txt"; finish done'

case_is "off, seen, and on again"
rooted <<<"$good"
ox route off --reason "it asks the wrong one"
is "off: exit code" "$code" 0
has "off: said" "$out" "routers are off, from the next decision on: it asks the wrong one"
tasks one
ox run
is "asked" "$(called)" "one worker;"
has "the decision" "$(events route.planned)" '"switched_off":"it asks the wrong one"'
has "explained" "$("$orxaq" --root "$root" route explain 1)" "routers were switched off: it asks the wrong one"
has "status" "$("$orxaq" --root "$root" status)" '"routers_off": "it asks the wrong one"'
has "health" "$("$orxaq" --root "$root" --json health)" '"id": "router.off"'
ox route off --reason again
has "twice: as it was" "$out" "routers are off, as they were: it asks the wrong one"
ox route on
has "on: said" "$out" "routers are on, from the next decision on"
tasks one two
ox run
is "asked again" "$(called)" "one worker;two other;"
hasnt "status" "$("$orxaq" --root "$root" status)" "routers_off"
is "events" "$(events route.o | grep -o '"kind":"route.o[nf]*"' | tr '\n' ' ')" '"kind":"route.off" "kind":"route.on" '

case_is "a run that is under way obeys with its next decision"
rooted <<SH
if [ "\$task" = a ]; then touch "\${0%/agent}/begun"; until [ -f "\${0%/agent}/go" ]; do sleep 0.05; done; fi
$good
SH
tasks a b
"$orxaq" --root "$root" run >"$work/run" 2>&1 &
running=$!
until_true "the call began" test -e "$root/begun"
ox route off
is "off: exit code" "$code" 0
touch "$root/go"
wait "$running" || fail "run: $(cat "$work/run")"
is "asked" "$(called)" "a other;b worker;"

case_is "the configuration's switch is not overruled"
rooted <<<"$good"
export ORXAQ_ROUTELLM_KILL_SWITCH=1
tasks one
ox run
is "asked" "$(called)" "one worker;"
ox route on
is "on: exit code" "$code" 1
has "on: why" "$err" "route.kill_switch is set"
has "health" "$("$orxaq" --root "$root" --json health)" "set route.kill_switch to false"
unset ORXAQ_ROUTELLM_KILL_SWITCH

finish_tests
