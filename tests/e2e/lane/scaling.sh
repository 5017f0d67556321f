#!/bin/bash
# scaling.sh: groups of lanes under the NPV gate: a decision is made, written, explained, and obeyed.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads and sets
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
# shellcheck source=tests/e2e/lane/lib.sh
. "$(dirname "$0")/lib.sh"

decision() { cat "$root/artifacts/autonomy/scaling_decision.json"; }
# value NAME: from the last JSON answer
value() { sed -n "s/.*\"$1\":\(\"[a-z_]*\"\|[-0-9.e]*\|null\).*/\1/p" <<<"$out" | head -n 1; }
status_shows() { "$orxaq" --root "$root" --json lanes-status | tr -d '\n ' | grep -q "$1"; }

npv='"scaling_mode": "npv", "scaling_group": "g"'
# Three lanes of one group; b is ranked before c.
three() { lanes "$(entry a "$npv")" "$(entry b "$npv, \"scaling_rank\": 2")" "$(entry c "$npv, \"scaling_rank\": 3")"; }

# scaling MEMBERS: the section of the configuration, in place of the one before
scaling() {
    sed -i '/^scaling:/d' "$root/orxaq.yaml"
    printf 'scaling: {%s}\n' "$1" >>"$root/orxaq.yaml"
}

# measured_root: a lane a with two tasks that were done for 0.02 USD each
measured_root() {
    lane_root <<<"echo '{\"usage\":{\"input_tokens\":1000,\"output_tokens\":500},\"model\":\"m-1\"}'; $slow"
    sed -i 's/output: json/output: jsonl/' "$root/orxaq.yaml"
    printf 'version: 1\nprices:\n  - {model: m-1, input: 10, output: 20, source: a test}\n' >"$root/config/prices.yaml"
    three
    scaling "$1"
    lane_tasks a a1 a2
    lane_tasks b b1 b2
    lane_tasks c c1 c2
    touch "$work/tmp/go"
    ox run --lane a
    is "measured" "$code" 0
    rm "$work/tmp/go"
    lane_tasks a a1 a2 a3 a4
    ox tasks list
}

worth='enabled: true, task_value: 5, delay_cost: 1000, min_outcomes: 2, uncertainty: 0'

case_is "69: what is worth it starts, what is not allowed does not"
measured_root "$worth, max_parallel_agents: 2"
ox --json route scale --dry-run
is "dry" "$code" 0
[ ! -e "$root/artifacts/autonomy/scaling_decision.json" ] || fail "--dry-run wrote a decision"
ox --json lanes-plan
has "nobody decided: b" "$(tr -d ' \n' <<<"$out")" '"reason":"decision_file_missing"'
ox --json route scale
is "exit code" "$code" 0
is "decision" "$(value decision)" '"scale_up"'
has "lanes" "$out" '"requested_parallel_agents":2'
has "why not three" "$out" '"max_parallel_agents_exceeded"'
has "measured" "$out" '"outcomes":2.0'
has "cost" "$out" '"cost_per_attempt_usd":0.02'
has "queue, also of lanes that never ran" "$out" '"open_tasks":'
has "the file" "$(decision)" '"decision": "scale_up"'
has "the file" "$(decision)" '"requested_parallel_agents": 2'
has "the journal" "$("$orxaq" --root "$root" --json events --kind route.scaled)" '"decision":"scale_up"'
ox route scale
has "for people" "$out" "scale_up, 2 of 3 lanes"
has "for people: the gate" "$out" "no more may run together (scaling.max_parallel_agents)"
ox lanes-plan
has "the plan" "$out" "place 3 of group g, of which 2 may run"
ox --json lanes-start
is "start" "$code" 0
until_true "a works" test -e "$work/tmp/a3.began"
until_true "b works" test -e "$work/tmp/b1.began"
is "c is held" "$(unit_state c) $(starts_of c)" "idle 0"
has "c says why" "$(unit c)" "place 3 of group g"
until_true "b was scaled up" status_shows '"scale_up_events":1'
until_true "c was held" status_shows '"scale_hold_events":1'
ox lanes-status
has "text" "$out" "scaling_events: up=1 down=0 hold=1"
has "text of the lane" "$out" "  scaling: mode=npv group=g rank=2 up=1 down=0 hold=0 latest_type=scale_up"
ox --json monitor
has "monitor has them" "$(tr -d '\n ' <<<"$out")" '"lane_scale_down_events":0,"lane_scale_hold_events":1,"lane_scale_up_events":1,'

