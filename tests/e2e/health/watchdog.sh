#!/bin/bash
# watchdog.sh: process-watchdog and full-autonomy, on supervisors and runners that are killed and stopped.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/health/lib.sh
. "$(dirname "$0")/lib.sh"

# process ID KEY: a value of that row in the document in $out
process() {
    printf '%s\n' "$out" | awk -v id="\"id\": \"$1\"" -v key="\"$2\":" '/{$/ { value = found = "" }
        index($0, key) { value = $0; sub(/^[^:]*: /, "", value); gsub(/^"|"?,?$/, "", value) }
        index($0, id) { found = 1 }
        /^ *},?$/ && found { print value; exit }'
}
runner_pid() { cat "$(artifacts runner.pid)"; }
super_pid() { cat "$(artifacts supervisor.pid)"; }
is_gone() { ! kill -0 "$1" 2>/dev/null; }
other_runner() { [ -s "$(artifacts runner.pid)" ] && [ "$(runner_pid)" != "$1" ]; }
watch() { ox process-watchdog --strict; }
# patiently COMMAND...: with a grace that is enough on any machine, where something is to come up
patiently() { ORXAQ_AUTONOMY_PROCESS_STARTUP_GRACE_SEC=60 "$@"; }

case_is "43, 42, 46: a missing supervisor is started, and found well"
a_root <<<"$slow"
patiently watch
is "started" "$code" 0
is "supervisor" "$(process supervisor status)" restarted
is "supervisor pid" "$(process supervisor pid)" "$(super_pid)"
is "runner" "$(process runner status)" restarted
is "ok" "$(field ok)" true
until_true started there started
watch
is "both at work" "$code" 0
is "in order" "$(printf '%s\n' "$out" | sed -n 's/.*"id": "\(.*\)".*/\1/p' | tr '\n' ' ')" "supervisor runner "
is "supervisor" "$(process supervisor status)" healthy
is "runner" "$(process runner status)" healthy
is "runner pid" "$(process runner pid)" "$(runner_pid)"
is "cooldown" "$(field restart_cooldown_sec)" 30
is "grace" "$(field startup_grace_sec)" 8
is "history" "$(wc -l <"$(artifacts process_watchdog_history.ndjson)")" 4
has "a row" "$(tail -n 1 "$(artifacts process_watchdog_history.ndjson)")" '"process_id": "runner", "status": "healthy"'
has "state" "$(cat "$(artifacts process_watchdog_state.json)")" '"restart_successes": 1'
has "state" "$(cat "$(artifacts process_watchdog_state.json)")" '"last_pass_ok": true'
touch "$work/tmp/go"
until_true idle state_is idle
watch
is "finished" "$code" 0
is "runner" "$(process runner status)" healthy
has "why" "$(process runner detail)" "runner idle"
ox process-watchdog --text
has "text" "$out" "supervisor healthy (pid $(super_pid))"

case_name="45: too early to try again"
super=$(super_pid)
kill -KILL "$super"
until_true gone is_gone "$super"
watch
is "cooling" "$code" 1
is "supervisor" "$(process supervisor status)" down_cooldown
is "ok" "$(field ok)" false
ox process-watchdog
is "without --strict" "$code" 0
sed -i 's/"last_restart_at": "2[^"]*"/"last_restart_at": "2000-01-01T00:00:00+00:00"/' "$(artifacts process_watchdog_state.json)"
patiently watch
is "cooled down" "$code" 0
is "supervisor" "$(process supervisor status)" restarted
supervisor_ends

case_is "47: a runner that hangs is started anew, and only another pid counts"
a_root <<<"$slow"
# It stays until it is let go: then it hears that it is to end.
echo 'supervisor: {stop_timeout: 10m}' >>"$root/orxaq.yaml"
ox start
until_true started there started
before=$(runner_pid)
until_true heartbeat grep -q "\"pid\": $before" "$(artifacts heartbeat.json)"
kill -STOP "$before"
sed -i 's/"timestamp": "[^"]*"/"timestamp": "2000-01-01T00:00:00+00:00"/' "$(artifacts heartbeat.json)"
ORXAQ_AUTONOMY_PROCESS_STARTUP_GRACE_SEC=0 watch
is "not yet" "$code" 1
is "runner" "$(process runner status)" restart_failed
is "grace" "$(field startup_grace_sec)" 0
kill -CONT "$before"
until_true "another runner" other_runner "$before"
until_true ready state_is ready
watch
is "afterwards" "$code" 0
is "runner" "$(process runner status)" healthy
is "another pid" "$([ "$(process runner pid)" != "$before" ] && echo other)" other
touch "$work/tmp/go"
until_true idle state_is idle
supervisor_ends

