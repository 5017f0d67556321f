#!/bin/bash
# costs.sh: prices, bills, and what `orxaq costs` and `orxaq metrics` say of them.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

# use_jsonl: the agent's lines are JSON
use_jsonl() {
    sed -i "s|output: json|output: jsonl, text_path: say|" "$root/orxaq.yaml"
}

prices() {
    printf 'version: 1\nprices:\n  - {model: m-1, input: 10, output: 20, cache_read: 1, source: a test}\n' >"$root/config/prices.yaml"
}

# reporting_root: an agent of the model m-1 that used 3000 tokens in, 2000 of them from a cache, 500 out
reporting_root() {
    make_root <<'SH'
echo '{"usage":{"input_tokens":3000,"cached_tokens":2000,"output_tokens":500},"model":"m-1"}'
echo good >"$task.txt"; finish done
SH
    use_jsonl
}

case_is "a price makes a bill"
reporting_root
prices
tasks one two
ox run
is "exit code" "$code" 0
has "each call says it" "$err" "cost        one#1 0.022 USD (priced)"
has "the table has it" "$out" "0.022"
ox attempt show 1
has "bill" "$out" "cost       0.0220 USD (priced: prices.yaml#"
has "price" "$out" " m-1)"
row=$(head -n 1 "$root/artifacts/autonomy/response_metrics.ndjson")
has "row" "$row" '"cost_exact": true'
has "row" "$row" '"cost_source": "exact_usage"'
has "row" "$row" '"cost_usd": 0.022'
has "row" "$row" '"input_rate_per_million": 10.0'
has "summary" "$(cat "$root/artifacts/autonomy/response_metrics_summary.json")" '"cost_usd_total": 0.044'
ox costs --json
has "windows" "$out" '{"key":"1h","calls":2,'
has "sum" "$out" '"cost_nano_usd":44000000,'
has "zone" "$out" '"timezone":"UTC"'
ox costs --by task --json --window 1h
has "by task" "$out" '{"key":"one","calls":1,"unpriced_calls":0,'
has "total" "$out" '"total":{"key":"total","calls":2,'
ox costs --by model --format csv
is "csv" "$(printf '%s\n' "$out" | tail -n 1)" "m-1,2,0,0,0,2000,4000,0,1000,0,0.044"
ox costs --by day --format table
has "day" "$out" "$(date -u +%Y-%m-%d)"
ox costs --format focus
is "focus" "$(printf '%s\n' "$out" | tail -n 1 | cut -d, -f1,2,7-16)" "worker,USD,Usage,m-1,Usage-Based,0.044,0.044,0.044,0.044,7000,Tokens,worker"
is "all columns" "$(printf '%s\n' "$out" | awk -F, '{ print NF }' | sort -u)" 30
ox metrics --json
all=$(tr -d ' \n' <<<"$out")
has "metrics" "$all" '"cost_windows_usd":{"last_30d":0.044,"last_7d":0.044,"last_hour":0.044,'
has "tokens" "$all" '"cost_windows_tokens":{"last_30d":7000,"last_7d":7000,"last_hour":7000,'
has "responses" "$all" '"cost_windows_responses":{"last_30d":2,"last_7d":2,"last_hour":2,'
group='"cost_per_million_tokens":6.28571428571428[0-9]*,"cost_usd_total":0.044,"responses":2,"tokens_total":7000'
is "by model" "$(grep -c "\"model_cost_30d\":{\"m-1\":{$group}}" <<<"$all")" 1
is "by provider" "$(grep -c "\"provider_cost_30d\":{\"worker\":{$group}}" <<<"$all")" 1
series=$(sed 's/.*"cost_series_hourly_24h":\[\([^]]*\)\].*/\1/; s/},{/}\n{/g' <<<"$all")
is "24 hours" "$(grep -c '"bucket_start":"20[0-9-]*T[0-9]*:00:00+00:00"' <<<"$series")" 24
is "all of it in them" "$(grep -o '"responses":[0-9]*' <<<"$series" | awk -F: '{ n += $2 } END { print n }')" 2
has "fresh" "$all" '"stale":false,"stale_threshold_sec":900}'
is "its age" "$(grep -c '"data_freshness":{"age_sec":[0-9]*,.*"latest_event_timestamp":"20' <<<"$all")" 1
has "one figure" "$all" '"kind":"throughput","label":"TokenFlow","value":"'
has "in the predecessor's form" "$out" '  "cost_usd_total": 0.044,'
ox metrics
is "twelve keys by default" "$(sed -n 's/^  "\([a-z_]*\)":.*/\1/p' <<<"$out" | tr '\n' ' ')" \
    "acceptance_pass_rate cost_usd_avg cost_usd_total exact_cost_coverage exciting_stat first_time_pass_rate latency_sec_avg prompt_difficulty_score_avg quality_score_avg responses_total token_rate_per_minute tokens_total "
