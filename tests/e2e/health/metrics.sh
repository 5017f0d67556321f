#!/bin/bash
# metrics.sh: where the figures of `orxaq metrics` come from, what the bills say beside them, and how the budget of
# the day stands.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/health/lib.sh
. "$(dirname "$0")/lib.sh"

setting() { printf '%s\n' "$1" >>"$root/orxaq.yaml"; }

# stating_root USD: each call states that it cost so much
stating_root() {
    printf '%s\n' 'echo good >"$task.txt"' "echo '{\"usage\":{\"cost_usd\":$1}}'" 'finish done' | make_root
    sed -i "s|output: json|output: jsonl, text_path: say|" "$root/orxaq.yaml"
}

# metrics: the document in $all, on one line, without blanks but in texts
metrics() {
    ox --json metrics
    is "exit code of metrics" "$code" 0
    all=$(sed 's/^ *//; s/": /":/g' <<<"$out" | tr -d '\n')
}

# budget: the block of the day without how fresh it is
budget() { sed 's/.*"swarm_daily_budget":\({.*\)/\1/; s/"data_freshness":{[^}]*},//; s/}.*/}/' <<<"$all"; }

# source LANE: its row, "" = the primary one
source_of() { grep -o '{[^{}]*"lane_id":"'"$1"'"[^{}]*}' <<<"$all"; }

case_is "a root where nothing was run"
mkdir -p "$root/config"
touch "$root/orxaq.yaml"
metrics
has "no answers" "$all" '"responses_total":0,'
has "one source" "$all" '"sources":[{"error":"","kind":"primary","lane_id":"","missing":true,"ok":true,"owner":"",'
has "complete" "$all" '"ok":true,'
has "complete" "$all" '"partial":false,'
has "no bill" "$all" '"authoritative_cost_available":false,'
has "no bill is no failure" "$all" '"authoritative_cost_errors":[],'
has "that is no good bill" "$all" '"authoritative_cost":{"attribution":"prorated",'
has "the usual budget" "$(budget)" '"daily_budget_usd":100.0,"daily_remaining_usd":100.0,"daily_reserved_usd":0.0,"daily_spend_usd":0.0,'
has "which stops nothing" "$(budget)" '"hard_stop":false,'
has "how old" "$all" '"data_freshness":{"age_sec":-1,"events_scanned":0,"files_scanned":0,"latest_event_timestamp":"","stale":true,'
[ ! -e "$root/state" ] || fail "asking made a journal"
ox metrics
is "the short form" "$code $(grep -c '^  "' <<<"$out")" "0 12"
ox --json monitor
has "monitor has the same shape" "$out" '"swarm_daily_budget": {'

case_is "what was spent, by whom, and what is left of the day"
stating_root 20
setting 'budget: {daily: 100, call_reserve: 1}'
tasks one two
mkdir -p "$root/config/lanes"
echo '[{"id": "l", "owner": "worker", "priority": 1, "title": "T", "description": "D"}]' >"$root/config/lanes/left.json"
echo '[{"id": "left", "owner": "worker", "tasks_file": "config/lanes/left.json", "validate_commands": ["./check"]}]' >"$root/config/lanes.json"
ox run
is "run" "$code" 0
ox run --lane left
is "run of the lane" "$code" 0
metrics
is "the block" "$(budget)" '{"daily_billed_only_usd":0.0,"daily_budget_usd":100.0,"daily_remaining_usd":40.0,"daily_reserved_usd":0.0,"daily_spend_usd":60.0,"daily_unpriced_calls":0,"daily_warning_threshold_usd":80.0,"enabled":true,"enforce_hard_stop":true,"hard_stop":false,"rolling_7d_spend_usd":60.0,"source_of_truth":"estimated_local_telemetry","state":"ok","utilization_percent":60.0,"utilization_ratio":0.6,"warning_ratio":0.8}'
has "the primary queue" "$(source_of '')" '"responses_total":2,'
has "the lane" "$(source_of left)" '"responses_total":1,'
has "its owner" "$(source_of left)" '"owner":"worker",'
has "its file" "$(source_of left)" "\"path\":\"$(artifacts lanes/left/response_metrics_summary.json)\""
has "the files" "$all" "\"timeseries_files\":[\"$(artifacts response_metrics.ndjson)\",\"$(artifacts lanes/left/response_metrics.ndjson)\"]"
has "fresh" "$all" '"events_scanned":3,"files_scanned":1,'
hasnt "no advice about money" "$all" "of today's budget"
rm "$root/config/lanes.json"
metrics
has "a lane of the past" "$(source_of left)" '"responses_total":1,'
echo '{' >"$root/config/lanes.json"
metrics
has "a lanes file that cannot be read" "$all" '"errors":["lanes_file: config/lanes.json'
has "is told" "$all" '"ok":false,"optimization'
has "and something lacks" "$all" '"partial":true,"prompt_difficulty'
has "but no sum" "$all" '"responses_total":3,'
rm "$root/config/lanes.json"

