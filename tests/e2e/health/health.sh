#!/bin/bash
# health.sh: status and health of roots that are empty, at work, finished, stale, stopped, damaged.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/health/lib.sh
. "$(dirname "$0")/lib.sh"

keys() { printf '%s\n' "$out" | sed -n 's/^  "\([a-z_]*\)":.*/\1/p' | tr '\n' ' '; }

case_is "38: an empty root: nothing is known, and that is said"
mkdir -p "$root"
ox status
is "status" "$code" 0
is "status keys" "$(keys)" "heartbeat_age_sec heartbeat_stale_threshold_sec log_file runner_pid runner_running state_file supervisor_pid supervisor_running "
is "age" "$(field heartbeat_age_sec)" -1
is "threshold" "$(field heartbeat_stale_threshold_sec)" 300
is "runner pid" "$(field runner_pid)" null
is "supervisor pid" "$(field supervisor_pid)" null
is "nothing is made by looking" "$(find "$root" -mindepth 1)" ""
ox status --text
is "text" "$code" 0
has "text" "$out" "tasks      unknown: nothing was run here"
ox status --strict
is "strict" "$code" 1
ox health
is "health" "$code" 0
is "health keys" "$(keys)" "blocked_tasks findings health_file heartbeat_stale ok state_counts status timestamp "
is "ok" "$(field ok)" false
is "file" "$(field health_file)" "\"$(artifacts health.json)\""
is "absent" "$(finding supervisor.absent)" fail
is "no journal" "$(finding journal.absent)" note
is "the file is the document" "$(sed '/^ *"health_file"/d' "$work/out")" "$(cat "$(artifacts health.json)")"

case_is "a root at work, then one that is finished"
a_root <<<"$slow"
ox start
until_true started there started
ox status
is "supervisor" "$(field supervisor_running)" true
is "supervisor pid" "$(field supervisor_pid)" "$(cat "$(artifacts supervisor.pid)")"
is "runner" "$(field runner_running)" true
is "runner pid" "$(field runner_pid)" "$(cat "$(artifacts runner.pid)")"
ox health --strict
is "health" "$code" 0
is "ok" "$(field ok)" true
is "in progress" "$(field in_progress)" 1
is "stale" "$(field heartbeat_stale)" false
is "runner is well" "$(finding unit.ok)" note
ox status --text
has "text" "$out" "supervisor running (pid $(cat "$(artifacts supervisor.pid)"))"
has "text" "$out" "runner     running (pid $(cat "$(artifacts runner.pid)"))"
has "text" "$out" "1 in progress"
has "the log belongs to it" "$out" "--- logs ---"
touch "$work/tmp/go"
until_true idle state_is idle
ox health --strict
is "finished" "$code" 0
is "ok" "$(field ok)" true
is "idle is no failure" "$(finding unit.idle)" note
is "done" "$(field done)" 1
ox health --text
has "text" "$out" "ok"
has "text" "$out" "runner     idle"

case_name="stopped, paused, and without a supervisor"
ox stop primary
ox health --strict
is "stopped with nothing left to do" "$code" 0
ox tasks add two --owner worker
ox health --strict
is "stopped" "$code" 1
is "stopped" "$(finding unit.stopped)" fail
has "what to do" "$out" '`orxaq start primary`'
ox pause primary
ox health --strict
is "paused" "$code" 0
is "paused" "$(finding unit.paused)" warn
ox status --text
has "said" "$out" "held back by the operator"
supervisor_ends
ox status
is "supervisor" "$(field supervisor_running)" false
ox health
is "nobody knows of the unit" "$(finding unit.stopped)" ""
is "absent" "$(finding supervisor.absent)" fail

case_is "a supervisor that does not answer"
a_root <<<"$good"
ox start
until_true idle state_is idle
super=$(cat "$(artifacts supervisor.pid)")
kill -STOP "$super"
ox health
is "exit" "$code" 0
is "silent" "$(finding supervisor.silent)" fail
ox status --text
has "text" "$out" "does not answer"
kill -CONT "$super"
supervisor_ends

case_is "91: a runner that shows no progress is stale; what another process wrote is not its heartbeat"
a_root <<<"$slow"
"$orxaq" --root "$root" --quiet run >/dev/null 2>&1 &
runner=$!
until_true started there started
until_true heartbeat grep -q "\"pid\": $runner" "$(artifacts heartbeat.json)"
kill -STOP $runner
sed -i 's/"timestamp": "[^"]*"/"timestamp": "2000-01-01T00:00:00+00:00"/' "$(artifacts heartbeat.json)"
ox status
is "runner" "$(field runner_running)" true
is "runner pid" "$(field runner_pid)" $runner
[ "$(field heartbeat_age_sec)" -gt 300 ] || fail "the heartbeat is $(field heartbeat_age_sec) s old"
ox health --strict
is "stale" "$code" 1
is "stale" "$(field heartbeat_stale)" true
is "stale" "$(finding unit.stale)" fail
sed -i "s/\"pid\": $runner/\"pid\": 1/" "$(artifacts heartbeat.json)"
ox health
is "not its own" "$(field heartbeat_stale)" false
is "not its own" "$(finding unit.unknown)" warn
sed -i "s/2000-01-01/2200-01-01/" "$(artifacts heartbeat.json)"
ox health
is "from the future" "$(finding clock.jumped)" warn
kill -CONT $runner
touch "$work/tmp/go"
wait $runner || fail "the run: $?"
ox status
is "afterwards" "$(field runner_running)" false

