#!/bin/bash
# strategies.sh: who of a group is asked first (route.strategy), and who is asked when the plan comes to
# nothing (the lists of fallbacks).
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

# The agent is told its provider as $1. It writes down who it is and does what the case says with $who;
# exit codes: 9 rate limit, 8 refused access, 7 the prompt does not fit, 6 the model declines.
settings='output: json, exit_codes: {"9": rate_limit, "8": auth, "7": context_too_long, "6": refused}}'
rooted() {
    {
        echo 'who=$1; echo "$task $who" >>"${0%/agent}/called"'
        cat
    } | make_root
    sed -i "s|settings: .*|settings: {argv: [\"$root/agent\", worker], $settings|" "$root/orxaq.yaml"
}
# provider NAME [MORE]: another one, beside worker
provider() {
    sed -i "s|^providers:|providers:\n  $1:\n    plugin: command\n    repo: impl\n${2:+    $2\n}    settings: {argv: [\"$root/agent\", $1], $settings|" "$root/orxaq.yaml"
}
worker() { sed -i "s|^  worker:|  worker:\n    $1|" "$root/orxaq.yaml"; }
route() { printf 'route: {%s}\n' "$1" >>"$root/orxaq.yaml"; }
called() { tr '\n' ';' <"$root/called"; }
events() { "$orxaq" --root "$root" --json events --kind "$1"; }
good='echo good >"$task.txt"; finish done'
# two_lanes: one task each, of the owner worker: slow (lane a) and quick (lane b)
two_lanes() {
    mkdir "$root/config/lanes"
    local lane
    for lane in slow quick; do
        printf '[{"id": "%s", "owner": "worker", "priority": 1, "title": "t", "description": "d"}]\n' "$lane" >"$root/config/lanes/$lane.json"
    done
    printf '[{"id": "a", "owner": "worker", "tasks_file": "config/lanes/slow.json"}, {"id": "b", "owner": "worker", "tasks_file": "config/lanes/quick.json"}]' >"$root/config/lanes.json"
    tasks none
}
# slow_then_quick: the task of lane b is done while that of lane a is under way
slow_then_quick() {
    "$orxaq" --root "$root" run --lane a >"$work/a" 2>&1 &
    running=$!
    until_true "the slow call began" test -f "$root/slow"
    ox run --lane b
    is "lane b" "$code" 0
    touch "$root/go"
    wait "$running" || fail "a: $(cat "$work/a")"
}
waiting='if [ "$task" = slow ]; then touch "${0%/agent}/slow"; until [ -f "${0%/agent}/go" ]; do sleep 0.05; done; fi'

case_is "order: a group alone changes nothing"
rooted <<<"$good"
worker 'group: g'
provider other 'group: g'
tasks one
ox run
is "asked" "$(called)" "one worker;"

case_is "priority: by rank"
rooted <<SH
[ "\$who" = first ] && exit 8
$good
SH
worker 'group: g' && worker 'rank: 9'
provider first 'group: g' && sed -i 's/^  first:/  first:\n    rank: 1/' "$root/orxaq.yaml"
provider second 'group: g' && sed -i 's/^  second:/  second:\n    rank: 2/' "$root/orxaq.yaml"
provider stranger 'rank: 0'
route 'strategy: priority'
tasks one
ox run
is "exit code" "$code" 0
is "asked" "$(called)" "one first;one second;"
has "why" "$(events route.planned)" '"reason":"strategy_priority"'
has "all of them" "$(events route.planned)" '{"deployment":"worker","in_flight":0,"model":""}]'
has "explained" "$("$orxaq" --root "$root" route explain 1 | tr -s ' ')" "by the static order: strategy_priority"
is "in the owner's repository" "$(git -C "$root/repo" log -1 --format=%s)" "Task one"

case_is "simple-shuffle: without a weight beside others that have one, last"
rooted <<<"$good"
worker 'group: g'
provider other 'group: g' && sed -i 's/^  other:/  other:\n    weight: 5/' "$root/orxaq.yaml"
route 'strategy: simple-shuffle'
tasks a b c d
ox run
is "asked" "$(called)" "a other;b other;c other;d other;"

case_is "least-busy: the one that has nothing to do"
rooted <<<"$waiting; $good"
worker 'group: g'
provider other 'group: g'
route 'strategy: least-busy'
two_lanes
slow_then_quick
case $(called) in
"slow worker;quick other;" | "slow other;quick worker;") ;;
*) fail "asked: $(called)" ;;
esac

case_is "local-first-saturate: elsewhere when what is local is full"
rooted <<<"$waiting; $good"
worker 'group: g'
provider near 'group: g' && sed -i 's/^  near:/  near:\n    watts: 90\n    max_parallel: 1/' "$root/orxaq.yaml"
route 'strategy: local-first-saturate'
two_lanes
slow_then_quick
is "asked" "$(called)" "slow near;quick worker;"