is "one document" "$(tail -n 1 <<<"$out")" "}"
ox metrics --text
has "for people" "$out" "attempts    2, "
ln -s "$orxaq" "$work/orxaq-autonomy"
"$work/orxaq-autonomy" --root "$root" metrics >"$work/old" 2>/dev/null
is "the same under the old name" "$(grep -c '^  "' "$work/old")" 12
"$work/orxaq-autonomy" --root "$root" lanes-status >"$work/old" 2>&1 || true
hasnt "text is text under the old name" "$(cat "$work/old")" '"lanes": '
has "text is text under the old name" "$(cat "$work/old")" '"running_count"'
ox costs --from 2020-01-01 --to 2020-02-01 --by provider
hasnt "another time" "$out" "worker"

case_is "no price: unknown, not zero"
reporting_root
tasks one two
ox run
is "exit code" "$code" 0
has "told" "$err" "unknown: there is no price for worker/m-1"
is "told once" "$(grep -c 'there is no price' "$work/err")" 1
has "table" "$out" "unknown"
row=$(head -n 1 "$root/artifacts/autonomy/response_metrics.ndjson")
has "row" "$row" '"cost_usd": null'
ox costs --by provider --json
has "counted" "$out" '"unpriced_calls":2,'
has "no number" "$out" '"cost_usd":null'
ox costs --by provider --format csv
is "csv" "$(printf '%s\n' "$out" | tail -n 1)" "worker,2,2,0,0,2000,4000,0,1000,0,"

case_is "a price that comes while the queue is worked on"
reporting_root
tasks one
ox run
prices
tasks one two
ox run
ox costs --by task --json
has "known from then on" "$out" '{"key":"two","calls":1,"unpriced_calls":0,'
has "unknown before" "$out" '{"key":"one","calls":1,"unpriced_calls":1,'

case_is "calls without a price can be denied"
reporting_root
printf 'money: {unknown_price: deny}\n' >>"$root/orxaq.yaml"
tasks one
ox run
is "exit code" "$code" 4
has "why" "$err" "money.unknown_price is deny"
is "nobody was called" "$(ls "$root/repo")" "$(git -C "$root/repo" ls-files)"
ox costs --by provider --json
has "nothing spent" "$out" '"rows":[]'

case_is "an assumed price"
reporting_root
printf 'money: {unknown_price: assume, assumed_price: 100}\n' >>"$root/orxaq.yaml"
tasks one
ox run
has "estimate" "$err" "0.35 USD (estimated)"

case_is "what is wrong with prices is said before anything is spent"
reporting_root
printf 'version: 1\nprices: [{model: m-1, inptu: 1}]\n' >"$root/config/prices.yaml"
tasks one
ox run
is "exit code" "$code" 1
has "place" "$err" 'config/prices.yaml:2:23: "inptu" is no key of a price; did you mean "input"?'
is "no attempt" "$(git -C "$root/repo" log --oneline | wc -l)" 1

# budget CAP RESERVE [MORE]
budget() {
    printf 'budget: {daily: %s, call_reserve: %s%s}\n' "$1" "$2" "${3:-}" >>"$root/orxaq.yaml"
}

case_is "the cap of a day ends the run before it is passed"
reporting_root
prices
budget 0.07 0.025
tasks one two three four five
ox run
is "exit code" "$code" 6
has "warned" "$err" "0.066 of today's budget of 0.07 USD are spent"
has "why" "$err" "the next call may cost 0.022"
has "what lifts it" "$err" "midnight (UTC) lifts this, or a larger budget.daily"
ox costs --by provider --json
has "three calls" "$out" '"cost_nano_usd":66000000,'
is "the fourth waits" "$(status_of three)" pending
ox run
is "still" "$code" 6
ox costs --by provider --json
has "still three calls" "$out" '"cost_nano_usd":66000000,'
ORXAQ_AUTONOMY_SWARM_DAILY_BUDGET_USD=1 "$orxaq" --root "$root" run >"$work/out" 2>"$work/err" || fail "a larger budget: $(cat "$work/err")"
is "refusals are no failures" "$(status_of two)" done

