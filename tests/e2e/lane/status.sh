#!/bin/bash
# status.sh: what lanes-status, lane-status and lane-inspect say of lanes.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads and sets
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
# shellcheck source=tests/e2e/lane/lib.sh
. "$(dirname "$0")/lib.sh"

# row LANE: its row of the document in $out, on one line
row() { printf '%s' "$out" | tr -d '\n' | sed 's/    {      "/\n{"/g' | grep "\"id\": \"$1\"" | tr -s ' '; }

case_is "without anything"
lane_root <<<"$good"
ox lanes-status
is "no lanes" "$code" 0
has "counts" "$out" '"total_count": 0'
lane_tasks left a b
lanes "$(entry left)" "$(entry off '"enabled": false')" '{"id": "odd", "owner": "nobody"}'
ox --json lanes-status
is "never ran" "$code" 0
has "92: tasks that nobody has seen are pending" "$(row left)" '"missing_state_entries": 2'
has "92: pending" "$(row left)" '"pending": 2'
has "total" "$(row left)" '"task_total": 2'
has "never ran" "$(row left)" '"health": "stopped"'
has "91: switched off" "$(row off)" '"health": "paused"'
has "58: wrong" "$(row odd)" '"health": "error"'
has "58: owner" "$(row odd)" '"owner": "nobody"'
has "58: source" "$(row odd)" '"source": "lane_config"'
has "58: errors" "$out" '"ok": false'
has "of all" "$out" '"requested_lane": "all"'
has "nobody was set aside" "$out" '"suppressed_errors": []'
has "90: no fleet" "$(tr -d '\n ' <<<"$out")" "\"local_model_fleet\":{\"error\":\"fleet_status_missing\",\"ok\":false,\"status_file\":\"$root/artifacts/autonomy/local_models/fleet_status.json\"}"
ox lane-status --lane nope
is "59: unknown" "$code" 1
has "59: unknown says" "$err" "Unknown lane id 'nope'"
ox lane-status
is "lane-status without a lane" "$code" 2

