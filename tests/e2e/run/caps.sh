#!/bin/bash
# caps.sh: caps of lanes, providers, accounts, tasks and attempts, and calls of which nobody knows what they cost.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

# priced_root: an agent of the model m-1 that costs 0.02 a call; it says who it is in called
priced_root() {
    {
        echo 'echo "$task ${1:-worker}" >>"${0%/agent}/called"'
        echo 'echo '"'"'{"usage":{"input_tokens":1000,"output_tokens":500},"model":"m-1"}'"'"
        cat
    } | make_root
    sed -i "s|argv: .*|argv: [\"$root/agent\", worker], output: jsonl, text_path: say}\n    model: m-1|" "$root/orxaq.yaml"
    printf 'version: 1\nprices:\n  - {model: m-1, input: 10, output: 20}\n' >"$root/config/prices.yaml"
}

good() { printf 'echo good >"$task.txt"; finish done\n'; }

# provider NAME [MORE]: another one that does the same
provider() {
    sed -i "s|^providers:|providers:\n  $1:\n    plugin: command\n    repo: impl\n    model: m-1\n${2:+    $2\n}    settings: {argv: [\"$root/agent\", $1], output: jsonl, text_path: say}|" \
        "$root/orxaq.yaml"
}

# events KIND: the bodies of all events of a kind
events() { "$orxaq" --root "$root" --json events | grep "$1"; }
failures_of() { "$orxaq" --root "$root" --json tasks show "$1" | sed -n 's/.*"retryable_failures":\([0-9]*\).*/\1/p'; }
setting() { printf '%s\n' "$1" >>"$root/orxaq.yaml"; }
called() { [ ! -f "$root/called" ] || tr '\n' ';' <"$root/called"; }

case_is "the cap of a lane"
good | priced_root
setting 'budget: {call_reserve: 0.02, lane_daily: 0.05}'
tasks one two three
ox run
is "exit code" "$code" 6
has "why" "$err" "0.04 of today's budget of lane primary of 0.05 USD are spent"
has "lift" "$err" "midnight (UTC) lifts this, or a larger budget.lane_daily"
is "calls" "$(called)" "one worker;three worker;"

case_is "an entry of caps is about one lane only"
good | priced_root
setting 'budget: {call_reserve: 0.02, lane_daily: 0.01}'
setting 'caps: {mine: {lane: primary, daily: 1}, other: {lane: night, daily: 0.01}}'
tasks one two
ox run
is "exit code" "$code" 0

case_is "a month"
good | priced_root
setting 'budget: {call_reserve: 0.02, monthly: 0.03}'
tasks one two
ox run
is "exit code" "$code" 6
has "why" "$err" "of this month's budget of 0.03 USD"
has "lift" "$err" "the next month (UTC) lifts this, or a larger budget.monthly"

case_is "who is out of money is passed over"
good | priced_root
provider spare
setting 'budget: {call_reserve: 0.02}'
setting 'caps: {w: {provider: worker, daily: 0.03}}'
setting 'run: {router: order}'
setting 'routers: {order: {plugin: static, settings: {candidates: [{provider: worker}, {provider: spare}]}}}'
tasks one two three
ox run
is "exit code" "$code" 0
is "calls" "$(called)" "one worker;three spare;two spare;"
has "event" "$(events route.failover)" '"why":"budget"'

case_is "the run ends when no candidate can be paid"
good | priced_root
provider spare
setting 'budget: {call_reserve: 0.02}'
setting 'caps: {w: {provider: worker, daily: 0.03}, s: {provider: spare, monthly: 0.03}}'
setting 'run: {router: order}'
setting 'routers: {order: {plugin: static, settings: {candidates: [{provider: worker}, {provider: spare}]}}}'
tasks one two three
ox run
is "exit code" "$code" 6
is "calls" "$(called)" "one worker;three spare;"
has "why" "$err" "0.02 of today's budget of provider worker of 0.03 USD are spent; the next call may cost 0.02; midnight (UTC) lifts this, or a larger caps.w.daily"
is "it waits" "$(status_of two)" pending

case_is "a cheaper candidate is called with what is left of the day"
good | priced_root
provider dear
sed -i '/dear:/,/settings/s/model: m-1/model: m-9/' "$root/orxaq.yaml"
printf '  - {model: m-9, input: 1000, output: 2000}\n' >>"$root/config/prices.yaml"
setting 'budget: {call_reserve: 0.05, daily: 0.12}'
setting 'run: {router: order}'
setting 'routers: {order: {plugin: static, settings: {candidates: [{provider: dear, max_cost: 5}, {provider: worker}]}}}'
tasks one
ox run
is "exit code" "$code" 0
is "calls" "$(called)" "one worker;"

