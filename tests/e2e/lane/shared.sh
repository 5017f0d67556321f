#!/bin/bash
# shared.sh: what lanes share, as lanes-start, lanes-ensure and lanes-status tell it: the calls that a model takes,
# places in groups, and the money of the day.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads and sets
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
# shellcheck source=tests/e2e/lane/lib.sh
. "$(dirname "$0")/lib.sh"

# asks ARGS...: the answer in $all, on one line, without blanks but in texts
asks() {
    ox --json "$@"
    is "exit code of $*" "$code" 0
    all=$(sed 's/^ *//; s/": /":/g' <<<"$out" | tr -d '\n')
}


# group KEY: the group of a bucket; it has no object in it
group() { grep -o '"'"$1"'":{[^{}]*}' <<<"$all" | head -n 1; }

# budget: the block of the day without how fresh it is
budget() { grep -o '"swarm_daily_budget":{.*' <<<"$all" | sed 's/"data_freshness":{[^}]*},//; s/}.*/}/'; }

npv='"scaling_mode": "npv"'

# An agent that costs 20 USD and is told its model; "big" has too many who ask, exit code 9.
model_root() {
    lane_root <<<'model=$1; [ "$model" = big ] && exit 9
echo "{\"usage\":{\"cost_usd\":20}}"
'"$slow"
    sed -i "s|argv: .*|argv: [\"$root/agent\", \"{model}\"], output: jsonl, exit_codes: {\"9\": rate_limit}}|" "$root/orxaq.yaml"
    sed -i 's|^  worker:|  worker:\n    model: big\n    models: [big, small]|' "$root/orxaq.yaml"
    printf 'route: {cooldown: 1h, cooldown_max: 2h, max_parallel: 5}\nbudget: {daily: 1000, call_reserve: 1}\n' >>"$root/orxaq.yaml"
}

case_is "a model that was asked too much, one that was not, and the money"
model_root
lane_tasks a a1
lane_tasks b b1
lane_tasks c c1
lane_tasks off o1
lanes "$(entry a)" "$(entry b '"model": "small"')" "$(entry c "\"model\": \"small\", $npv")" "$(entry off '"enabled": false')"
asks lanes-status
has "nobody was called" "$(group worker::big)" '"effective_limit":5,'
has "without a journal" "$all" "\"state_file\":\"$root/artifacts/autonomy/parallel_capacity_state.json\""
touch "$work/tmp/go"
ox run --lane a
is "a is done" "$code" 0
rm "$work/tmp/go"
asks lanes-start
has "the money" "$(budget)" '"daily_spend_usd":20.0,"daily_unpriced_calls":1,"daily_warning_threshold_usd":800.0,"enabled":true,"enforce_hard_stop":true,"hard_stop":false,"rolling_7d_spend_usd":20.0,"source_of_truth":"estimated_local_telemetry","state":"ok",'
has "operation" "$all" '"operation":"start","requested_lane":"all_enabled","state_file":'
has "lowered" "$(group worker::big)" '"configured_limit":5,"decision":"hold","decision_reason":"capacity_signal_hold","effective_limit":1,'
has "by a signal" "$(group worker::big)" '"signal_total":1}'
has "of one lane" "$(group worker::big)" '"enabled_lane_count":1,'
has "two others" "$(group worker::small)" '"decision":"hold","decision_reason":"at_configured_limit","effective_limit":5,"enabled_lane_count":2,'
has "whose gate lets both" "$(group worker::small)" '"scaling_eligible_lane_count":2,'
has "lanes" "$all" '"by_lane":{"a":{"effective_limit":1,"parallel_key":"worker::big"},"b":{"effective_limit":5,"parallel_key":"worker::small"},"c":{"effective_limit":5,"parallel_key":"worker::small"}}'
has "places" "$all" '"b":{"allowed":true,"group":"","mode":"static","rank":1,"reason":"","reason_text":"","slot":1}'
has "the place of the first" "$all" '"c":{"allowed":true,"group":"worker:default","mode":"npv","rank":1,"reason":"","reason_text":"","slot":1}'
has "nobody decided" "$all" '"decision":null,'
has "so nothing is asked for" "$all" '"marginal_npv_usd":null,'
has "and that is the reason" "$all" '"reasons":["scaling_disabled"],"requested_parallel_agents":null,'
until_true "b works" test -e "$work/tmp/b1.began"
until_true "c works" test -e "$work/tmp/c1.began"
asks lanes-ensure
has "calls under way" "$(group worker::small)" '"worker::small":{"calls":2,'
has "lanes at work" "$(group worker::small)" '"running_count":2,'
has "nobody of a" "$(group worker::big)" '"running_count":0,'
has "operation" "$all" '"operation":"ensure",'
asks lane-ensure --lane b
has "of one lane: its place alone" "$all" '"scaling":{"by_lane":{"b":{'
has "of one lane: its bucket alone" "$all" '"by_lane":{"b":{"effective_limit":5,"parallel_key":"worker::small"}},"groups":{"worker::small":{"calls":2,'
asks lanes-status
has "lanes-status has the same" "$all" '"worker::small":{"at_limit":false,"calls":2,"configured_limit":5,"effective_limit":5,"endpoint_key":"","lane_count":2,'
has "and where it is from" "$all" "\"log_file\":\"$root/artifacts/autonomy/parallel_capacity.ndjson\",\"ok\":true,"
ox lanes-ensure
is "the short form stays short" "$(grep -c '^  "' <<<"$out")" 5
ox lanes-stop
hasnt "who stops asks for no money" "$out" swarm_daily_budget
ends