case_is "a task that is blocked, and one that was cut off"
a_root <<<'case $task in stuck) finish blocked "no idea" ;; *) echo >"$TMPDIR/started"; sleep 600 ;; esac'
sed -i 's/max_attempts: 2/max_attempts: 1/' "$root/orxaq.yaml"
tasks stuck
ox run
is "run" "$code" 4
ox health
is "blocked" "$(finding tasks.blocked)" warn
is "blocked" "$(field blocked)" 1
has "named" "$out" '"stuck"'
has "what to do" "$out" 'orxaq tasks show stuck'
tasks other
"$orxaq" --root "$root" --quiet run >/dev/null 2>&1 &
runner=$!
until_true started there started
kill -KILL $runner
wait $runner 2>/dev/null || true
ox health
is "cut off" "$(finding unit.interrupted)" fail

case_is "39: what was logged before the newest launch is old news"
a_root <<<"$good"
mkdir -p "$(artifacts '')"
{
    echo "Traceback (most recent call last)"
    echo "[2026-01-01T00:00:00+00:00] supervisor: launching runner"
    seq 60
} >"$(artifacts runner.log)"
ox status --text
hasnt "old" "$out" "Traceback"
is "lines" "$(printf '%s\n' "$out" | sed '1,/--- logs ---/d' | wc -l)" 40
has "the newest" "$out" "60"
ox status
hasnt "one document" "$out" "logs ---"
head -c 300000 /dev/zero | tr '\0' 'x' >"$(artifacts runner.log)"
ox status --text
is "a line without an end" "$code" 0

case_is "a journal that cannot be read"
a_root <<<"$good"
ox run
printf 'garbage' | dd of="$root/state/orxaq.db" conv=notrunc status=none
ox status
is "facts are missing" "$code" 1
is "what is known" "$(field runner_running)" false
has "said" "$err" "orxaq.db"
ox health
is "facts are missing" "$code" 1
is "ok" "$(field ok)" false
is "unreadable" "$(finding journal.unreadable)" fail
is "unknown" "$(field unknown)" 1
ox status --text
is "facts are missing" "$code" 1
has "text" "$out" "tasks      unknown: the journal cannot be read"
has "what to do" "$out" "orxaq project recover"

case_is "a lane that somebody runs by hand"
a_root <<<"$slow"
mkdir -p "$root/config/lanes"
cp "$root/config/tasks.json" "$root/config/lanes/text.json"
echo '[{"id": "text", "owner": "worker", "tasks_file": "config/lanes/text.json"}]' >"$root/config/lanes.json"
"$orxaq" --root "$root" --quiet run --lane text >/dev/null 2>&1 &
runner=$!
until_true started there started
ox status --text
has "text" "$out" "units      1 beside it: 1 running, 1 fine"
ox health
has "named" "$out" '"subject": "text"'
touch "$work/tmp/go"
wait $runner || fail "the lane: $?"

case_is "lanes under a supervisor: done, off, kept from starting, stopped, impossible"
a_root <<<"$good"
mkdir -p "$root/config/lanes"
cp "$root/config/tasks.json" "$root/config/lanes/text.json"
cat >"$root/config/lanes.json" <<'JSON'
[{"id": "text", "owner": "worker", "tasks_file": "config/lanes/text.json"},
 {"id": "off", "enabled": false, "owner": "worker", "tasks_file": "config/lanes/text.json"},
 {"id": "kept", "owner": "worker", "tasks_file": "config/lanes/none.json"}]
JSON
ox start
until_true idle state_is idle
until_true "text is idle" state_is idle text
ox health --strict
is "all is as it should be" "$code" 0
is "off" "$(finding unit.off)" note
is "kept" "$(finding unit.waits)" warn
has "why" "$out" "lane kept is not started: there is no tasks file"
ox lanes-stop
ox health --strict
is "stopped by somebody" "$code" 0
is "stopped by somebody" "$(finding unit.paused)" warn
sed -i 's/^\[/[{"id": "bad", "owner": "nobody"},/' "$root/config/lanes.json"
ox health --strict
is "one that cannot be loaded" "$code" 1
is "one that cannot be loaded" "$(finding unit.error)" fail
has "why" "$out" 'unknown owner'
supervisor_ends
ox health
is "off, also without a supervisor" "$(finding unit.off)" note

case_is "those who ask at once do not take each other for a supervisor or a runner"
a_root <<<"$good"
ox run
for i in $(seq 24); do "$orxaq" --root "$root" status >"$work/at-once-$i" & done
wait
is "nobody" "$(cat "$work"/at-once-* | grep -c '_running": true')" 0
is "all answered" "$(cat "$work"/at-once-* | grep -c '_running": false')" 48

finish_tests