case_is "who could not be paid for better work leaves the attempt as it is"
printf '[ "${1:-}" = spare ] && echo good >"$task.txt"; [ -f "$task.txt" ] || echo bad >"$task.txt"; finish done\n' | priced_root
provider spare
sed -i 's/max_attempts: 2/max_attempts: 1/' "$root/orxaq.yaml"
setting 'budget: {call_reserve: 0.02}'
setting 'caps: {s: {provider: spare, daily: 0.01}}'
setting 'run: {router: order}'
setting 'routers: {order: {plugin: static, settings: {candidates: [{provider: worker}, {provider: spare, fallback: true}]}}}'
tasks one
ox run
is "exit code" "$code" 4
is "calls" "$(called)" "one worker;"
is "state" "$(status_of one)" blocked

case_is "tasks of one provider wait, those of others go on"
good | priced_root
provider spare 'account: paid'
setting 'budget: {call_reserve: 0.02}'
setting 'caps: {w: {account: paid, daily: 0.03}}'
cat >"$root/config/tasks.json" <<'JSON'
[{"id": "a", "owner": "spare", "priority": 1, "title": "A", "description": "Do a."},
 {"id": "b", "owner": "spare", "priority": 1, "title": "B", "description": "Do b."},
 {"id": "c", "owner": "worker", "priority": 1, "title": "C", "description": "Do c."}]
JSON
ox run
is "exit code" "$code" 6
has "why" "$err" "today's budget of account paid of 0.03 USD are spent"
is "who was called" "$(sort <"$root/called" | tr '\n' ';')" "a spare;c worker;"
is "it waits" "$(status_of b)" pending
is "no failure" "$(failures_of b)" 0

case_is "a task that has cost all it may is blocked"
printf 'echo bad >"$task.txt"; finish done\n' | priced_root
sed -i 's/max_attempts: 2/max_attempts: 9/' "$root/orxaq.yaml"
setting 'budget: {call_reserve: 0.02, task: 0.05}'
tasks one
ox run
is "exit code" "$code" 4
has "blocked at once" "$err" "blocked after 3 attempts: budget"
is "state" "$(status_of one)" blocked
# The third call began with what was left of 0.05 and cost 0.02 all the same.
is "calls" "$(called)" "one worker;one worker;one worker;"
ox tasks reset one
ox run
is "not another call" "$(called)" "one worker;one worker;one worker;"
has "why" "$err" "the budget of a task of 0.05 USD does not allow another 0.02 USD: 0.06 are spent"
has "lift" "$err" "a larger budget.task lifts this"
is "blocked again" "$(status_of one)" blocked

case_is "a task that has cost all it may is blocked for that, also when it gets nowhere"
printf 'echo bad >"$task.txt"; finish done\n' | priced_root
sed -i 's/max_attempts: 2/max_attempts: 9/' "$root/orxaq.yaml"
setting 'budget: {call_reserve: 0.02, task: 0.04}'
setting 'no_progress: {same_work: 2}'
tasks one
ox run
is "exit code" "$code" 4
has "the reason" "$err" "blocked after 2 attempts: budget"

case_is "an attempt that has cost all it may is ended"
endless() {
    cat <<'AGENT'
i=0
while [ $i -lt 6000 ]; do
    echo '{"usage":{"input_tokens":1000,"output_tokens":0},"model":"m-1"}'
    i=$((i + 1))
    sleep 0.01
done
echo good >"$task.txt"; finish done
AGENT
}
endless | priced_root
sed -i 's|output: jsonl|&, usage_mode: delta|' "$root/orxaq.yaml"
setting 'budget: {call_reserve: 0.05, attempt: 0.2}'
tasks one
ox run
is "exit code" "$code" 4
has "ended" "$err" "limit: the budget of an attempt does not allow it to cost more; a larger budget.attempt lifts this"
has "an attempt like any other" "$err" "blocked after 2 attempts: limit"
is "calls" "$(called)" "one worker;one worker;"
is "no passing failure" "$(failures_of one)" 0

case_is "a task that comes to its cap during a call is blocked"
endless | priced_root
sed -i 's|output: jsonl|&, usage_mode: delta|; s/max_attempts: 2/max_attempts: 9/' "$root/orxaq.yaml"
setting 'budget: {call_reserve: 0.05, task: 0.2}'
tasks one
ox run
is "exit code" "$code" 4
has "ended" "$err" "limit: the budget of a task does not allow it to cost more"
has "blocked at once" "$err" "blocked after 1 attempts: budget"
is "calls" "$(called)" "one worker;"

case_is "a call is told how much it may cost at most"
good | priced_root
setting 'budget: {call_reserve: 0.5, daily: 2}'
tasks one
ox run
has "limit" "$(find "$root/state/records" -type f -exec cat {} + | grep -a -o '"max_cost_nano_usd":[0-9]*' | sort -u)" '"max_cost_nano_usd":2000000000'