case_is "cost: the cheapest"
rooted <<<"$good"
worker 'group: g' && sed -i 's/^  worker:/  worker:\n    model: dear/' "$root/orxaq.yaml"
provider other 'group: g' && sed -i 's/^  other:/  other:\n    model: cheap/' "$root/orxaq.yaml"
provider third 'group: g' && sed -i 's/^  third:/  third:\n    model: unknown/' "$root/orxaq.yaml"
printf '{"version": 2, "models": {"dear": {"input_per_million": 3, "output_per_million": 15}, "cheap": {"input_per_million": 1, "output_per_million": 2}}}' >"$root/config/pricing.json"
route 'strategy: cost'
tasks one two
ox run
is "exit code" "$code" 0
is "asked" "$(called)" "one other;two other;"
has "the order" "$(events route.planned | head -n 1)" '"static":[{"deployment":"other/cheap","in_flight":0,"model":"cheap","price_nano_usd":3000000000},{"deployment":"worker/dear","in_flight":0,"model":"dear","price_nano_usd":18000000000},{"deployment":"third/unknown","in_flight":0,"model":"unknown"}]'

case_is "usage: the one with most of its minute left"
rooted <<<"$good"
worker 'group: g' && sed -i 's/^  worker:/  worker:\n    rpm: 2/' "$root/orxaq.yaml"
provider other 'group: g' && sed -i 's/^  other:/  other:\n    rpm: 100/' "$root/orxaq.yaml"
route 'strategy: usage'
tasks a b c
ox run
is "exit code" "$code" 0
first=$(sed -n 's/^a //p' "$root/called")
[ "$first" = worker ] && expected="a worker;b other;c other;" || expected="a other;b worker;c other;"
is "asked" "$(called)" "$expected"

# The lists: what a call ended with says who is next.
lists() {
    provider gen
    provider ctx
    provider con
    route 'fallbacks: [gen], context_fallbacks: [ctx], content_fallbacks: [con]'
}

case_is "three lists for three kinds of failure"
rooted <<SH
if [ "\$who" = worker ]; then
    case \$task in limit) exit 9 ;; long) exit 7 ;; no) exit 6 ;; esac
fi
$good
SH
lists
tasks limit long no
sed -i 's/^route: {/route: {cooldown: 0s, allowed_fails: 0, /' "$root/orxaq.yaml"
ox run
is "exit code" "$code" 0
is "asked" "$(called)" "limit worker;limit gen;long worker;long ctx;no worker;no con;"
has "the plan shows them" "$(events route.planned | head -n 1)" '"fallbacks":[{"deployment":"gen","list":"fallback","model":""},{"deployment":"ctx","list":"context_fallback","model":""},{"deployment":"con","list":"content_fallback","model":""}]'
has "and the failover" "$(events route.failover)" '"from":"worker","list":"context_fallback","to":"ctx","why":"context_too_long"'
has "explained" "$("$orxaq" --root "$root" route explain 1 | tr -s ' ')" "3 ctx - not_asked its turn did not come (context_fallback)"

case_is "work that fell short is no matter for them"
rooted <<SH
[ "\$who" = worker ] && { echo bad >"\$task.txt"; finish done; exit; }
$good
SH
lists
sed -i 's/max_attempts: 2/max_attempts: 1/' "$root/orxaq.yaml"
tasks one
ox run
is "asked" "$(called)" "one worker;"

case_is "while nobody of the plan takes a call the general list is asked, and nothing waits"
rooted <<SH
[ "\$who" = worker ] && exit 9
$good
SH
lists
sed -i 's/^route: {/route: {cooldown: 1h, cooldown_max: 2h, /' "$root/orxaq.yaml"
tasks one two
ox run
is "exit code" "$code" 0
is "asked" "$(called)" "one worker;one gen;two gen;"
has "why not" "$(events route.planned | tail -n 1)" '"filtered":[{"deployment":"worker","wait_ms":35'
is "nothing waited" "$(events route.held)" ""

case_is "a task that does not fit begins with the list for that"
rooted <<<"$good"
worker 'context_tokens: 8'
lists
printf '[{"id": "big", "owner": "worker", "priority": 1, "title": "A title that is long enough", "description": "and a description beside it that alone has more than eight tokens"}]' >"$root/config/tasks.json"
ox run
has "asked" "$(called)" "big ctx;"
has "why not" "$(events route.planned)" '{"deployment":"worker","why":"context_window"}'

case_is "one deadline for all calls of an attempt"
rooted <<SH
[ "\$who" = worker ] && { exec sleep 1000; }
$good
SH
lists
sed -i 's/max_attempts: 2/max_attempts: 1, max_retryable: 0/; s/^route: {/route: {deadline: 1s, /' "$root/orxaq.yaml"
tasks one
ox run
is "exit code" "$code" 4
is "calls" "$(events call.begun | wc -l)" 1
has "why" "$("$orxaq" --root "$root" --json tasks show one)" "route.deadline is over"

finish_tests
