#!/bin/bash
# units.sh: lanes under a supervisor, from outside: starting, stopping, files, changes, exclusion, faults.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads and sets
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
# shellcheck source=tests/e2e/lane/lib.sh
. "$(dirname "$0")/lib.sh"

gone() { [ -z "$(unit "$1")" ]; }
said() { "$orxaq" --root "$root" logs supervisor | grep -q "$1"; }

case_is "35: ensure without a supervisor starts it and the lanes; idle lanes have no process"
lane_root <<<"$good"
lane_tasks left a b
lane_tasks right c
lanes "$(entry left)" "$(entry right)" "$(entry off '"enabled": false')"
ox --json lanes-ensure
is "ensure" "$code" 0
has "started" "$out" '"started_count": '
until_true "left idle" state_is left idle
until_true "right idle" state_is right idle
is "tasks" "$(lane_task left a) $(lane_task left b) $(lane_task right c)" "done done done"
is "commits" "$(commits_of left) $(commits_of right)" "2 1"
is "off" "$(unit_state off)" stopped
ox lanes-ensure
is "71: ensure again" "$code" 0
is "five keys" "$(printf %s "$out" | tr -d '\n ')" '{"ensured_count":0,"failed_count":0,"ok":true,"restarted_count":0,"started_count":0}'
ox --json lanes-ensure
has "71: why" "$out" '"reason": "completed_non_continuous"'
is "nothing twice" "$(starts_of left) $(starts_of right)" "1 1"
has "meta" "$(cat "$(lane_dir left)/lane.json")" '"lane_id": "left"'
has "meta: branch" "$(cat "$(lane_dir left)/lane.json")" '"shared": "orxaq/left"'
has "events" "$(cat "$(lane_dir left)/events.ndjson")" '"event_type": "started", "lane_id": "left"'
has "log" "$(cat "$(lane_dir left)/runner.log")" "supervisor: launching left"
has "logs" "$("$orxaq" --root "$root" logs left)" "supervisor: launching left"
hasnt "the other's log" "$("$orxaq" --root "$root" logs right)" "launching left"
[ ! -e "$(lane_dir left)/lane.pid" ] || fail "an idle lane has a pid file"
lane_tasks right c d
until_true "a new task of right" task_is right d done
is "and left has no part in it" "$(starts_of left) $(starts_of right)" "1 2"
until_true "right idle again" state_is right idle
ends
ox lanes-ensure
is "the next supervisor starts none of them" "$(unit_state left) $(unit_state right) $(starts_of left) $(starts_of right)" "idle idle 1 2"
ends
lane_tasks left a b e
ox lanes-ensure
until_true "what came meanwhile is done" task_is left e done
is "and right has no part in it" "$(starts_of left) $(starts_of right)" "2 2"
ends

case_is "a runner that is stopped (SIGSTOP) holds up no other lane, and can be stopped all the same"
lane_root <<<"$slow"
lane_tasks left a
lane_tasks right b
lanes "$(entry left)" "$(entry right)"
ox lanes-start
until_true began test -e "$work/tmp/a.began"
until_true began test -e "$work/tmp/b.began"
kill -STOP "$(cat "$(lane_dir left)/lane.pid")"
touch "$work/tmp/b.go"
until_true "right goes on" task_is right b done
sed -i 's/stop_timeout: 10s/stop_timeout: 1s/' "$root/orxaq.yaml"
ox lane-stop --lane left --no-wait
ox stop --now
is "stop" "$code" 0
until_true "nothing left" nobody

case_is "64 clients at once: each is answered, and each lane started once"
lane_root <<<"$slow"
for i in 1 2 3 4; do lane_tasks "l$i" "t$i"; done
lanes "$(entry l1)" "$(entry l2)" "$(entry l3)" "$(entry l4)"
ox lanes-ensure
pids=()
for i in $(seq 16); do
    "$orxaq" --root "$root" --json lanes-ensure >/dev/null 2>"$work/client.$i" &
    pids+=($!)
    "$orxaq" --root "$root" --json lanes-status >/dev/null 2>>"$work/client.$i" &
    pids+=($!)
    "$orxaq" --root "$root" --json units >/dev/null 2>>"$work/client.$i" &
    pids+=($!)
    "$orxaq" --root "$root" --json lanes-start >/dev/null 2>>"$work/client.$i" &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || fail "a client failed: $(cat "$work"/client.*)"; done