case_is "costs that nobody knows: said, ignored, or a reason to stop"
for word in warn allow deny; do
    rm -rf "$root"
    good | priced_root
    rm "$root/config/prices.yaml"
    setting "budget: {on_missing_cost: $word}"
    tasks one two
    ox run
    case $word in
    warn)
        is "exit code" "$code" 0
        has "said" "$err" "nobody knows what 1 of today's calls cost"
        ;;
    allow)
        is "exit code" "$code" 0
        hasnt "not said" "$err" "nobody knows what 1 of"
        ;;
    deny)
        is "exit code" "$code" 6
        has "said" "$err" "budget.on_missing_cost is deny"
        is "one call" "$(called)" "one worker;"
        ;;
    esac
done

case_is "an hourly budget is waited for"
good | priced_root
setting 'budget: {call_reserve: 0.02, hourly: 0.03}'
tasks one two
"$orxaq" --root "$root" run >"$work/out" 2>"$work/err" &
run=$!
until_true "it waits" grep -q 'the hourly budget of 0.03 USD are spent; waiting' "$work/err"
kill $run
code=0
wait $run || code=$?
is "exit code" "$code" 143
has "said" "$(cat "$work/err")" "the hourly budget of 0.03 USD are spent; waiting"
is "one call" "$(called)" "one worker;"

case_is "a person lets a cap be passed for a while"
good | priced_root
setting 'budget: {call_reserve: 0.02, daily: 0.03}'
tasks one two three
ox run
is "exit code" "$code" 6
has "lift" "$err" 'or `orxaq budget override budget.daily`'
ox budget override budget.daily 0.02 --for 8h --person ada --reason "release day"
is "given" "$code" 0
has "what was given" "$out" "override 1: 0.02 USD more for budget.daily until "
ox run
is "it lasts as far as it goes" "$code" 6
is "calls" "$(called)" "one worker;three worker;"
has "the cap is larger" "$err" "0.04 of today's budget of 0.05 USD are spent"
ox budget
has "how it stands" "$(tr -s ' ' <<<"$out")" "warning today's budget 0.05 0.04 0 0.01 budget.daily"
has "who and why" "$out" "by ada: release day"
ox --json budget
has "as JSON" "$out" '"override_nano_usd":20000000,'
has "in the journal" "$(events budget.override)" '"key":"budget.daily"'
ox budget revoke 1 --person ada
is "taken back" "$code" 0
ox --json budget
has "no more" "$out" '"overrides":[]'
has "in the journal, too" "$(events budget.revoked)" '"override":1'
refused "twice" "there is no override 1 that still holds" budget revoke 1 --person ada

# faster WORD: half an hour after a call a lane makes one after another
faster() {
    good | priced_root
    sed -i 's/input: 10, output: 20/input: 100, output: 200/' "$root/config/prices.yaml"
    setting "budget: {rate_alarm: $1}"
    tasks one
    ox run
    is "the first call" "$code" 0
    "$build/tests/run_sql" "$root/state/orxaq.db" 'UPDATE spend SET at = at - 1800000000000'
    tasks four one three two
}

case_is "money that goes faster than it did: told, or not"
faster warn
ox run
is "exit code" "$code" 0
is "told once" "$(grep -c 'the last five minutes cost 4.80 USD per hour, the last hour 0.60' <<<"$err")" 1
has "in the journal" "$(events budget.rate)" '"paused":false'
rm -rf "$root"
faster off
ox run
is "exit code, off" "$code" 0
hasnt "not told" "$err" "the last five minutes"

case_is "money that goes faster than it did holds its lane within one call"
faster pause
"$orxaq" --root "$root" run >"$work/out" 2>"$work/err" &
run=$!
until_true "it waits" grep -q 'the last five minutes cost .*; waiting until that is over' "$work/err"
kill $run
code=0
wait $run || code=$?
is "exit code" "$code" 143
has "said" "$(cat "$work/err")" "; waiting until that is over (budget.rate_alarm)"
is "two calls make a rate" "$(called)" "one worker;four worker;three worker;"

case_is "overrides that are none"
good | priced_root
setting 'budget: {daily: 1}'
tasks one
refused "a cap that is not set" "budget.monthly is no cap that is set" budget override budget.monthly 1 --for 1h --person a --reason b
refused "no amount" 'expected an amount in USD, found "much"' budget override budget.daily much --for 1h --person a --reason b
refused "no person" "--person is missing" budget override budget.daily 1 --for 1h --reason b
refused "a blank reason" "the reason is blank" budget override budget.daily 1 --for 1h --person a --reason " "
refused "for ever" "at most 31d" budget override budget.daily 1 --for 32d --person a --reason b
refused "too much" "at most 1,000,000 USD" budget override budget.daily 1000001 --for 1h --person a --reason b

finish_tests