case_is "what a person stopped stays stopped"
a_root <<<"$good"
ox start
ox stop primary
ox tasks add two --owner worker
watch
is "exit code" "$code" 1
is "supervisor" "$(process supervisor status)" healthy
is "runner" "$(process runner status)" down_no_restart
has "why" "$(process runner detail)" "is stopped"
is "still" "$(state_is stopped && echo stopped)" stopped
supervisor_ends

case_is "a state file that cannot be read; paths of the predecessor's variables; one pass at a time"
a_root <<<"$good"
mkdir -p "$root/elsewhere"
echo '{"checks_total": 7, "processes": {"supervisor": []' >"$root/elsewhere/state.json"
export ORXAQ_AUTONOMY_PROCESS_WATCHDOG_STATE_FILE=elsewhere/state.json
export ORXAQ_AUTONOMY_PROCESS_WATCHDOG_HISTORY_FILE=$root/elsewhere/history.ndjson
export ORXAQ_AUTONOMY_PROCESS_RESTART_COOLDOWN_SEC=-3
patiently watch
is "exit code" "$code" 0
has "said" "$err" "the watchdog counts anew"
is "cooldown" "$(field restart_cooldown_sec)" 0
is "history" "$(wc -l <"$root/elsewhere/history.ndjson")" 2
has "state" "$(cat "$root/elsewhere/state.json")" '"checks_total": 1'
super=$(super_pid)
until_true idle state_is idle
kill -STOP "$super"
# Two that ask again and again: each waits for the supervisor, so they meet sooner or later.
while [ ! -e "$work/met" ]; do "$orxaq" --root "$root" process-watchdog || true; done >/dev/null 2>&1 &
other=$!
turned_away() { ox process-watchdog && [ "$code" = 75 ]; }
until_true "a second pass is told" turned_away
has "said" "$err" "another pass of the watchdog is under way"
touch "$work/met"
wait $other || true
watch
is "a pass that has no answer" "$code" 1
has "a supervisor that does not answer is not doubled" "$out" "does not answer"
kill -CONT "$super"
supervisor_ends
unset ORXAQ_AUTONOMY_PROCESS_WATCHDOG_STATE_FILE ORXAQ_AUTONOMY_PROCESS_WATCHDOG_HISTORY_FILE \
    ORXAQ_AUTONOMY_PROCESS_RESTART_COOLDOWN_SEC

case_is "48: full autonomy, also of a queue that is finished"
a_root <<<"$good"
ox start
until_true idle state_is idle
ox full-autonomy --strict
is "exit code" "$code" 0
is "ok" "$(field ok)" true
is "phase" "$(printf '%s\n' "$out" | sed -n 's/^  "phase": "\(.*\)",/\1/p')" idle
is "keys" "$(printf '%s\n' "$out" | sed -n 's/^  "\([a-z_]*\)":.*/\1/p' | tr '\n' ' ')" "full_autonomy_report_file health ok phase preflight status timestamp watchdog "
is "the report is the document" "$(sed '/^ *"full_autonomy_report_file"/d' "$work/out")" "$(cat "$(artifacts full_autonomy_report.json)")"
echo mine >"$root/repo/mine.txt"
ox full-autonomy --strict
is "changes in the repository" "$code" 1
ox full-autonomy
is "without --strict" "$code" 0
is "and said" "$(printf '%s\n' "$out" | sed -n 's/^  "ok": \(.*\),/\1/p')" false
ox full-autonomy --strict --allow-dirty
is "allowed" "$code" 0
ox full-autonomy --text
has "text" "$out" "not everything that the tasks need is there"
has "text" "$out" "supervisor healthy"
supervisor_ends

finish_tests
