#!/bin/bash
# supervise.sh: the resident supervisor and its clients, with real processes that are killed.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$work/tmp" "$work/home"
export ORX_SUPERVISE_MARK=$$
export TMPDIR=$work/tmp HOME=$work/home

marked() { grep -lz "^ORX_SUPERVISE_MARK=$$\$" /proc/[0-9]*/environ 2>/dev/null | grep -v -e "/$$/" -e "/$BASHPID/" || true; }
# Those that orxaq started: this script's own children carry the mark, too.
ours() {
    local file
    for file in $(marked); do
        tr '\0' ' ' <"${file%/environ}/cmdline" 2>/dev/null | grep -q "orxaq\|$root" && echo "${file%/environ}"
    done
    true
}

state() { "$orxaq" --root "$root" --json units | sed -n 's/.*"name":"primary","kind":"runner","state":"\([a-z]*\)".*/\1/p'; }
state_is() { [ "$(state)" = "$1" ]; }
nobody() { [ -z "$(ours)" ]; }
runner_pid() { cat "$root/artifacts/autonomy/runner.pid"; }
task_is() { [ "$(status_of "$1")" = "$2" ]; }
commits() { git -C "$root/repo" rev-list --count HEAD; }

super_root() {
    make_root
    cat >>"$root/orxaq.yaml" <<YAML
env_pass: [ORX_SUPERVISE_MARK]
restart: {delay: 1s, jitter: none}
supervisor: {stop_timeout: 10s}
YAML
    rm -f "$work/tmp"/*
    tasks one
}

# ends: the supervisor goes, and nothing of it stays
ends() {
    ox stop
    is "stop" "$code" 0
    until_true "nothing left" nobody
    is "pid files" "$(cd "$root/artifacts/autonomy" && ls supervisor.pid runner.pid 2>/dev/null)" ""
    "$orxaq" --root "$root" events --verify >/dev/null 2>&1 || fail "the journal is damaged"
}

good='echo good >"$task.txt"; finish done'
slow='echo good >"$task.txt"; echo >"$TMPDIR/started"; while [ ! -e "$TMPDIR/go" ]; do sleep 0.05; done; finish done'

case_is "24, 34, 37: start, start again, work, idle, stop"
super_root <<<"$good"
ox units
is "units without anything" "$code" 0
ox start
is "start" "$code" 0
has "start says" "$err" "was started (pid "
pid=$(cat "$root/artifacts/autonomy/supervisor.pid")
has "the same pid" "$err" "(pid $pid)"
ox start
is "start again" "$code" 0
has "start again says" "$err" "is at work (pid $pid)"
ox ensure
has "ensure says" "$err" "is at work (pid $pid)"
ox supervise
is "a second supervisor" "$code" 0
has "a second supervisor says" "$err" "at work on"
until_true idle state_is idle
is "nobody was started a second time" "$("$orxaq" --root "$root" events | grep -c "supervisor.started")" 1
is "task" "$(status_of one)" done
is "mode of the socket" "$(stat -c %a "$root/state/supervisor.sock")" 600
ox --json status
has "status" "$out" '"supervisor_running": true'
has "status pid" "$out" "\"supervisor_pid\": $pid"
ox units
has "units" "$out" "nothing to do"
ox tasks add two --owner worker
until_true "the new task" task_is two done
until_true "idle again" state_is idle
is "nothing twice" "$(commits)" 3
ox logs
has "log" "$out" "supervisor: launching runner"
hasnt "tail" "$("$orxaq" --root "$root" logs --last 2)" "supervisor: launching runner"
is "lines" "$("$orxaq" --root "$root" logs --last 2 | wc -l)" 2
is "nothing is that new" "$("$orxaq" --root "$root" logs --since 2200-01-01)" ""
has "since" "$("$orxaq" --root "$root" logs --since 1h)" "supervisor: launching runner"
has "its own log" "$("$orxaq" --root "$root" logs supervisor)" "primary: stopped -> starting"
ox logs nobody
is "a unit that is none" "$code" 1
ox logs --since yesterday
is "a time that is none" "$code" 2
ox stop nobody
is "stop a unit that is none" "$code" 1
has "stop a unit that is none" "$err" "there are: primary"
ends
ox --json units
has "afterwards" "$out" '"supervisor_running":false'
has "afterwards" "$out" '"state":"unknown"'
has "afterwards" "$out" '"last_state":"idle"'
ox stop
is "stop without any" "$code" 0
"$orxaq" --root "$root" events | grep -q supervisor.stopped || fail "no event of the end"

case_is "41: a stopped unit stays stopped, and nothing of its agent is left"
super_root <<<'echo good >"$task.txt"; (trap "" TERM INT HUP; setsid sleep 600 & sleep 600) & trap "" TERM INT HUP; echo >"$TMPDIR/started"; while :; do sleep 600; done'
ox start
until_true started test -e "$work/tmp/started"
is "state" "$(state)" ready
ox stop primary
is "stop" "$code" 0
has "stop says" "$out" "primary is stopped"
is "agents" "$(marked | xargs -r -n1 dirname | xargs -r -I{} cat {}/comm 2>/dev/null | grep -c sleep)" 0
is "kept" "$(git -C "$root/repo" show orxaq/parked/1:one.txt)" good
ends
ox start
is "still" "$(state)" stopped
ends

case_is "a runner that is killed is started again and does the task once"
super_root <<<"$slow"
ox start
until_true started test -e "$work/tmp/started"
rm "$work/tmp/started"
kill -KILL "$(runner_pid)"
until_true "started again" test -e "$work/tmp/started"
touch "$work/tmp/go"
until_true idle state_is idle
is "task" "$(status_of one)" done
is "once" "$(commits)" 2
has "units" "$("$orxaq" --root "$root" --json units)" '"starts":2'
ends

case_is "a supervisor that is killed takes everything along; the next one does the task once"
super_root <<<"$slow"
ox start
until_true started test -e "$work/tmp/started"
rm "$work/tmp/started"
kill -KILL "$(cat "$root/artifacts/autonomy/supervisor.pid")"
ox --json units
has "unknown" "$out" '"state":"unknown"'
ox start
is "start" "$code" 0
until_true "started again" test -e "$work/tmp/started"
is "one agent" "$(agents)" 1
touch "$work/tmp/go"
until_true idle state_is idle
is "once" "$(commits)" 2
ends

case_is "orxaq-exec of the runner is killed: nothing is left behind, nothing doubled"
super_root <<<"$slow"
ox start
until_true started test -e "$work/tmp/started"
rm "$work/tmp/started"
kill -KILL "$(ps -o ppid= -p "$(runner_pid)" | tr -d ' ')"
until_true "started again" test -e "$work/tmp/started"
is "one agent" "$(agents)" 1
touch "$work/tmp/go"
until_true idle state_is idle
is "once" "$(commits)" 2
ends

case_is "8, 27: the environment of who calls beats the env file, in every child; global flags come first"
super_root <<<'echo "$LANG" >"$task.txt"; echo >"$TMPDIR/started"; while [ ! -e "$TMPDIR/go" ]; do sleep 0.05; done; finish done'
cat >"$root/other.env" <<ENV
LANG=of-the-file
ORXAQ_AUTONOMY_VALIDATE_COMMANDS=./nosuch
ENV
LANG=of-the-caller ORXAQ_AUTONOMY_VALIDATE_COMMANDS=./check "$orxaq" --root "$root" --env-file "$root/other.env" start 2>/dev/null || fail "start"
until_true started test -e "$work/tmp/started"
words_of() { tr '\0' ' ' <"/proc/$1/cmdline"; }
is "words of the supervisor" "$(words_of "$(cat "$root/artifacts/autonomy/supervisor.pid")")" "$orxaq --root $root --env-file $root/other.env supervise "
is "words of the runner" "$(words_of "$(runner_pid)")" "$orxaq --root $root --env-file $root/other.env run "
touch "$work/tmp/go"
until_true idle state_is idle
is "the runner's" "$(status_of one)" done
is "the agent's" "$(git -C "$root/repo" show HEAD:one.txt)" of-the-caller
ends

case_is "23: a runner that fails and then ends well"
super_root <<<"$good"
mv "$root/config/tasks.json" "$root/config/away"
"$orxaq" --root "$root" supervise 2>"$work/super" &
super=$!
until_true "it failed" state_is backoff
has "why" "$("$orxaq" --root "$root" --json units)" '"last_exit":"exit 1"'
mv "$root/config/away" "$root/config/tasks.json"
until_true idle state_is idle
is "launches" "$(grep -c "supervisor: launching runner" "$root/artifacts/autonomy/runner.log")" 2
is "task" "$(status_of one)" done
is "runner" "$("$orxaq" --root "$root" --json units | grep -c '"last_exit":"exit 0"')" 1
ends
wait $super && code=0 || code=$?
is "exit code" "$code" 0
"$orxaq" --root "$root" supervise 2>"$work/super" &
super=$!
until_true "its lock is free" state_is idle
ends
wait $super || fail "the second supervisor"

case_is "pause lets the task be finished, also across supervisors; resume goes on"
super_root <<<"$slow"
tasks one two
ox start
until_true started test -e "$work/tmp/started"
ox pause primary --no-wait
is "draining" "$(state)" draining
touch "$work/tmp/go"
until_true paused state_is paused
is "tasks" "$(status_of one) $(status_of two)" "done pending"
ends
ox start
is "still" "$(state)" paused
ox resume primary
until_true idle state_is idle
is "tasks" "$(status_of one) $(status_of two)" "done done"
ends

case_is "31: TERM ends it in good order, a second one at once"
super_root <<<"$slow"
"$orxaq" --root "$root" supervise >"$work/super" 2>&1 &
super=$!
until_true started test -e "$work/tmp/started"
kill -TERM $super
wait $super && code=0 || code=$?
is "exit code" "$code" 0
until_true "nothing left" nobody
is "pid files" "$(cd "$root/artifacts/autonomy" && ls supervisor.pid runner.pid 2>/dev/null)" ""
is "kept" "$(git -C "$root/repo" show orxaq/parked/1:one.txt)" good
has "told" "$(cat "$work/super")" "a second signal kills them"
sed -i 's/grace: 300ms/grace: 1h/; s/stop_timeout: 10s/stop_timeout: 1h/' "$root/orxaq.yaml"
printf '#!/bin/sh\ncat >/dev/null; trap "" TERM INT; echo >"$TMPDIR/deaf"; while :; do sleep 600; done\n' >"$root/agent"
"$orxaq" --root "$root" supervise >"$work/super" 2>&1 &
super=$!
until_true deaf test -e "$work/tmp/deaf"
kill -TERM $super
until_true told grep -q "a second signal" "$work/super"
kill -TERM $super
wait $super && code=0 || code=$?
is "exit code" "$code" 0
until_true "nothing left" nobody

case_is "a runner that cannot work is given up, and says why"
super_root <<<"$good"
sed -i 's/restart: {delay: 1s, jitter: none}/restart: {delay: 1s, jitter: none, crash_limit: 2}/' "$root/orxaq.yaml"
rm "$root/config/tasks.json"
ox start
until_true fatal state_is fatal
ox units
has "units" "$out" "crash loop (exit 1)"
has "log" "$("$orxaq" --root "$root" logs)" "tasks.json"
tasks one
ox start primary
is "start" "$code" 0
until_true idle state_is idle
is "task" "$(status_of one)" done
ends

case_is "the journal is whole before the first runner wrote one"
super_root <<<"$good"
mkdir -p "$work/alone/bin"
cp "$orxaq" "$work/alone/bin/orxaq"
whole=$orxaq orxaq=$work/alone/bin/orxaq # without orxaq-exec no runner starts
ox start
until_true "not started" state_is backoff
ox units
has "the cause" "$out" "could not be started (not started: orxaq-exec is missing"
for command in status health service metrics costs tasks events; do
    ox $command
    hasnt "$command" "$err" "older orxaq"
done
ox tasks
is "tasks" "$code" 0
ends
orxaq=$whole

case_is "recovery may take longer than a start"
super_root <<<'echo good >"$task.txt"; git add -A; git -c user.name=a -c user.email=a@localhost commit -qm own; finish done'
sed -i "s|stop_timeout: 10s|stop_timeout: 10s, start_timeout: 2s|; s|commands: \\[./check\\]|commands: [\"$root/slow-check\"]|" "$root/orxaq.yaml"
printf '#!/bin/sh\necho >"$TMPDIR/checking"; while [ -e "%s/hold" ]; do sleep 0.05; done\n' "$root" >"$root/slow-check"
chmod +x "$root/slow-check"
touch "$root/hold"
ox start
until_true checking test -e "$work/tmp/checking"
kill -KILL "$(runner_pid)"
rm "$work/tmp/checking"
until_true "checking again" test -e "$work/tmp/checking"
until_true "ready while it recovers" state_is ready
rm "$root/hold"
until_true idle state_is idle
is "task" "$(status_of one)" done
is "once" "$(commits)" 2
ends

case_is "a supervisor whose lock file was removed is still the only one"
super_root <<<"$slow"
ox start
pid=$(cat "$root/artifacts/autonomy/supervisor.pid")
until_true started test -e "$work/tmp/started"
rm "$root/artifacts/autonomy/supervisor.lock"
ox supervise
is "a second supervisor" "$code" 0
has "a second supervisor says" "$err" "(pid $pid)"
is "one agent" "$(agents)" 1
is "state" "$(state)" ready
ox stop
is "stop" "$code" 0
has "stop says" "$err" "(pid $pid) ended"
until_true "nothing left" nobody

case_is "a runner by hand goes first; the unit waits, starts nothing, and takes over"
super_root <<<"$slow"
tasks one two
"$orxaq" --root "$root" run >"$work/hand" 2>&1 &
hand=$!
until_true started test -e "$work/tmp/started"
ox start
until_true idle state_is idle
has "why" "$("$orxaq" --root "$root" units)" "process $hand runs it already"
ox start primary
is "start" "$code" 0
has "start says" "$out" "process $hand runs it already"
ox restart primary
is "nothing was spawned" "$("$orxaq" --root "$root" --json units | sed -n 's/.*"name":"primary".*"starts":\([0-9]*\),.*/\1/p')" 0
hasnt "nor tried" "$(cat "$root/artifacts/autonomy/supervisor.log")" "exit 75"
ox --json status
has "it is at work" "$out" "\"runner_pid\": $hand,"
ox --json process-watchdog --strict
is "which is healthy" "$code" 0
# It goes, and the unit does what is left.
kill "$hand"
wait "$hand" || true
until_true "the unit takes over" state_is ready
touch "$work/tmp/go"
until_true idle state_is idle
is "done" "$(status_of one) $(status_of two)" "done done"
is "once each" "$(commits)" 3
ends

case_is "stopping a unit ends who runs it by hand, too"
super_root <<<"$slow"
by_hand() {
    rm -f "$work/tmp/started"
    "$orxaq" --root "$root" run >"$work/hand" 2>&1 &
    hand=$!
    until_true started test -e "$work/tmp/started"
}
ended() {
    code=0
    wait "$hand" || code=$?
    is "$1" "$code" "$2"
    until_true "no agent" no_agents
}
no_agents() { [ "$(agents)" = 0 ]; }
by_hand
ox start
until_true idle state_is idle
ox stop primary
is "stop" "$code" 0
has "stop says" "$out" "primary is stopped"
has "stop says, too" "$err" "process $hand, which ran primary by hand, ended"
ended "as when it is asked to" 143
is "nothing in its place" "$(state)" stopped
ends
by_hand
ox stop primary --now
is "without a supervisor" "$code" 0
ended "killed" 137
tasks one two
by_hand
ox stop primary --drain --no-wait
is "drain" "$code" 0
has "drain says" "$err" "process $hand, which ran primary by hand, was asked to end"
touch "$work/tmp/go"
ended "after its task" 143
is "its task, and no other" "$(status_of one) $(status_of two)" "done pending"
ox stop primary
is "nobody is there" "$code" 1

case_is "40: a pid file proves nothing"
super_root <<<"$good"
mkdir -p "$root/artifacts/autonomy"
echo $$ >"$root/artifacts/autonomy/supervisor.pid"
ox --json status
has "status" "$out" '"supervisor_running": false'
ox stop
is "stop" "$code" 0
kill -0 $$ || fail "the pid in the file was signalled"

case_is "a supervisor that dies at once is told with its last words"
super_root <<<"$good"
mkdir -p "$root/artifacts/autonomy/supervisor.pid"
ox start
is "no place for its pid" "$code" 1
has "no place for its pid" "$err" "ended at once with exit code 1: cannot rename"
has "no place for its pid" "$err" "supervisor.pid"
rmdir "$root/artifacts/autonomy/supervisor.pid"
rm "$root/artifacts/autonomy/supervisor.lock"
mkdir "$root/artifacts/autonomy/supervisor.lock"
ox start
is "no lock" "$code" 1
has "no lock" "$err" "ended at once with exit code 1: cannot open $root/artifacts/autonomy/supervisor.lock"
mv "$root/artifacts/autonomy/supervisor.log" "$work/kept"
mkdir "$root/artifacts/autonomy/supervisor.log"
ox start
is "no log either" "$code" 1
has "no log either" "$err" "supervise\` shows what it says"
hasnt "old words" "$err" "cannot open"
rmdir "$root/artifacts/autonomy/supervisor.log" "$root/artifacts/autonomy/supervisor.lock"
ox start
is "nothing in the way any more" "$code" 0
ends

case_is "one that holds its lock and does not listen yet can be stopped"
super_root <<<"$good"
mkdir -p "$root/artifacts/autonomy" "$root/state"
hold() {
    rm -f "$work/gate" "$work/held"
    mkfifo "$work/gate"
    "$build/tests/run_hold" "$root/artifacts/autonomy/supervisor.lock" <"$work/gate" >"$work/held" &
    holder=$!
    exec 9>"$work/gate"
    until_true "held" grep -q held "$work/held"
}
let_go() {
    exec 9>&-
    wait "$holder" || fail "the holder of the lock"
}
# stopping ARGS...: a stop that has seen that nobody listens
stopping() {
    "$orxaq" --root "$root" stop "$@" 2>"$work/stopped" 9>&- &
    stopper=$!
    until_true "it waits" grep -q "does not listen yet" "$work/stopped"
}
hold
stopping
let_go
wait "$stopper" || fail "stop of one that goes: $(cat "$work/stopped")"
has "it goes" "$(cat "$work/stopped")" ended
hold
stopping primary
let_go
code=0
wait "$stopper" || code=$?
is "a unit of one that goes" "$code" 1

# Its socket comes late. The one that answers there is that of another root, which is the one that ends.
hold
stopping
mkdir "$root-other"
cp -r "$root/config" "$root/repo" "$root/agent" "$root/orxaq.yaml" "$root-other"
sed -i "s|$root/|$root-other/|" "$root-other/orxaq.yaml"
"$orxaq" --root "$root-other" start 9>&- || fail "the other root: no supervisor"
ln -s "$root-other/state/supervisor.sock" "$root/state/supervisor.sock"
until_true "it was told to end" grep -q "supervisor ended" "$root-other/artifacts/autonomy/supervisor.log"
let_go
wait "$stopper" || fail "stop of one that comes up: $(cat "$work/stopped")"
rm -f "$root/state/supervisor.sock"
until_true "nothing left" nobody
ox stop
has "none is left" "$err" "no supervisor is at work"

case_is "secrets stay out of the log; --follow goes on over a rotation"
super_root <<<'echo "the key is $ORX_KEY and mark" >&2; printf "line %s\n" $(seq 400) >&2; echo good >"$task.txt"; finish done'
cat >>"$root/orxaq.yaml" <<YAML
log: {max_bytes: 4096, keep: 1000}
YAML
sed -i 's/    plugin: command/&\n    secret: ORX_KEY/' "$root/orxaq.yaml"
export ORX_KEY=hunter2-and-more
"$orxaq" --root "$root" logs --follow >"$work/followed" 2>&1 &
follower=$!
ox start
until_true idle state_is idle
for i in $(seq 40); do ox tasks add "more-$i" --owner worker; done
until_true "all done" task_is more-40 done
until_true idle state_is idle
until_true "rotated" test -e "$root/artifacts/autonomy/runner.log.1"
hasnt "secrets" "$(cat "$root"/artifacts/autonomy/*.log*)" hunter2
until_true "followed" grep -q "more-40" "$work/followed"
kill -TERM $follower
wait $follower || true
ends
is "followed" "$(grep -c "supervisor: launching runner" "$work/followed")" "$(cat "$root"/artifacts/autonomy/runner.log* | grep -c "supervisor: launching runner")"

case_is "a name that is none starts nothing"
make_root <<<'echo good >"$task.txt"; finish done'
tasks one
for verb in start restart pause resume; do
    refused "$verb" "no unit is called \"primray\"" "$verb" primray
done
refused "itself" "no unit is called" start supervisor
ox units
has "nobody was started" "$err$out" "no supervisor is at work"
is "nothing was done" "$(git -C "$root/repo" rev-list --count HEAD)" 1

finish_tests
