#!/bin/bash
# cap_ends.sh: every cap of an hour, a day or a month, with a model behind a server of this machine: each stops the
# next call, says which one it is and what lifts it, and is lifted by its boundary, or by a person's word until that
# expires. Those of tasks and attempts, which no time lifts, are in caps.sh.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; scripts are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

fake=$(cd "$(dirname "$0")/../../fake" && pwd)/lmstudio.mjs
node -e 'process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)' 2>/dev/null || {
    echo "skipped: node 20 or newer is needed for tests/fake" >&2
    exit 77
}
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
sandbox=host
"$build/libexec/orxaq-exec" --can-confine || sandbox=none
server=
trap '[ -z "$server" ] || kill $server 2>/dev/null; rm -rf "$work"' EXIT

# The model of each task writes a file and is done: two requests of 1200 and 77 tokens, 0.01 USD each.
{
    echo '{"-": []'
    for task in one two three; do
        printf ', "%s": [{"calls": [["write_file", {"path": "%s.txt", "content": "good"}]]}, {"calls": [["finish", {"status": "done", "summary": "s"}]]}]' $task $task
    done
    echo '}'
} >"$work/script.json"
node "$fake" --port 0 --port-file "$work/port" --scenario "tool-script,file=$work/script.json" --idle-exit 300 >"$work/server.log" 2>&1 &
server=$!
until_true "the port of the model" test -s "$work/port"
url=http://127.0.0.1:$(cat "$work/port")

# asked: how many requests the model was ever asked
asked() { node -e 'fetch(process.argv[1]).then((r) => r.json()).then((all) => console.log(all.filter((r) => r.path.endsWith("/chat/completions")).length))' "$url/_fake/requests"; }

# rooted SETTINGS: two tasks for the model, with these lines of the configuration
rooted() {
    make_root </dev/null
    cat >"$root/orxaq.yaml" <<YAML
version: 1
repos: {impl: repo, test: repo}
retry: {flat_delay: 1ms, max_attempts: 2, backoff_base: 1ms}
recovery: off
agent: {grace: 300ms}
validation: {commands: [./check], retries: 0}
providers:
  worker:
    plugin: lmstudio
    model: fake-chat-7b
    account: team
    sandbox: $sandbox
    settings: {base_url: "$url/v1"}
$1
YAML
    printf 'version: 1\nprices:\n  - {model: fake-chat-7b, input: 0, cache_read: 0, output: 0, request: 0.01}\n' >"$root/config/prices.yaml"
    tasks one two
    before=$(asked)
}

more() { echo $(($(asked) - before)); }

# ago HOURS: all that was spent was spent so long before
ago() {
    until_true "the past is written" "$build/tests/run_sql" "$root/state/orxaq.db" \
        "BEGIN IMMEDIATE; UPDATE spend SET at = at - $1 * 3600000000000; UPDATE spend_quarter SET start = start - $1 * 4; COMMIT"
}