case_is "78, 79: servers of one's own: a bucket for each, as large as was measured"
make_root <<<'finish done'
mkdir "$work/service"
"$build/tests/run_endpoint" "$work/service" &
service=$!
trap 'kill $service 2>/dev/null; rm -rf "$work"' EXIT
until_true "the port of the server" test -s "$work/service/port"
port=$(cat "$work/service/port")
# local_lane LANE URLS [MEMBERS]
local_lane() {
    printf '{"id": "%s", "owner": "codex", "codex_model": "m", "tasks_file": "config/lanes/%s.json", "impl_repo": "repo", "env": {"ORXAQ_AUTONOMY_LOCAL_ONLY": "1", "ORXAQ_LOCAL_OPENAI_BASE_URLS": "%s"}%s}' "$1" "$1" "$2" "${3:+, $3}"
}
lanes "$(local_lane a "http://127.0.0.1:$port/v1")" "$(local_lane b http://127.0.0.1:9/v1)" "$(local_lane c 'http://127.0.0.1:9/v1; http://127.0.0.1:8')"
for lane in a b c; do
    echo '[{"id": "t'$lane'", "owner": "codex", "priority": 1, "title": "T", "description": "D"}]' >"$root/config/$lane.json"
    mkdir -p "$root/config/lanes"
    mv "$root/config/$lane.json" "$root/config/lanes/$lane.json"
done
sed -i 's|^providers:|providers:\n  codex: {plugin: codex, repo: repo}|' "$root/orxaq.yaml"
printf 'route: {cooldown: 1h, cooldown_max: 2h, max_parallel: 5}\n' >>"$root/orxaq.yaml"
asks lanes-status
has "78: the first" "$(group "codex::m::127.0.0.1:$port")" '"configured_limit":5,"effective_limit":5,"endpoint_key":"127.0.0.1:'"$port"'","lane_count":1,'
has "78: the others" "$(group codex::m::127.0.0.1:9)" '"lane_count":2,'
mkdir -p "$root/artifacts/autonomy/local_models"
printf '{"probe": {"endpoints": [{"id": "one", "base_url": "http://127.0.0.1:9/v1", "ok": true, "max_parallel": 4}]}, "capability_scan": {"summary": {"by_endpoint": {"one": {"base_url": "http://127.0.0.1:9/v1", "recommended_parallel": 2}}}}}' >"$root/artifacts/autonomy/local_models/fleet_status.json"
asks lanes-status
has "79: as it was measured" "$(group codex::m::127.0.0.1:9)" '"configured_limit":2,"effective_limit":2,'
has "79: of that one alone" "$(group "codex::m::127.0.0.1:$port")" '"configured_limit":5,'
printf 'HTTP/1.1 429 Too Many Requests\r\nretry-after: 3000\r\ncontent-length: 0\r\nconnection: close\r\n\r\n' >"$work/service/answer"
"$orxaq" --root "$root" run --lane a >"$work/a" 2>&1 &
running=$!
capacity_event() { "$orxaq" --root "$root" --json events --kind route.capacity | grep -q capacity; }
until_true "it was asked too much" capacity_event
kill $running || fail "the run ended by itself: $(tail -n 3 "$work/a")"
wait $running || true
asks lanes-status
has "what calls of it came to" "$(group "codex::m::127.0.0.1:$port")" '"configured_limit":5,"effective_limit":1,'
has "its signal" "$(group "codex::m::127.0.0.1:$port")" '"signal_total":1}'
has "is in its file" "$(cat "$root/artifacts/autonomy/lanes/a/parallel_capacity_state.json")" "::m::127.0.0.1:$port\": {"
kill $service
trap 'rm -rf "$work"' EXIT

case_is "two files of decisions for one group"
lane_root <<<"$good"
lane_tasks a a1
lane_tasks b b1
lanes "$(entry a "$npv, \"scaling_decision_file\": \"config/z.json\"")" "$(entry b "$npv, \"scaling_decision_file\": \"config/d.json\"")"
ox --json lanes-ensure
all=$(sed 's/^ *//; s/": /":/g' <<<"$out" | tr -d '\n')
has "are told" "$all" '"errors":["group worker:default: its lanes name several files of decisions; only '"$root"'/config/d.json is read"]'
has "are told" "$all" "\"decision_file\":\"$root/config/d.json\""
ends

finish_tests
