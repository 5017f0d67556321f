#!/bin/bash
# faults.sh: lanes whose files, repositories and processes are taken away from under them, and very many lanes.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads and sets
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
# shellcheck source=tests/e2e/lane/lib.sh
. "$(dirname "$0")/lib.sh"

case_is "a lanes file that cannot be read changes nothing, and is said"
lane_root <<<"$slow"
lane_tasks left a
lanes "$(entry left)"
ox lanes-start
until_true began test -e "$work/tmp/a.began"
pid=$(cat "$(lane_dir left)/lane.pid")
mv "$root/config/lanes.json" "$root/config/lanes.kept"
mkdir "$root/config/lanes.json"
ox --json lanes-ensure
is "exit code" "$code" 1
has "said" "$err" "config/lanes.json"
ox --json lanes-status
has "status says" "$out" '"ok": false'
has "status says why" "$out" "config/lanes.json"
is "it goes on" "$(cat "$(lane_dir left)/lane.pid")" "$pid"
rmdir "$root/config/lanes.json"
mv "$root/config/lanes.kept" "$root/config/lanes.json"
touch "$work/tmp/go"
until_true "left is done" task_is left a done
ox lanes-ensure
is "all is well again" "$code" 0
is "once" "$(commits_of left) $(starts_of left)" "1 1"
ends

case_is "a repository that vanishes fails its lane and no other, and what was written is kept"
lane_root <<<"$slow"
cp -r "$root/repo" "$root/other"
lane_tasks left a
lane_tasks right b
lanes "$(entry left '"impl_repo": "other", "test_repo": "other"')" "$(entry right)"
ox lanes-start
until_true began test -e "$work/tmp/a.began"
until_true began test -e "$work/tmp/b.began"
mv "$root/other" "$root/away"
touch "$work/tmp/go"
until_true "right is done" task_is right b done
until_true "left cannot tell what came of it, and a person has to look" task_is left a blocked
until_true "left ends" state_is left idle
is "right" "$(commits_of right)" 1
ox --json lanes-status
is "status" "$code" 0
has "blocked" "$(printf %s "$out" | tr -d '\n' | tr -s ' ')" '"blocked": 1'
ox lanes-ensure
is "ensure" "$code" 0
mv "$root/away" "$root/other"
is "nothing was delivered" "$(git -C "$root/other" log --format=%s main..orxaq/left | wc -l)" 0
is "its work is where it was" "$(cat "$(lane_dir left)/worktrees/shared/a.txt")" good
ends

case_is "a lane without a repository is not started; units given up for want of one begin again when it is back, others do not"
lane_root <<<"$good"
sed -i 's/jitter: none/jitter: none, crash_limit: 2/' "$root/orxaq.yaml"
cp -r "$root/repo" "$root/other"
cp -r "$root/repo" "$root/third"
tasks one
lane_tasks left a
lane_tasks right b
echo '{' >"$root/config/lanes/right.json"
lanes "$(entry left '"impl_repo": "other", "test_repo": "other"')" "$(entry right '"impl_repo": "third", "test_repo": "third"')"
mv "$root/other/.git" "$root/other-git"
mv "$root/repo" "$root/away"
ox start
until_true "left is not even started" state_is left idle
until_true "right is given up" state_is right fatal
until_true "the runner of the root is given up" state_is primary fatal
has "why left" "$(unit left)" "$root/other is no git repository"
ox lanes-plan
has "the plan says it" "$out" "plan: $root/other is no git repository"
has "why primary" "$(unit primary)" "\"last_exit\":\"exit 1, no repository at $root/repo\""
has "why right" "$(unit right)" '"last_exit":"exit 1"'
# The next supervisor knows it from the journal.
kill -KILL "$(cat "$root/artifacts/autonomy/supervisor.pid")"
ox start
is "start" "$code" 0
until_true "left waits still" state_is left idle
is "given up still" "$(unit_state right) $(unit_state primary)" "fatal fatal"
mv "$root/other-git" "$root/other/.git"
until_true "left does its task" task_is left a done
is "the runner of the root is given up still" "$(unit_state primary)" fatal
mv "$root/away" "$root/repo"
until_true "one is done" state_is primary idle
is "one" "$(status_of one)" done
is "right is given up still" "$(unit_state right)" fatal
has "told" "$("$orxaq" --root "$root" events --kind unit.state)" "its repository is back"
ends