case_is "nothing is called when the first call does not fit"
reporting_root
sed -i 's|plugin: command|&\n    model: m-1|' "$root/orxaq.yaml"
prices
budget 0.01 0.025
tasks one
ox run
is "exit code" "$code" 6
has "why" "$err" "does not allow another 0.025 USD"
ox costs --by provider --json
has "nothing spent" "$out" '"rows":[]'

case_is "a cap that is only told"
reporting_root
prices
budget 0.03 0.025 ', hard_stop: false'
tasks one two three
ox run
is "exit code" "$code" 0
has "told" "$err" "of today's budget of 0.03 USD are spent"

case_is "no cap"
reporting_root
prices
budget 0 100
tasks one two
ox run
is "exit code" "$code" 0

case_is "a call without a report costs what was reserved"
make_root <<'SH'
echo '{"model":"m-1"}'
echo good >"$task.txt"; finish done
SH
use_jsonl
sed -i 's|plugin: command|&\n    model: m-1|' "$root/orxaq.yaml"
prices
budget 1 0.3
tasks one two three four
ox run
is "exit code" "$code" 6
has "estimate" "$err" "0.3 USD (estimated)"
ox costs --by provider --json
has "three of them" "$out" '"estimated_calls":3,'
has "at what was reserved" "$out" '"cost_nano_usd":900000000,'

# growing LINES: an agent of which each line costs 0.01; the rest of it is on standard input. It says no more than that
# by itself: what a program says while it is being ended is in its bill, too, and how much that is nobody knows.
growing() {
    {
        printf 'i=0\nwhile [ $i -lt %s ]; do\n' "$1"
        cat <<'SH'
    echo '{"usage":{"input_tokens":1000,"output_tokens":0},"model":"m-1"}'
    i=$((i + 1))
done
SH
        cat
    } | make_root
    use_jsonl
    sed -i 's|plugin: command|&\n    model: m-1|; s|output: jsonl|&, usage_mode: delta|' "$root/orxaq.yaml"
    prices
    budget 0.5 0.1
    tasks one
}