case_name="at the warning, at the cap, with a person's word, and without a cap"
tasks one two three
ox run
metrics
has "80 of 100 is a warning" "$(budget)" '"state":"warning","utilization_percent":80.0,'
has "with advice" "$all" "80.0 % of today's budget of 100.00 USD is spent or reserved: see"
tasks one two three four
ox run
metrics
has "100 of 100 stops" "$(budget)" '"hard_stop":true,'
has "and is a warning still" "$(budget)" '"state":"warning",'
has "nothing is left" "$(budget)" '"daily_remaining_usd":0.0,'
has "advice says so" "$all" "and no call may begin"
ox --json budget
has "as budget says" "$out" '"stop":true'
ox budget override budget.daily 50 --for 1h --person ada --reason "the release has to go out"
metrics
has "a person's word" "$(budget)" '"daily_budget_usd":150.0,"daily_remaining_usd":50.0,'
has "lifts it" "$(budget)" '"hard_stop":false,'
export ORXAQ_AUTONOMY_SWARM_DAILY_BUDGET_USD=90 ORXAQ_AUTONOMY_SWARM_BUDGET_WARNING_RATIO=0.65 ORXAQ_AUTONOMY_SWARM_BUDGET_ENFORCE_HARD_STOP=0
sed -i '/^budget:/d' "$root/orxaq.yaml"
ox budget revoke 1 --person ada
metrics
has "a smaller cap was passed" "$(budget)" '"state":"exceeded","utilization_percent":111.11,"utilization_ratio":1.111111,"warning_ratio":0.65}'
has "which is not enforced" "$(budget)" '"enforce_hard_stop":false,"hard_stop":false,'
ORXAQ_AUTONOMY_SWARM_DAILY_BUDGET_USD=0
metrics
has "no cap" "$(budget)" '"daily_budget_usd":0.0,"daily_remaining_usd":0.0,"daily_reserved_usd":0.0,"daily_spend_usd":100.0,'
has "no cap" "$(budget)" '"enabled":false,'
has "no cap" "$(budget)" '"state":"disabled","utilization_percent":0.0,'
unset ORXAQ_AUTONOMY_SWARM_DAILY_BUDGET_USD ORXAQ_AUTONOMY_SWARM_BUDGET_WARNING_RATIO ORXAQ_AUTONOMY_SWARM_BUDGET_ENFORCE_HARD_STOP

case_is "what a call in flight has reserved is not left"
make_root <<'SH'
echo >"$TMPDIR/begun"
while [ ! -e "$TMPDIR/go" ]; do sleep 0.05; done
echo good >"$task.txt"
finish done
SH
sed -i 's|plugin: command|&\n    model: m-1|' "$root/orxaq.yaml"
printf 'version: 1\nprices:\n  - {model: m-1, input: 10, output: 20}\n' >"$root/config/prices.yaml"
setting 'budget: {daily: 1, call_reserve: 0.3}'
tasks one
"$orxaq" --root "$root" run >"$work/out" 2>&1 &
run=$!
until_true "the call began" there begun
metrics
has "reserved" "$(budget)" '"daily_remaining_usd":0.7,"daily_reserved_usd":0.3,"daily_spend_usd":0.0,"daily_unpriced_calls":0,'
has "and used" "$(budget)" '"utilization_ratio":0.3,'
touch "$work/tmp/go"
wait $run || fail "the run ended with $?"
metrics
has "given back" "$(budget)" '"daily_reserved_usd":0.0,'

