#!/bin/bash
# deployments.sh: what the journal knows of models keeps tasks from asking in vain: rate limits, limits of
# requests, calls of other lanes; and the files that show it.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$work/service"
"$build/tests/run_endpoint" "$work/service" &
trap 'kill %1 2>/dev/null; rm -rf "$work"' EXIT
until_true "the port of the server" test -s "$work/service/port"
port=$(cat "$work/service/port")

# The agent is told its model as $1 and writes down who it is. Exit code 9 is a rate limit.
rooted() {
    {
        echo 'model=$1; echo "$task $model" >>"${0%/agent}/called"'
        cat
    } | make_root
    sed -i "s|argv: .*|argv: [\"$root/agent\", \"{model}\"], output: json, exit_codes: {\"9\": rate_limit}}|" \
        "$root/orxaq.yaml"
    printf 'route: {cooldown: 1h, cooldown_max: 2h}\n' >>"$root/orxaq.yaml"
}
worker() { sed -i "s|^  worker:|  worker:\n    $1|" "$root/orxaq.yaml"; }
called() { tr '\n' ';' <"$root/called"; }
events() { "$orxaq" --root "$root" --json events --kind "$1"; }
state() { cat "$root/artifacts/autonomy/parallel_capacity_state.json"; }
has_event() { [ -n "$(events "$1")" ]; }
# until_event KIND: waits until the run in the background wrote one
until_event() { until_true "an event $1" has_event "$1"; }
attempts_of() { "$orxaq" --root "$root" --json tasks show "$1" | sed -n 's/.*"attempts":\([0-9]*\).*/\1/p'; }
# stopped: ends the run in the background
stopped() {
    kill "$running"
    wait "$running" || true
}

case_is "R75, R36: a rate limit is paid for once, and the next task asks the other model first"
rooted <<'SH'
[ "$model" = big ] && exit 9
echo good >"$task.txt"; finish done
SH
worker 'model: big'
worker 'models: [big, small]'
tasks one two
ox run
is "exit code" "$code" 0
is "asked" "$(called)" "one big;one small;two small;"
has "why not" "$(events route.planned)" '"filtered":[{"deployment":"worker/big","wait_ms":35'
has "for that reason" "$(events route.planned)" '"why":"cooldown"}]'
has "the change is an event" "$(events route.capacity)" '"breaker":"open"'
has "state file" "$(state)" '"worker::big": {'
has "its limit" "$(state)" '"limit": 1,'
has "its signals" "$(state)" '"signal_total": 1,'
log=$(cat "$root/artifacts/autonomy/parallel_capacity.ndjson")
has "log" "$log" '"event_type": "parallel_capacity_plan"'
has "decision" "$log" '"decision": "decrease", "decision_reason": "capacity_signal"'
ox run
ox project rebuild
is "rebuilt" "$(cat "$root/artifacts/autonomy/parallel_capacity.ndjson")" "$log"

case_is "R36: when all of them are left alone, work waits and no attempt is spent"
rooted <<'SH'
exit 9
SH
worker 'model: big'
worker 'models: [big, small]'
tasks one two
"$orxaq" --root "$root" run >"$work/out" 2>&1 &
running=$!
until_event route.held
stopped
is "asked" "$(called)" "one big;one small;"
is "attempts of the other" "$(attempts_of two)" 0
has "why" "$(events route.held)" '"owner":"worker"'
has "both" "$(events route.held)" '"deployment":"worker/small"'
has "told" "$(cat "$work/out")" "tasks of worker wait: worker/big takes no call (cooldown)"

case_is "87: numbers in what an agent prints are no signal"
rooted <<'SH'
echo '{"pid":14290} at 12:00:00.429933, exit code 429' >&2
echo '{"pid":14290}'; exit 1
SH
worker 'model: big'
tasks one
ox run
is "asked" "$(called)" "one big;one big;"
has "limit" "$(state)" '"limit": 24,'
has "signals" "$(state)" '"signal_total": 0,'
hasnt "nothing changed" "$(events route.capacity)" '"why":"load"'

case_is "R75: one without another is asked again at once"
rooted <<'SH'
if [ ! -f "${0%/agent}/again" ]; then touch "${0%/agent}/again"; exit 9; fi
echo good >"$task.txt"; finish done
SH
worker 'model: big'
tasks one
ox run
is "exit code" "$code" 0
is "asked" "$(called)" "one big;one big;"

case_is "a stated Retry-After counts for all tasks of the owner"
rooted </dev/null
printf 'HTTP/1.1 429 Too Many Requests\r\nretry-after: 3000\r\ncontent-length: 0\r\nconnection: close\r\n\r\n' >"$work/service/answer"
sed -i "/^  worker:/,\$d" "$root/orxaq.yaml"
cat >>"$root/orxaq.yaml" <<YAML
  worker:
    plugin: lmstudio
    model: m
    settings: {base_url: "http://127.0.0.1:$port/v1"}
YAML
tasks one two
"$orxaq" --root "$root" run >"$work/out" 2>&1 &
running=$!
until_event route.held
stopped
is "attempts of the other" "$(attempts_of two)" 0
has "wait" "$(events route.held)" '"wait_ms":29'
has "endpoint" "$(state)" "\"worker::m::127.0.0.1:$port\": {"

case_is "requests a minute"
rooted <<'SH'
echo good >"$task.txt"; finish done
SH
worker 'rpm: 1'
tasks one two
"$orxaq" --root "$root" run >"$work/out" 2>&1 &
running=$!
until_event route.held
stopped
is "asked" "$(called)" "one ;"
is "attempts of the other" "$(attempts_of two)" 0
has "why" "$(events route.held)" '"why":"rpm_limit"'

case_is "R39, 73, 76, 77: calls of all lanes together"
rooted <<'SH'
if [ "$task" = slow ]; then
    touch "${0%/agent}/slow"
    until [ -f "${0%/agent}/go" ]; do sleep 0.05; done
fi
echo good >"$task.txt"; finish done
SH
worker 'max_parallel: 1'
mkdir "$root/config/lanes"
for lane in slow quick; do
    printf '[{"id": "%s", "owner": "worker", "priority": 1, "title": "t", "description": "d"}]\n' "$lane" >"$root/config/lanes/$lane.json"
done
printf '[{"id": "a", "owner": "worker", "tasks_file": "config/lanes/slow.json"}, {"id": "b", "owner": "worker", "tasks_file": "config/lanes/quick.json"}]' >"$root/config/lanes.json"
tasks none
"$orxaq" --root "$root" run --lane a >"$work/a" 2>&1 &
running=$!
until_true "the slow call began" test -f "$root/slow"
"$orxaq" --root "$root" run --lane b >"$work/b" 2>&1 &
other=$!
until_true "the other waits" grep -q 'capacity\|takes no call' "$work/b"
is "only one is asked" "$(called)" "slow ;"
until_true "one runs" grep -q '"running_count": 1,' "$root/artifacts/autonomy/lanes/a/parallel_capacity_state.json"
touch "$root/go"
wait "$running" || fail "a: $(cat "$work/a")"
wait "$other" || fail "b: $(cat "$work/b")"
is "then the other" "$(called)" "slow ;quick ;"
if "$orxaq" --root "$root" --json attempt list | grep -q '"reason":"capacity"'; then
    has "explained" "$("$orxaq" --root "$root" route explain 2 | tr -s ' ')" "1 worker - turned_away it took no call"
fi
is "no attempt counted for nothing" "$("$orxaq" --root "$root" --json attempt list | grep -o '"verdict":"done"' | wc -l)" 2

finish_tests