# 0.1 was reserved; 0.2 and 0.4 fit, 0.8 does not; then it goes on by steps, as long as one fits.
# The agent is done only after all its lines were read, and one more after them: a runner that thinks it costs
# too much has ended it by then.
case_is "a call that grows beyond what was reserved asks for more, and goes on while there is some"
growing 49 <<'SH'
heard() { cat "${0%/agent}"/state/records/*/1-1.rec | grep -ao "$1" | wc -l; }
until [ "$(heard input_tokens)" -ge 49 ]; do sleep 0.05; done
echo '{"say":"I am not done"}'
until [ "$(heard 'I am not done')" -ge 1 ]; do sleep 0.05; done
echo good >"$task.txt"; finish done
SH
ox run
is "exit code" "$code" 0
ox costs --by provider --json
has "all but one step" "$out" '"cost_nano_usd":490000000,'

# It would go on, and is waited for; three minutes are for a runner that does not end it.
case_is "a call that grows beyond what was reserved is ended when there is no more"
growing 50 <<<'sleep 180; echo good >"$task.txt"; finish done'
ox run
is "exit code" "$code" 6
has "ended" "$err" "today's budget does not allow it to cost more"
ox costs --by provider --json
has "not a step beyond" "$out" '"cost_nano_usd":500000000,'

case_is "pictures"
reporting_root
prices
tasks one two
printf 'budget: {daily: 1, monthly: 10}\n' >>"$root/orxaq.yaml"
ox run
ox costs --format svg
is "exit code" "$code" 0
is "well-formed" "$(printf '%s' "$out" | python3 -c 'import sys, xml.dom.minidom as m; print(m.parseString(sys.stdin.read()).documentElement.tagName)')" svg
has "what is spent" "$out" ">0.044 of 1 USD spent<"
has "it begins with all of it" "$out" 'points="70.0,20.0 '
has "and goes down by what was spent" "$out" ",27.9"
ox costs --format svg --from "$(date -u +%Y-%m-01)"
has "a month against its own cap" "$out" ">0.044 of 10 USD spent<"
ox costs --format svg --window 3h
has "another span has no cap" "$out" ">0.044 USD spent<"
"$build/tests/run_sql" "$root/state/orxaq.db" 'UPDATE spend SET at = at - 86400000000000 WHERE call = 1'
ox costs --by day
has "a block for each day" "$out" "██"

case_is "days of a named time zone"
reporting_root
prices
tasks one
ox run
echo 'money: {timezone: Some/Where}' >>"$root/orxaq.yaml"
mkdir -p "$work/zones/Some"
# A zone that is always fourteen hours ahead, in the format of the tz database: two headers, each with a body.
z='\0\0\0\0'
for _ in 1 2; do
    printf '%b' "TZif2$z$z$z\\0\\0\\0$z$z$z$z\\0\\0\\0\\01\\0\\0\\0\\04\\0\\0\\0304\\0340\\0\\0AAA\\0"
done >"$work/zones/Some/Where"
printf '\n<+14>-14\n' >>"$work/zones/Some/Where"
TZDIR=$work/zones ox costs --by day
has "the zone is named" "$out" "Some/Where"
has "its day" "$out" "$(date -u -d '+14 hours' +%Y-%m-%d)"
has "caps too" "$(TZDIR=$work/zones "$orxaq" --root "$root" --json budget)" '"spent_nano_usd":22000000'
TZDIR=$work/nowhere ox costs
is "exit code without it" "$code" 1
has "why" "$err" "money.timezone: there is no time zone Some/Where in $work/nowhere"

case_is "what a run may cost is said before it is begun, and nothing is begun"
reporting_root
prices
sed -i 's|plugin: command|&\n    model: m-1|' "$root/orxaq.yaml"
printf 'budget: {daily: 0.06, monthly: 10, call_reserve: 0.05}\n' >>"$root/orxaq.yaml"
tasks one two three four
ox run --estimate
is "exit code" "$code" 0
is "nothing is begun" "$(ls "$root/state" 2>/dev/null)" ""
has "nothing is known of the tokens" "$out" "no call yet: what is reserved"
has "at most" "$out" "4 tasks, one call each: 0.00 to 0.200 USD"
has "against the day" "$out" "today's budget: 0.0600 of 0.0600 USD left, may not fit (budget.daily)"
tasks one
ox run
tasks one two three four
before=$("$orxaq" --root "$root" --json events | wc -l)
ox run --estimate --json
is "nothing is written" "$("$orxaq" --root "$root" --json events | wc -l)" "$before"
has "task" "$out" '"task":"two","title":"Task two","provider":"worker","model":"m-1","basis":"calls","calls":1,"input_tokens":3000,"output_tokens":500,"low_nano_usd":22000000,"high_nano_usd":22000000'
hasnt "what is done costs nothing" "$out" '"task":"one"'
has "total" "$out" '"low_nano_usd":66000000,"high_nano_usd":66000000,"unknown_tasks":0,"router":false'
has "the day has too little left" "$out" '"key":"budget.daily","name":"","left_nano_usd":38000000,"low_nano_usd":66000000,"high_nano_usd":66000000,"unknown_tasks":0,"verdict":"does not fit"'
has "the month has enough" "$out" '"verdict":"fits"'
sed -i 's/model: m-1/model: m-2/' "$root/orxaq.yaml"
ox run --estimate
has "without a price" "$out" "no call yet, and no price"
has "unknown is said" "$out" "and 3 of which nobody knows"

case_is "wrong questions"
reporting_root
tasks one
ox run
refused "window" '--window takes today' costs --window soon
refused "by" '--by takes provider, model, lane, task, day' costs --by colour
refused "format" '--format takes table' costs --format xml
refused "time" '--from takes a day' costs --from soon
refused "order" '--from must be before --to' costs --from 2026-02-01 --to 2026-01-01
refused "both" 'cannot both be given' costs --window 1h --from 2026-02-01
printf 'money: {timezone: Mars}\n' >>"$root/orxaq.yaml"
refused "zone" 'there is no time zone Mars' costs

finish_tests