is "starts" "$(starts_of l1) $(starts_of l2) $(starts_of l3) $(starts_of l4)" "1 1 1 1"
touch "$work/tmp/go"
for i in 1 2 3 4; do until_true "l$i" task_is "l$i" "t$i" done; done
ends

case_is "70: many lanes-ensure at once start nothing twice"
lane_root <<<"$slow"
lane_tasks left a
lane_tasks right b
lanes "$(entry left)" "$(entry right)"
pids=()
for i in 1 2 3 4 5 6; do
    "$orxaq" --root "$root" --json lanes-ensure >"$work/ensure.$i" 2>&1 &
    pids+=($!)
done
for pid in "${pids[@]}"; do wait "$pid" || fail "an ensure failed: $(cat "$work"/ensure.*)"; done
is "starts" "$(starts_of left) $(starts_of right)" "1 1"
is "one says that it started them" "$(grep -c '"started_count": 2' "$work"/ensure.* | grep -c ':1$')" 1
is "the others that they run" "$(grep -c '"ensured_count": 2' "$work"/ensure.* | grep -c ':1$')" 5
until_true began test -e "$work/tmp/a.began"
until_true began test -e "$work/tmp/b.began"
is "agents" "$(agents)" 2
has "pid file" "$(pgrep -f "run --lane left" | tr '\n' ' ')" "$(cat "$(lane_dir left)/lane.pid")"

ox lanes-stop
is "66: stop" "$code" 0
has "stop says" "$out" '"stopped_count": 2'
is "66: flag" "$(cat "$(lane_dir left)/paused.flag")" manual
is "41: agents" "$(agents)" 0
is "kept" "$(git -C "$root/repo" branch --list 'orxaq/parked/*' | wc -l)" 2
ox --json lanes-ensure
is "66: ensure" "$code" 0
has "66: skips" "$out" '"reason": "manually_paused"'
is "still stopped" "$(unit_state left) $(unit_state right)" "stopped stopped"
ends
ox --json lanes-ensure
has "66: also under the next supervisor" "$out" '"reason": "manually_paused"'
touch "$work/tmp/go"
ox lane-start --lane LEFT
is "59: start one, in another case" "$code" 0
until_true "left idle" state_is left idle
is "right" "$(unit_state right)" stopped
[ ! -e "$(lane_dir left)/paused.flag" ] || fail "the flag is still there"
ox lanes-start
is "start all" "$code" 0
until_true "right idle" state_is right idle
is "tasks" "$(lane_task left a) $(lane_task right b)" "done done"
is "once" "$(commits_of left) $(commits_of right)" "1 1"
ends