case_name="70: what is not worth it any more ends after its task"
scaling "enabled: true, task_value: 0, min_outcomes: 2"
ox --json route scale
is "decision" "$(value decision)" '"hold"'
has "refused" "$out" '"value_unknown"'
has "no figure" "$out" '"marginal_npv_usd":null,"reasons":["value_unknown"]'
until_true "b is to end after its task" state_is b draining
until_true "and it is told" status_shows '"scale_down_events":1'
touch "$work/tmp/b1.go"
until_true "b is held" state_is b idle
until_true "its task is done" task_is b b1 done
is "no other was begun" "$(lane_task b b2)" pending
has "b says why" "$(unit b)" "decision_not_approved"
has "a is not touched" "$(unit_state a) $(starts_of a)" "ready 1"
has "events" "$(cat "$(lane_dir b)/events.ndjson")" '"event_type": "scale_down"'
has "events: reason" "$(cat "$(lane_dir b)/events.ndjson")" '"reason": "scale_down_npv_gate"'

case_name="a lane that is done leaves its place to the next"
touch "$work/tmp/go"
until_true "all are done, one after the other" task_is c c2 done
until_true "b as well" task_is b b2 done
ends

# decided WORD NPV [MEMBERS]: a decision of another program
decided() {
    printf '{"decision": "%s", "marginal_npv_usd": %s%s}\n' "$1" "$2" "${3:+, $3}" >"$root/artifacts/autonomy/decision.new"
    mv "$root/artifacts/autonomy/decision.new" "$root/artifacts/autonomy/scaling_decision.json"
}
# listed NAME: the ids of a list of the last JSON answer
listed() { tr -d '\n ' <<<"$out" | grep -o "\"$1\":\[[^]]*\]" | grep -o '"id":"[a-z]*"' | cut -d'"' -f4 | tr '\n' ' '; }

case_is "80, 81: a decision file of another program is obeyed, and told by lanes-ensure"
lane_root <<<"$slow"
scaling "enabled: true, max_parallel_agents: 2, daily_budget: 12"
lane_tasks a a1
lane_tasks b b1
lanes "$(entry a "$npv")" "$(entry b "$npv, \"scaling_rank\": 3")"
mkdir -p "$root/artifacts/autonomy"
decided scale_up 2.6 '"capacity": {"requested_parallel_agents": 2}, "constraints": {"projected_daily_spend_usd": 3.1, "daily_budget_usd": 12}'
ox --json lanes-ensure
is "80: ensure" "$code" 0
is "80: both start" "$(listed started)" "a b "
is "80: of which one is more" "$(listed scaled_up)" "b "
all=$(tr -d '\n ' <<<"$out")
has "80: the group" "$all" '"scaling":{"by_lane":{"a":{"allowed":true,"group":"g","mode":"npv","rank":1,"reason":"","reason_text":"","slot":1},"b":{"allowed":true,"group":"g","mode":"npv","rank":3,"reason":"","reason_text":"","slot":2}},"enabled":true,"errors":[],"groups":{"g":{'
has "80: what it asks for" "$all" '"allowed_parallel_lanes":2,"daily_budget_usd":12.0,"decision":"scale_up",'
has "80: and may have" "$all" '"lane_count":2,"lanes":["a","b"],"marginal_npv_usd":2.6,"max_parallel_agents":2,"max_subagents_per_agent":1,"min_marginal_npv_usd":0.0,"ok":true,"projected_daily_spend_usd":3.1,"reasons":[],"requested_parallel_agents":2,"requested_subagents_per_agent":1,"should_scale":true,"stop_loss_triggered":false}}'
until_true "a works" test -e "$work/tmp/a1.began"
until_true "b works" test -e "$work/tmp/b1.began"
decided hold -0.2
ox --json lanes-ensure
is "81: it does not wait for the task" "$code" 0
is "81: the first goes on" "$(listed ensured)" "a "
is "81: the other one ends" "$(listed scaled_down)" "b "
has "81: why" "$out" '"reason": "scale_down_npv_gate"'
all=$(tr -d '\n ' <<<"$out")
has "81: the group" "$all" '"allowed_parallel_lanes":1,"daily_budget_usd":12.0,"decision":"hold",'
has "81: one of two may run" "$all" '"scaling_eligible_lane_count":1,'
has "81: both reasons" "$all" '"ok":false,"projected_daily_spend_usd":0.0,"reasons":["decision_not_approved","marginal_npv_below_threshold"],'
has "81: the lane" "$all" '"b":{"allowed":false,"group":"g","mode":"npv","rank":3,"reason":"decision_not_approved",'
is "81: after its task" "$(unit_state b)" draining
[ ! -e "$(lane_dir b)/paused.flag" ] || fail "81: a lane that lost its place is no lane that somebody paused"
decided scale_down -0.2
ox lanes-ensure
touch "$work/tmp/b1.go"
until_true "81: b is held" state_is b idle
has "82: the first one stays" "$(unit_state a) $(starts_of a)" "ready 1"
touch "$work/tmp/go"
until_true "a is done" task_is a a1 done
ends

