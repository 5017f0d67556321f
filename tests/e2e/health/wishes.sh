#!/bin/bash
# wishes.sh: start, stop, restart, pause and resume do what they say, and have done it when they end.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/health/lib.sh
. "$(dirname "$0")/lib.sh"

# It does not hear that it is to end: whoever does not wait for its end is seen.
deaf='trap "" TERM INT; echo good >"$task.txt"; echo >"$TMPDIR/started"; while :; do sleep 0.1; done'
starts() { "$orxaq" --root "$root" --json units | sed -n 's/.*"name":"primary"[^{}]*"starts":\([0-9]*\).*/\1/p'; }
runner_pid() { cat "$(artifacts runner.pid)"; }
parked() { git -C "$root/repo" branch --list 'orxaq/parked/*' | wc -l; }
no_agent() { [ "$(agents)" = 0 ]; }

# at_work AGENT: a root whose agent is in the middle of its task
at_work() {
    a_root <<<"$1"
    ox start
    is "start" "$code" 0
    until_true "the agent is at work" there started
    rm "$work/tmp/started"
}

case_is "stop of a unit: its work is put away, and it has ended"
at_work "$deaf"
ox stop primary
is "stop" "$code" 0
is "said" "$out" "primary is stopped: asked to stop"
is "nobody" "$(agents)" 0
is "put away" "$(parked) $(status_of one)" "1 pending"
ox --json stop primary
is "again" "$code" 0
has "as JSON" "$out" '"state":"stopped"'
supervisor_ends

case_is "stop --now of a unit puts nothing away"
at_work "$deaf"
ox stop primary --now
is "stop" "$code" 0
until_true "nobody" no_agent
is "as it was left" "$(parked) $(status_of one)" "0 in_progress"
supervisor_ends

case_is "stop --drain of a unit waits for its task"
at_work "$slow"
ox stop primary --drain --no-wait
is "drain" "$code" 0
is "the task goes on" "$(state_is draining && echo draining)" draining
touch "$work/tmp/go"
until_true stopped state_is stopped
is "done" "$(parked) $(status_of one)" "0 done"
supervisor_ends

case_is "restart of a unit: another process, and the task anew"
at_work "$slow"
before=$(runner_pid)
ox restart primary
is "restart" "$code" 0
has "said" "$out" "primary is ready"
is "starts" "$(starts)" 2
[ "$(runner_pid)" != "$before" ] || fail "the same process"
until_true "begun anew" there started
touch "$work/tmp/go"
until_true idle state_is idle
is "once" "$(git -C "$root/repo" rev-list --count HEAD)" 2
supervisor_ends

case_is "a unit that fails is told with its exit code"
a_root <<<"$good"
rm "$root/config/tasks.json"
ox start primary
is "start" "$code" 1
has "said" "$out" "primary is backoff: "
has "how" "$out" "(exit 1), next start in"
ox --json resume primary
has "as JSON" "$out" '"last_exit":"exit 1"'
supervisor_ends

case_is "stop of the supervisor has ended everything when it ends"
at_work "$deaf"
socket=$root/state/supervisor.sock
rm "$(artifacts supervisor.lock)" # so that only its socket says that it is there
ox stop
is "stop" "$code" 0
has "said" "$err" ") ended"
is "nobody" "$(agents)" 0
is "put away" "$(parked)" 1
[ ! -e "$socket" ] || fail "the socket is still there"
ox --json status
has "afterwards" "$out" '"supervisor_running": false'

case_is "stop --no-wait only says so"
at_work "$deaf"
ox stop --no-wait
is "stop" "$code" 0
has "said" "$err" ") ends"
until_true "nobody" no_agent
gone() { ! ox --json status || [ "$(field supervisor_running)" = false ]; }
until_true "it went" gone

case_is "stop --now of the supervisor puts nothing away"
at_work "$deaf"
ox stop --now
is "stop" "$code" 0
is "as it was left" "$(parked) $(status_of one)" "0 in_progress"
is "nobody" "$(agents)" 0

finish_tests
