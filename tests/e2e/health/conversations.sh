#!/bin/bash
# conversations.sh: what agents and runners said, after real runs of a queue and a lane.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/health/lib.sh
. "$(dirname "$0")/lib.sh"

rows() { printf '%s\n' "$out" | grep -c '"event_type":' || true; }

case_is "a root where nobody said anything"
mkdir -p "$root"
ox conversations
is "exit code" "$code" 0
is "ok" "$(field ok)" true
is "events" "$(field total_events)" 0
is "the log is missing, which is no failure" "$(field missing)" true

case_is "after runs of the queue and of a lane"
make_root <<<"$good"
tasks one two
mkdir -p "$root/config/lanes"
echo '[{"id": "three", "owner": "worker", "priority": 1, "title": "t", "description": "d"}]' >"$root/config/lanes/text.json"
echo '[{"id": "text", "owner": "worker", "tasks_file": "config/lanes/text.json"}, {"id": "bad", "owner": "nobody"}]' >"$root/config/lanes.json"
ox run
is "run" "$code" 0
ox run --lane text
is "run of the lane" "$code" 0
ox conversations
is "exit code" "$code" 0
for key in conversation_files total_events events owner_counts sources partial ok errors suppressed_sources \
    suppressed_source_errors unfiltered_total_events filters timestamp; do
    has "key" "$out" "\"$key\":"
done
all=$(field total_events)
is "each is shown" "$(($(rows) - 1))" "$all" # one is the filter's
is "in order" "$(printf '%s\n' "$out" | sed -n 's/^      "timestamp": //p' | sort -c && echo sorted)" sorted
has "of the queue" "$out" '"task_id": "two"'
has "of the lane" "$out" '"task_id": "three"'
has "a lane that cannot be loaded is said" "$out" '"kind": "lane_config"'
is "so not all is well" "$(field ok)" false
ox conversations --no-lanes
is "the queue alone is well" "$(field ok)" true
hasnt "no lane" "$out" '"task_id": "three"'
ox conversation-inspect --lane TEXT
is "the lane alone is well" "$(field ok)" true
has "its own" "$out" '"task_id": "three"'
hasnt "not the queue's" "$out" '"task_id": "two"'
has "set aside" "$out" 'unknown owner'
ox conversations --event-type TASK_DONE --no-lanes
is "of one type" "$(field total_events)" 2
is "of how many" "$(field unfiltered_total_events)" "$("$orxaq" --root "$root" conversations --no-lanes | sed -n 's/^  "total_events": \([0-9]*\).*/\1/p')"
ox conversations --contains TWO --owner worker --tail 1
is "the newest that fits" "$(field total_events)" 1
ox conversations --lines 1
is "the newest of all" "$(field total_events)" 1
ox conversations --owner nobody-at-all --text
is "text" "$code" 0
has "nothing fits" "$err" "nothing was said that fits"
ox conversations --text --task one 2>/dev/null || true
is "an option that is none" "$code" 2
ox conversations --lines many
is "no number" "$code" 2
ox conversations --text --no-lanes
has "text" "$out" "task_done"
ox conversations --lines 999999999999
is "as many as there may be" "$(field total_events)" "$all"

finish_tests
