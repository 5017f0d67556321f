#!/bin/bash
# reset.sh: the primary queue begun anew, after a question.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/health/lib.sh
. "$(dirname "$0")/lib.sh"

# another result each time: work that changes nothing is none
anew='echo "good $$" >"$task.txt"; finish done'
counts() { "$orxaq" --root "$root" --json tasks list | grep -o '"status":"[a-z_]*"' | sort | uniq -c | tr -s ' \n' ' '; }
run_all() { ox run; is "a run" "$code" 0; }

case_is "nothing was run here"
make_root <<<"$good"
tasks one
ox reset --yes
is "exit code" "$code" 1
has "said" "$err" "nothing has run in this root yet"

case_is "every task is pending again, also those that are done"
make_root <<<"$anew"
tasks one two
run_all
is "before" "$(counts)" ' 2 "status":"done" '
ox reset
is "nobody can be asked" "$code" 2
has "said" "$err" "--yes says so"
is "nothing changed" "$(counts)" ' 2 "status":"done" '
ox reset --yes
is "exit code" "$code" 0
is "said" "$out" "reset 2 tasks; $root/state/state.json follows"
is "after" "$(counts)" ' 2 "status":"pending" '
is "they begin anew" "$("$orxaq" --root "$root" --json tasks show one | grep -o '"attempts":[0-9]*')" '"attempts":0'
events=$("$orxaq" --root "$root" --json events --kind task.reset | wc -l)
is "the journal tells" "$events" 2
run_all
is "they are done anew" "$(counts)" ' 2 "status":"done" '
ox --quiet reset --yes
is "quiet" "$out" ""

case_name="asked on a terminal"
# answered WORD: what reset says, with its exit code as the last line
answered() {
    mkfifo "$work/keys"
    script -qfec "$orxaq --root $root reset; echo exit=\$?" "$work/asked" <"$work/keys" >/dev/null 2>&1 &
    exec 7>"$work/keys"
    until_true "the question" grep -q 'y/N' "$work/asked"
    printf '%s\n' "$1" >&7
    until_true "the end" grep -q 'exit=[0-9]' "$work/asked"
    exec 7>&-
    wait $! || :
    rm "$work/keys"
}
run_all
answered no
has "no" "$(cat "$work/asked")" "nothing was reset"
has "no" "$(cat "$work/asked")" "exit=1"
is "nothing changed" "$(counts)" ' 2 "status":"done" '
answered ''
has "nothing is no" "$(cat "$work/asked")" "exit=1"
answered y
has "yes" "$(cat "$work/asked")" "exit=0"
is "after" "$(counts)" ' 2 "status":"pending" '

case_is "tasks of lanes, and tasks that are listed no more, are left alone"
make_root <<<"$anew"
mkdir "$root/config/lanes"
tasks l
mv "$root/config/tasks.json" "$root/config/lanes/side.json"
echo '[{"id": "side", "owner": "worker", "tasks_file": "config/lanes/side.json", "worktree_base_ref": "main", "validate_commands": ["./check"]}]' >"$root/config/lanes.json"
tasks one two
run_all
ox run --lane side
is "the lane" "$code" 0
tasks one
run_all
ox reset --yes
is "exit code" "$code" 0
has "said" "$out" "reset 1 task;"
is "one" "$(status_of one)" pending
is "two" "$(status_of two)" done
is "of the lane" "$("$orxaq" --root "$root" --json tasks list | grep -o '"id":"l"[^{}]*"status":"[a-z]*"' | grep -o '[a-z]*"$')" 'done"'

case_is "not while a run that was killed is not recovered"
a_root <<<"$slow"
"$orxaq" --root "$root" run 2>/dev/null &
run=$!
until_true "the agent is at work" there started
kill -KILL $run
wait $run || true
no_agent() { [ "$(agents)" = 0 ]; }
until_true "its agent is gone" no_agent
ox reset --yes
is "exit code" "$code" 1
has "said" "$err" "task \"one\" is in progress; its run was killed"
touch "$work/tmp/go"
run_all
ox reset --yes
is "afterwards" "$code" 0

case_is "not under the hands of a runner"
a_root <<<"$slow"
ox start
until_true "the agent is at work" there started
ox reset --yes
is "exit code" "$code" 75
has "said" "$err" "orxaq stop primary"
touch "$work/tmp/go"
until_true "it is done" state_is idle
ox reset --yes
is "exit code" "$code" 0
supervisor_ends

case_is "what cannot be"
make_root <<<"$good"
ox reset everything
is "an argument" "$code" 2
ox reset --no
is "an option" "$code" 2
ox reset --help
has "help" "$out" "--yes"

finish_tests