case_is "63: a lane that somebody runs by hand is not started beside it; 65: stopping ends that one, too"
lane_root <<<"$slow"
lane_tasks left a b
lane_tasks right c
lanes "$(entry left)" "$(entry right)"
"$orxaq" --root "$root" run --lane left >"$work/by_hand" 2>&1 &
hand=$!
until_true "a began" test -e "$work/tmp/a.began"
ox --json lanes-ensure
is "63: ensure" "$code" 0
has "63: ensured" "$(tr -d '\n ' <<<"$out")" "\"ensured\":[{\"id\":\"left\",\"owner\":\"worker\",\"pid\":$hand,\"reason\":\"already_running\""
has "63: the other one is started" "$out" '"started_count": 1'
is "63: nothing is spawned" "$(unit_state left) $(starts_of left)" "idle 0"
has "63: and says why" "$(unit left)" "process $hand runs it already"
ox --json lane-start --lane left
is "63: start" "$code" 0
has "63: start says" "$out" '"reason": "already_running"'
ox --json lane-status --lane left
has "63: its row" "$out" '"running": true'
has "63: its row" "$out" "\"pid\": $hand,"
is "63: the lane's pid" "$(cat "$(lane_dir left)/lane.pid") $(sed -n 's/.*"pid": \([0-9]*\).*/\1/p' "$(lane_dir left)/runner.lock")" "$hand $hand"
until_true "c began" test -e "$work/tmp/c.began"
ox --json lanes-stop
is "65: stop" "$code" 0
has "65: both" "$out" '"stopped_count": 2'
code=0
wait "$hand" || code=$?
is "65: the one by hand ended as when it is asked to" "$code" 143
is "65: and its agent with it" "$(agents)" 0
is "65: what it had is kept" "$(git -C "$root/repo" branch --list 'orxaq/parked/*' | wc -l)" 2
ends
"$orxaq" --root "$root" run --lane left >"$work/by_hand" 2>&1 &
hand=$!
rm "$work/tmp"/*
until_true "it works on" test -e "$work/tmp/a.began"
ox lane-stop --lane left
is "65: without a supervisor" "$code" 0
wait "$hand" || code=$?
is "65: it ended" "$code" 143
is "flag" "$(cat "$(lane_dir left)/paused.flag")" manual
"$orxaq" --root "$root" run --lane left >"$work/by_hand" 2>&1 &
hand=$!
rm "$work/tmp"/*
until_true "by hand it runs all the same" test -e "$work/tmp/a.began"
ox lane-start --lane left
touch "$work/tmp/a.go"
until_true "b began" test -e "$work/tmp/b.began"
is "63: still by hand" "$(unit_state left)" idle
kill "$hand"
wait "$hand" || true
until_true "63: when it ended the supervisor goes on" state_is left ready
touch "$work/tmp/go"
until_true "b is done" task_is left b done
is "once each" "$(commits_of left)" 2
ends

case_is "58, 60: a wrong lane shows, and stops nobody"
lane_root <<<"$good"
lane_tasks left a
lanes "$(entry left)" '{"id": "odd", "owner": "nobody"}' '{"id": "../../evil", "owner": "worker"}'
ox lanes-start
is "58: exit" "$code" 1
has "58: errors" "$out" '"config_error_count": 2'
has "58: source" "$out" '"source": "lane_config"'
has "58: ok" "$out" '"ok": false'
until_true "left works all the same" task_is left a done
ox lane-start --lane odd
is "a wrong one" "$code" 1
has "a wrong one says" "$out" 'unknown owner'
ox lane-start --lane nope
is "59: unknown" "$code" 1
has "59: unknown says" "$err" "Unknown lane id 'nope'"
ox lane-start
is "lane-start without a lane" "$code" 2
[ ! -e "$root/artifacts/evil" ] || fail "an id left the folder of the lanes"
ends

case_is "64: a lane that dies at once is reported with its log; 125 is final; others go on"
lane_root <<<"$good"
lane_tasks left a
lane_tasks sick b
lanes "$(entry left)" "$(entry sick)"
echo '{not json' >"$root/config/lanes/sick.json"
sed -i 's/restart: {delay: 1s, jitter: none}/restart: {delay: 1h, jitter: none}/' "$root/orxaq.yaml"
ox lane-start --lane sick
is "64: exit" "$code" 1
has "64: says" "$out" "exited immediately"
has "64: log" "$out" '"log_tail"'
has "64: why" "$out" "config/lanes/sick.json"
until_true "64: event" grep -q '"event_type": "start_failed"' "$(lane_dir sick)/events.ndjson"
until_true "left" task_is left a done
is "sick waits" "$(unit_state sick)" backoff
ends

case_is "claims: of two that overlap one runs, the other says why; dependencies wait"
lane_root <<<'mkdir -p src; echo x >"src/$task.txt"; echo >"$TMPDIR/$task.began"; while [ ! -e "$TMPDIR/go" ]; do sleep 0.05; done; finish done'
lane_tasks left a
lane_tasks right b
lane_tasks late c
lanes "$(entry left '"exclusive_paths": ["src"]')" "$(entry right '"exclusive_paths": ["src/*.txt"], "priority": 200')" "$(entry late '"exclusive_paths": ["src"], "depends_on": ["left"]')"
ox --json lanes-start
is "start" "$code" 0
has "claim" "$out" '"reason": "claim_conflict"'
has "dependency" "$out" '"reason": "waits_for_lane"'
is "states" "$(unit_state left) $(unit_state right) $(unit_state late)" "ready idle idle"
has "units say why" "$("$orxaq" --root "$root" units)" 'overlaps with "src" of lane left'
until_true began test -e "$work/tmp/a.began"
is "one agent" "$(agents)" 1
touch "$work/tmp/go"
until_true "left is done" task_is left a done
until_true "late began when left was done" task_is late c done
is "right never ran" "$(starts_of right)" 0
lanes "$(entry left '"exclusive_paths": ["docs"]')" "$(entry right '"exclusive_paths": ["src/*.txt"], "priority": 200')" "$(entry late '"exclusive_paths": ["docs"], "depends_on": ["left"]')"
until_true "right runs once the claims are apart" task_is right b done
ends

case_is "A29: what a lane did is told to those that depend on it, and to the other role"
lane_root <<<'printf %s "$prompt" >"$TMPDIR/$task.prompt"; echo good >"$task.txt"; finish done'
for owner in codex gemini; do
    sed "/^  worker:/,\$!d; s/^  worker:/  $owner:/" "$root/orxaq.yaml" | sed '/^[a-z]/,$d' >"$work/provider"
    sed -i "/^providers:/r $work/provider" "$root/orxaq.yaml"
done
for lane in build docs check more aside; do lane_tasks "$lane" "$lane-it"; done
owned() { sed -i "s/\"owner\": \"worker\"/\"owner\": \"$1\"/" "$root/config/lanes/$2.json"; entry "$2" "${3:-}" | sed "s/\"owner\": \"worker\"/\"owner\": \"$1\"/"; }
lanes "$(owned codex build)" "$(owned worker docs)" "$(owned gemini check '"depends_on": ["build", "docs"]')" "$(owned worker more '"depends_on": ["build", "docs"]')" "$(owned worker aside '"depends_on": ["docs"]')"
ox lanes-start
is "start" "$code" 0
for lane in build docs check more aside; do until_true "$lane" task_is "$lane" "$lane-it" done; done
told() { sed -n '/^# Handoff/,/^# Task/p' "$work/tmp/$1-it.prompt"; }
has "the lane of another owner" "$(told more)" "build-it (codex, done)"
has "what it said" "$(told more)" "summary: build-it by agent"
has "the commit" "$(told more)" "commit: $(git -C "$root/repo" rev-parse orxaq/build)"
has "a lane of the same owner" "$(told more)" "docs-it (worker, done)"
is "a lane and the other role at once: once" "$(told check | grep -c 'build-it (codex, done)')" 1
has "both lanes" "$(told check)" "docs-it (worker, done)"
hasnt "what it does not depend on" "$(told aside)" "build-it"
hasnt "the first of them" "$(cat "$work/tmp/docs-it.prompt")" "-it (worker"
ends

case_is "a change counts at the next task; what leaves the file ends; a broken file changes nothing"
lane_root <<<'echo "$WORD" >"$task.txt"; echo >"$TMPDIR/$task.began"; while [ ! -e "$TMPDIR/$task.go" ] && [ ! -e "$TMPDIR/go" ]; do sleep 0.05; done; finish done'
lane_tasks left a b
lane_tasks right c
lanes "$(entry left '"env": {"WORD": "old"}')" "$(entry right '"env": {"WORD": "old"}')"
ox lanes-start
until_true began test -e "$work/tmp/a.began"
until_true began test -e "$work/tmp/c.began"
pid=$(cat "$(lane_dir right)/lane.pid")
lanes "$(entry left '"env": {"WORD": "new"}')" "$(entry right '"env": {"WORD": "old"}')"
until_true draining state_is left draining
touch "$work/tmp/a.go"
until_true "b began" test -e "$work/tmp/b.began"
touch "$work/tmp/b.go"
until_true "left idle" state_is left idle
is "old, then new" "$(git -C "$root/repo" show orxaq/left:a.txt) $(git -C "$root/repo" show orxaq/left:b.txt)" "old new"
is "each once" "$(commits_of left)" 2
is "right was left alone" "$(cat "$(lane_dir right)/lane.pid")" "$pid"
echo '[{' >"$root/config/lanes.json"
ox lanes-ensure
is "ensure with a broken file" "$code" 1
is "right goes on" "$(cat "$(lane_dir right)/lane.pid")" "$pid"
until_true "the supervisor says so" said "config/lanes.json: lanes_file"
lanes "$(entry left '"env": {"WORD": "new"}')"
until_true "right ends" state_is right draining
touch "$work/tmp/go"
until_true "right is gone" gone right
until_true "right's pid file" test ! -e "$(lane_dir right)/lane.pid"
is "its work is done" "$(git -C "$root/repo" show orxaq/right:c.txt)" old
ends

case_is "72: another program counts at the next task"
mkdir -p "$work/build/bin"
for entry in "$build"/*; do [ "${entry##*/}" = bin ] || ln -s "$entry" "$work/build/"; done
cp "$build"/bin/* "$work/build/bin/"
own=$orxaq
orxaq=$work/build/bin/orxaq
lane_root <<<"$slow"
lane_tasks left a b
lanes "$(entry left)"
ox lanes-start
until_true "a began" test -e "$work/tmp/a.began"
pid=$(cat "$(lane_dir left)/lane.pid")
cp "$own" "$work/build/bin/new"
mv "$work/build/bin/new" "$orxaq"
until_true "it ends after its task" state_is left draining
is "which goes on" "$(cat "$(lane_dir left)/lane.pid")" "$pid"
touch "$work/tmp/a.go"
until_true "b began" test -e "$work/tmp/b.began"
[ "$(cat "$(lane_dir left)/lane.pid")" != "$pid" ] || fail "b is done by the old program"
touch "$work/tmp/go"
until_true "b is done" task_is left b done
is "each once" "$(commits_of left) $(starts_of left)" "2 2"
ends
orxaq=$own

case_is "pause, resume, drain; a disabled lane runs only when it is named"
lane_root <<<"$slow"
lane_tasks left a b
lane_tasks off c
lanes "$(entry left)" "$(entry off '"enabled": false')"
ox lanes-start
until_true began test -e "$work/tmp/a.began"
ox lane-pause --lane left --no-wait
is "draining" "$(unit_state left)" draining
touch "$work/tmp/a.go"
until_true paused state_is left paused
is "tasks" "$(lane_task left a) $(lane_task left b)" "done pending"
is "flag" "$(cat "$(lane_dir left)/paused.flag")" manual
ox lane-resume --lane left --no-wait
until_true "b began" test -e "$work/tmp/b.began"
ox lane-drain --lane left --no-wait
touch "$work/tmp/b.go"
until_true drained state_is left stopped
is "tasks" "$(lane_task left b)" done
ox --json lane-ensure --lane off
has "67: disabled" "$out" '"reason": "disabled"'
ox lane-stop --lane off
is "67: exit" "$code" 0
has "67: disabled and idle" "$out" '"reason": "disabled"'
ox lane-start --lane off --no-wait
until_true "off began" test -e "$work/tmp/c.began"
ox lane-stop --lane off
has "67: disabled and running" "$out" '"stopped_count": 1'
[ ! -e "$(lane_dir off)/paused.flag" ] || fail "67: a disabled lane has a flag"
ends

case_is "a predecessor's flag holds; a stop without a supervisor is remembered"
lane_root <<<"$good"
lane_tasks left a
lane_tasks right b
lanes "$(entry left)" "$(entry right)"
mkdir -p "$(lane_dir left)"
echo manual >"$(lane_dir left)/paused.flag"
ox lane-stop --lane right
is "stop without a supervisor" "$code" 0
ox --json lanes-ensure
is "skipped" "$(printf %s "$out" | grep -c manually_paused)" 2
is "states" "$(unit_state left) $(unit_state right)" "paused stopped"
ox lanes-start
until_true left task_is left a done
until_true right task_is right b done
ends

case_is "kill -9 of the supervisor, a runner, an orxaq-exec: each task is done once, nothing is doubled or left"
lane_root <<<"$slow"
lane_tasks left a
lane_tasks right b
lanes "$(entry left)" "$(entry right)"
for victim in supervisor runner exec; do
    ox lanes-ensure
    until_true "began" test -e "$work/tmp/a.began"
    until_true "began" test -e "$work/tmp/b.began"
    rm "$work/tmp"/*.began
    case $victim in
    supervisor) kill -KILL "$(cat "$root/artifacts/autonomy/supervisor.pid")" ;;
    runner) kill -KILL "$(cat "$(lane_dir left)/lane.pid")" "$(cat "$(lane_dir right)/lane.pid")" ;;
    exec) kill -KILL "$(ps -o ppid= -p "$(cat "$(lane_dir left)/lane.pid")" | tr -d ' ')" "$(ps -o ppid= -p "$(cat "$(lane_dir right)/lane.pid")" | tr -d ' ')" ;;
    esac
done
ox lanes-ensure
until_true "began again" test -e "$work/tmp/a.began"
until_true "began again" test -e "$work/tmp/b.began"
is "agents" "$(agents)" 2
touch "$work/tmp/go"
until_true left task_is left a done
until_true right task_is right b done
is "once" "$(commits_of left) $(commits_of right)" "1 1"
ends
cp "$(lane_dir left)/events.ndjson" "$work/events"
rm "$(lane_dir left)/events.ndjson"
ox project rebuild
is "rebuild" "$code" 0
is "events of the lanes can be written anew" "$(cat "$(lane_dir left)/events.ndjson")" "$(cat "$work/events")"
is "events of the lanes are whole lines" "$(grep -vc '^{.*}$' "$(lane_dir left)/events.ndjson" || true)" 0
is "and in the order of the journal" "$(sed -n 's/.*"seq": \([0-9]*\).*/\1/p' "$(lane_dir left)/events.ndjson" | sort -nuc 2>&1)" ""

finish_tests