case_is "stop-loss, budget and switch"
measured_root "$worth, max_parallel_agents: 3, daily_budget: 0.03"
ox --json route scale
is "spent 0.04 of 0.03" "$(value decision)" '"scale_down"'
has "stop-loss" "$out" '"stop_loss_triggered":true'
scaling "$worth, max_parallel_agents: 3, min_pass_rate: 1"
ox --json route scale
is "all passed" "$(value decision)" '"scale_up"'
scaling "$worth, max_parallel_agents: 3, min_npv: 1000000"
ox --json route scale
has "threshold" "$out" '"marginal_npv_below_threshold"'
scaling "$worth, max_parallel_agents: 3, subagents: 2"
ox --json route scale
has "helpers" "$out" '"max_subagents_per_agent_exceeded"'
scaling "$worth, discount_rate: -0.5"
ox --json route scale
has "terms" "$out" '"terms_invalid"'
scaling "max_parallel_agents: 3"
ox --json route scale
has "switched off" "$out" '"scaling_disabled"'
ox lanes-plan
has "and so the plan says" "$out" "scaling.enabled is false"
echo 'ORXAQ_ROUTELLM_SCALE_ENABLED=1' >"$root/.env.autonomy"
ox lanes-plan
hasnt "the predecessor's name switches it on" "$out" "scaling.enabled is false"

case_is "without prices nothing is decided"
lane_root <<<"$good"
three
lane_tasks a a1 a2
lane_tasks b b1
scaling "$worth, max_parallel_agents: 3"
ox run --lane a
lane_tasks a a1 a2 a3
ox --json route scale
is "decision" "$(value decision)" '"hold"'
has "why" "$out" '"price_unknown"'

case_is "a decision grows old"
measured_root "$worth, max_parallel_agents: 2"
ox route scale
ox --json lanes-plan
hasnt "fresh" "$out" decision_expired
sed -i 's/"timestamp": "[^"]*"/"timestamp": "2026-01-02T03:04:05Z"/' "$root/artifacts/autonomy/scaling_decision.json"
ox --json lanes-plan
has "of January" "$(tr -d ' \n' <<<"$out")" '"reason":"decision_expired"'
has "what to do" "$out" "orxaq route scale"
sed -i 's/"timestamp": "[^"]*"/"timestamp": ""/' "$root/artifacts/autonomy/scaling_decision.json"
ox --json lanes-plan
hasnt "without a time it is as old as its file" "$(tr -d ' \n' <<<"$out")" '"reason":"decision_'
touch -d '2 days ago' "$root/artifacts/autonomy/scaling_decision.json"
ox --json lanes-plan
has "which is old now" "$out" decision_expired
scaling "$worth, max_parallel_agents: 2, max_age: 3d"
ox --json lanes-plan
hasnt "not too old for this one" "$out" decision_expired
scaling "$worth, max_parallel_agents: 2, max_age: 0"
touch -d '2000-01-01' "$root/artifacts/autonomy/scaling_decision.json"
ox --json lanes-plan
hasnt "nor ever" "$out" decision_expired

finish_tests