# Until the end of the hour, the day or the month that it was spent in is behind us, and no longer.
hours_into_day=$((10#$(date -u +%H) + 1))
hours_into_month=$((24 * (10#$(date -u +%d) - 1) + hours_into_day))

# ---- A day, a month ----------------------------------------------------------------------------------------------

# stops NAME SETTINGS KEY WHAT WORD HOURS: the cap KEY, called WHAT, stops the second of two tasks, WORD lifts it,
# which is so many hours later; an override lifts it too, as long as it holds
stops() {
    local key=$3 what=$4 word=$5 hours=$6
    case_is "$1"
    rooted "$2"
    ox run
    is "exit code" "$code" 6
    is "one task was worked on" "$(more)" 2
    is "the other waits" "$(status_of two)" pending
    has "which cap" "$err" "0.02 of $what of 0.03 USD are spent; the next call may cost 0.02; "
    has "what lifts it" "$err" "$word (UTC) lifts this, or a larger $key, or \`orxaq budget override $key\`"
    ox run
    is "nor is it in the next run" "$code $(more)" "6 2"
    ox budget override "$key" 0.02 --for 1h --person ada --reason "release day"
    "$build/tests/run_sql" "$root/state/orxaq.db" \
        "UPDATE budget_override SET at = at - 7200000000000, until = until - 7200000000000"
    ox run
    is "a word that has expired lifts nothing" "$code $(more)" "6 2"
    ox budget override "$key" 0.02 --for 1h --person ada --reason "release day"
    ox run
    is "one that holds does" "$code $(more) $(status_of two)" "0 4 done"
    rm -rf "$root"
    rooted "$2"
    ox run
    is "exit code, again" "$code" 6
    if [ "$hours" -gt 2 ]; then
        ago $((hours - 2))
        hours=2
        ox run
        is "before its end it holds" "$code $(more)" "6 2"
    fi
    ago "$hours"
    ox run
    is "behind it nothing is spent" "$code $(more) $(status_of two)" "0 4 done"
}

for scope in swarm lane provider account entry; do
    day=$hours_into_day month=$hours_into_month
    case $scope in
    swarm)
        stops "the day of all" 'budget: {call_reserve: 0.02, daily: 0.03}' budget.daily "today's budget" midnight $day
        stops "the month of all" 'budget: {call_reserve: 0.02, monthly: 0.03}' budget.monthly "this month's budget" "the next month" $month
        ;;
    lane)
        stops "the day of a lane" 'budget: {call_reserve: 0.02, lane_daily: 0.03}' budget.lane_daily "today's budget of lane primary" midnight $day
        stops "the month of a lane" 'budget: {call_reserve: 0.02, lane_monthly: 0.03}' budget.lane_monthly "this month's budget of lane primary" "the next month" $month
        ;;
    entry)
        stops "an entry about a lane" $'budget: {call_reserve: 0.02}\ncaps: {x: {lane: primary, daily: 0.03}}' caps.x.daily "today's budget of lane primary" midnight $day
        ;;
    *)
        name=worker
        [ $scope = provider ] || name=team
        stops "the day of a $scope" $'budget: {call_reserve: 0.02}\ncaps: {x: {'"$scope: $name"', daily: 0.03}}' caps.x.daily "today's budget of $scope $name" midnight $day
        stops "the month of a $scope" $'budget: {call_reserve: 0.02}\ncaps: {x: {'"$scope: $name"', monthly: 0.03}}' caps.x.monthly "this month's budget of $scope $name" "the next month" $month
        ;;
    esac
done

# ---- An hour: it is waited for -----------------------------------------------------------------------------------

# waits NAME SETTINGS KEY WHAT
waits() {
    case_is "$1"
    rooted "$2"
    "$orxaq" --root "$root" run >"$work/out" 2>"$work/err" &
    run=$!
    until_true "it waits" grep -q "0.02 of $4 of 0.03 USD are spent; waiting" "$work/err"
    is "one task was worked on" "$(more)" 2
    has "what lifts it" "$(cat "$work/err")" "$3"
    kill -0 $run || fail "it ended"
    ago 2
    code=0
    wait $run || code=$?
    is "an hour later it goes on" "$code $(more) $(status_of two)" "0 4 done"
}
waits "the hour of all" 'budget: {call_reserve: 0.02, hourly: 0.03}' budget.hourly "the hourly budget"
waits "the hour of a lane" 'budget: {call_reserve: 0.02, lane_hourly: 0.03}' budget.lane_hourly "the hourly budget of lane primary"
waits "the hour of a provider" $'budget: {call_reserve: 0.02}\ncaps: {x: {provider: worker, hourly: 0.03}}' caps.x.hourly "the hourly budget of provider worker"
waits "the hour of an account" $'budget: {call_reserve: 0.02}\ncaps: {x: {account: team, hourly: 0.03}}' caps.x.hourly "the hourly budget of account team"

case_is "an override ends the waiting for an hour"
rooted 'budget: {call_reserve: 0.02, hourly: 0.03}'
"$orxaq" --root "$root" run >"$work/out" 2>"$work/err" &
run=$!
until_true "it waits" grep -q "; waiting" "$work/err"
"$orxaq" --root "$root" budget override budget.hourly 0.02 --for 1h --person ada --reason "it may"
code=0
wait $run || code=$?
is "it goes on by itself" "$code $(more)" "0 4"

finish_tests