case_is "uncommitted work in a lane's worktree: the lane waits, keeps it, and goes on when it was put away"
lane_root <<<"$good"
sed -i 's/jitter: none/jitter: none, max_delay: 1s, crash_limit: 2, max_failures: 2/' "$root/orxaq.yaml"
lane_tasks left a
lanes "$(entry left)"
ox start
until_true "a is done" task_is left a done
until_true idle state_is left idle
tree=$(lane_dir left)/worktrees/shared
echo mine >"$tree/mine.txt"
echo more >>"$tree/a.txt"
lane_tasks left a b
until_true "it waits" state_is left backoff
has "why" "$(unit left)" '"cause":"uncommitted changes in its worktree"'
has "what to do" "$(unit left)" "commit, stash or remove what is yours in $tree"
began=$(starts_of left)
starts_again() { [ "$(starts_of left)" -ge $((began + 4)) ]; }
until_true "it is not given up" starts_again
until_true "it waits still" state_is left backoff
hasnt "never" "$("$orxaq" --root "$root" events --kind unit.state)" '"fatal"'
ox --json health
has "health says it" "$out" "uncommitted changes in its worktree"
is "what is not its own is kept" "$(cat "$tree/mine.txt") $(tail -n 1 "$tree/a.txt")" "mine more"
git -C "$tree" stash -q --include-untracked
until_true "b is done" task_is left b done
is "and is there" "$(git -C "$tree" show 'stash@{0}^3:mine.txt')" mine
ends
# It would wait for an hour, but it sees that something was done.
sed -i 's/delay: 1s/delay: 1h/; s/max_delay: 1s/max_delay: 1h/' "$root/orxaq.yaml"
echo mine >"$tree/mine.txt"
lane_tasks left a b c
ox start
until_true "it waits again" state_is left backoff
rm "$tree/mine.txt"
until_true "c is done" task_is left c done
has "told" "$("$orxaq" --root "$root" events --kind unit.state)" "its worktree has changed"
ends

case_is "whoever of a lane is stopped (SIGSTOP): the lane can be ended, and nothing of it is left"
for victim in agent agent-exec runner runner-exec; do
    lane_root <<<"$slow"
    sed -i 's/stop_timeout: 10s/stop_timeout: 2s/' "$root/orxaq.yaml"
    lane_tasks left a
    lanes "$(entry left)"
    ox lanes-start
    until_true "began, $victim" test -e "$work/tmp/a.began"
    agent=$(pgrep -f "^/bin/sh $root/agent" | head -n 1)
    runner=$(cat "$(lane_dir left)/lane.pid")
    case $victim in
    agent) kill -STOP "$agent" ;;
    agent-exec) kill -STOP "$(ps -o ppid= -p "$agent" | tr -d ' ')" ;;
    runner) kill -STOP "$runner" ;;
    runner-exec) kill -STOP "$(ps -o ppid= -p "$runner" | tr -d ' ')" ;;
    esac
    ox lane-stop --lane left
    is "$victim: stop" "$code" 0
    is "$victim: agents" "$(agents)" 0
    is "$victim: state" "$(unit_state left)" stopped
    ends
    rm -rf "$root"
done

case_is "10,000 lanes: no step looks at all of them for each of them"
lane_root <<<"$good"
lane_tasks lane-1 a
awk 'BEGIN { printf "["
    for (i = 1; i <= 10000; i++)
        printf "%s{\"id\": \"lane-%d\", \"owner\": \"worker\", \"tasks_file\": \"config/lanes/lane-%d.json\", \"validate_commands\": [\"./check\"]}", (i > 1 ? "," : ""), i, i
    print "]" }' >"$root/config/lanes.json"
"$orxaq" --root "$root" supervise >"$work/super" 2>&1 &
until_true "the one that has work does it" task_is lane-1 a done
# Ten thousand times ten thousand would be minutes.
code=0
(ulimit -t 10 && exec "$orxaq" --root "$root" --json lanes-ensure) >"$work/out" 2>"$work/err" || code=$?
is "ensure: $(head -c 300 "$work/err")" "$code" 0
has "all are told" "$(grep '"started_count"' "$work/out")" '"started_count": 0'
is "each has its reason" "$(grep -c '"reason_text": "there is no tasks file' "$work/out")" 9999
(ulimit -t 20 && exec "$orxaq" --root "$root" --json lanes-status) >"$work/out" 2>"$work/err" || code=$?
is "status: $(head -c 300 "$work/err")" "$code" 0
has "counted" "$(grep '"total_count"' "$work/out")" 10000
ends

finish_tests