case_is "a call without a price is counted"
make_root <<<"$good"
setting 'budget: {daily: 1}'
tasks one
ox run
metrics
has "nobody knows what it cost" "$(budget)" '"daily_unpriced_calls":1,'
setting 'budget: {daily: 1, on_missing_cost: deny}'
sed -i '/budget: {daily: 1}/d' "$root/orxaq.yaml"
metrics
has "and that is denied" "$(budget)" '"hard_stop":true,'

case_is "a bill of today that is larger than our own count"
stating_root 1
setting 'budget: {daily: 100, call_reserve: 1}'
setting 'plugins: [{name: costs-gemini, settings: {files: [bill.csv]}}]'
tasks one
ox run
printf 'usage_start_time,cost,currency\n%s,120,USD\n' "$(date -u +%Y-%m-%dT00:00:00Z)" >"$root/bill.csv"
ox provider-cost-ingest --json
is "the bill was read" "$code" 0
metrics
has "there is a bill" "$all" '"authoritative_cost_available":true,'
has "of one row" "$all" '"authoritative_cost_records_total":1,'
has "here" "$all" "\"authoritative_cost_files\":[\"$(artifacts provider_costs/records.ndjson)\"]"
has "its sum" "${all#*'"authoritative_cost":'}" '"today":120.0}'
has "it is whole" "$all" '"ok":true,"partial":false,"provider_cost_30d":{"gemini":'
has "our own count is what it was" "${all##*'"cost_windows_responses"'}" '"today":1.0}'
has "and called that" "$all" '"source_of_truth":"estimated_local_telemetry","sources":'
has "the bill counts against the cap" "$(budget)" '"daily_billed_only_usd":120.0,"daily_budget_usd":100.0,"daily_remaining_usd":0.0,"daily_reserved_usd":0.0,"daily_spend_usd":121.0,'
has "on its word" "$(budget)" '"source_of_truth":"authoritative_provider_api","state":"exceeded",'
has "7 days are not less than one" "$(budget)" '"rolling_7d_spend_usd":121.0,'
rm "$root/bill.csv"
ox provider-cost-ingest --json
metrics
has "a bill that cannot be read is told" "$all" '"authoritative_cost_errors":["gemini: failed: '
has "and something lacks" "$all" '"partial":true,"prompt_difficulty'
has "but not its rows" "$all" '"authoritative_cost_available":true,'

case_is "an old bill hides nothing"
stating_root 120
setting 'budget: {daily: 100, call_reserve: 1}'
setting 'plugins: [{name: costs-gemini, settings: {files: [bill.csv]}}]'
tasks one
ox run
printf 'usage_start_time,cost,currency\n%s,1,USD\n' "$(date -u -d '20 days ago' +%Y-%m-%dT00:00:00Z)" >"$root/bill.csv"
ox provider-cost-ingest --json
metrics
has "there is a bill" "$all" '"authoritative_cost_available":true,'
has "which is old" "${all#*'"authoritative_cost":'}" '"stale":true,"stale_threshold_sec":900}'
has "our own count goes on" "$(budget)" '"daily_spend_usd":120.0,'
has "and stops" "$(budget)" '"hard_stop":true,'
has "as our own" "$(budget)" '"source_of_truth":"estimated_local_telemetry","state":"exceeded",'
export ORXAQ_AUTONOMY_PROVIDER_COST_STALE_SEC=2592000
metrics
has "how old a bill may be" "${all#*'"authoritative_cost":'}" '"stale":false,"stale_threshold_sec":2592000}'
unset ORXAQ_AUTONOMY_PROVIDER_COST_STALE_SEC

finish_tests