case_is "at work, held back, stopped, failed: the word, and why"
lane_root <<<"$slow"
lane_tasks left a
lane_tasks right b
lane_tasks held c
lane_tasks sick d
lanes "$(entry left '"exclusive_paths": ["a.txt"]')" "$(entry right)" "$(entry held '"exclusive_paths": ["a.txt"]')" "$(entry sick)"
echo '{not json' >"$root/config/lanes/sick.json"
sed -i 's/restart: {delay: 1s, jitter: none}/restart: {delay: 1h, jitter: none}/' "$root/orxaq.yaml"
ox lanes-start
until_true began test -e "$work/tmp/a.began"
until_true began test -e "$work/tmp/b.began"
ox lane-stop --lane right
ox --json lanes-status
has "at work" "$(row left)" '"health": "ok"'
has "pid" "$(row left)" "\"pid\": $(cat "$(lane_dir left)/lane.pid")"
has "in progress" "$(row left)" '"in_progress": 1'
has "entries" "$(row left)" '"extra_state_entries": 0'
has "entries of its own" "$(row left)" '"state_entries": 1'
has "build" "$(row left)" '"build_current": true'
# Its own start and the wish of the client come in either order.
last=$(tail -n 1 "$(lane_dir left)/events.ndjson")
has "last event" "$(row left)" "\"last_event\": { $(printf %s "${last#\{}" | grep -o '"event_type": "[a-z_]*"')"
has "it was started" "$(cat "$(lane_dir left)/events.ndjson")" '"event_type": "started"'
has "91: stopped by the operator" "$(row right)" '"health": "paused"'
has "claim" "$(row held)" 'overlaps with \"a.txt\" of lane left'
has "claim: idle" "$(row held)" '"health": "idle"'
has "failed" "$(row sick)" '"health": "stopped"'
has "failed: how" "$(row sick)" '"last_exit": "exit 1"'
has "counts" "$out" '"running_count": 1'
has "capacity" "$(printf %s "$out" | tr -d '\n' | tr -s ' ')" '"lane_count": 4, "last_recovery_at": "", "last_signal_at": "", "model": "default", "over_limit": false, "parallel_key": "worker::default"'
ox lanes-status
has "text" "$out" "- left [worker] running pid=$(cat "$(lane_dir left)/lane.pid") health=ok"
has "text: stopped" "$out" "- right [worker] stopped pid=None health=paused"
has "text: counts" "$out" "owner_counts: worker(total=4,running=1,healthy=3,degraded=1)"
ox --json lane-status --lane LEFT
has "one" "$out" '"requested_lane": "left"'
has "one: counts" "$out" '"total_count": 1'
ox --json health
has "the judge agrees" "$out" 'sick'
touch "$work/tmp/go"
until_true "left is done" task_is left a done
ends
ox --json lanes-status
has "without a supervisor" "$(row left)" '"state": "unknown"'
has "91: done" "$(row left)" '"health": "idle"'

case_is "98, 100: with conversations; lane-inspect"
lane_root <<<"$good"
lane_tasks left a
lanes "$(entry left)" '{"id": "odd", "owner": "nobody"}'
ox run --lane left
ox --json lanes-status --with-conversations
has "state" "$(row left)" '"conversation_source_state": "ok"'
hasnt "events" "$(row left)" '"conversation_event_count": 0'
ox lane-inspect --lane LEFT --event-type agent_output
is "98: inspect" "$code" 0
has "98: lane" "$out" '"requested_lane": "left"'
has "98: input" "$out" '"input_lane": "LEFT"'
has "98: what is wrong with others is set aside" "$out" '"suppressed_lane_errors": ['
has "98: ok" "$(printf '%s' "$out" | tail -30)" '"ok": true'
mkdir -p "$(lane_dir ghost)"
cp "$(lane_dir left)/conversations.ndjson" "$(lane_dir ghost)/conversations.ndjson"
sed -i 's/"lane_id": "left"/"lane_id": "ghost"/' "$(lane_dir ghost)/conversations.ndjson"
ox lane-inspect --lane ghost
is "100: known by what it said" "$code" 0
has "100: never ok" "$out" '  "ok": false,
  "partial": true,
  "requested_lane": "ghost",'
has "100: word" "$out" '"health": "unknown"'
has "100: flag" "$out" '"conversation_lane_fallback": true'
ox lane-status --lane ghost
is "100: without conversations nobody knows it" "$code" 1
ox --json lane-status --lane ghost --with-conversations
is "100: with them it has a status" "$code" 0
has "100: which says from where" "$out" 'lane ghost is in no file of lanes'
has "100: a row" "$(row ghost)" '"conversation_lane_fallback": true'
has "100: counted" "$(tr -d '\n ' <<<"$out")" '"health_counts":{"unknown":1},'
ox --json lane-status --lane odd --with-conversations
has "a lane with an error brings no other along" "$out" '"recovered_lane_count": 0'
ox lane-status --lane nope --with-conversations
is "nobody knows it, nor heard of it" "$code" 1
ox --json lanes-status --with-conversations
has "the lanes file has errors, so it is a row among all" "$(row ghost)" '"health": "unknown"'
all=$(tr -d '\n ' <<<"$out")
has "and told" "$all" '"recovered_lane_count":1,"recovered_lanes":["ghost"],'
has "all three" "$all" '"total_count":3}'
has "what was said, by lane" "$all" '"conversation_by_lane":{"ghost":{"event_count":'
has "by whom" "$all" '"lane_id":"ghost","latest_event":{'
has "and what came last" "$(row left)" '"event_type": "task_done"'
has "one lane cannot be read" "$all" '"conversation_ok":false,"conversation_partial":true,'
ox lanes-status --with-conversations
has "text" "$out" "conversation_recovery: recovered_lanes=ghost conversation_partial=True conversation_ok=False"
has "text: why" "$out" "conversation_errors: "
lanes "$(entry left)"
ox --json lanes-status --with-conversations
all=$(tr -d '\n ' <<<"$out")
has "all is well: nobody is recovered" "$all" '"recovered_lane_count":0,"recovered_lanes":[],'
has "and all could be read" "$all" '"conversation_errors":[],"conversation_ok":true,"conversation_partial":false,'
ox lane-inspect --lane nope
is "nobody knows it" "$code" 1
has "nobody knows it: says" "$err" "Unknown lane id 'nope'"

finish_tests
