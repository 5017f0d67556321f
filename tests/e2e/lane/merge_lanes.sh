#!/bin/bash
# merge_lanes.sh: lanes and the merge queue together: worktrees that go on from the base, and lanes that are told.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads and sets
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
# shellcheck source=tests/e2e/lane/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lane/merge_lib.sh
. "$(dirname "$0")/merge_lib.sh"

run_lane() {
    code=0
    "$orxaq" --root "$root" run --lane "$1" >"$work/run.log" 2>&1 || code=$?
}
# somebody FILE: a commit of somebody else on main
somebody() {
    echo x >"$root/repo/$1"
    in_repo add -A
    in_repo commit -qm "somebody: $1"
}

case_is "what a lane delivered is merged anew, and the lane goes on from there"
merge_root left
lane_tasks left t1
run_lane left
is "t1" "$code" 0
somebody s1.txt
ox --json merge-queue
is "merged" "$code $(verdict left)" "0 merged merged"
[ "$(rev orxaq/left)" != "$(rev main)" ] || fail "nothing was written anew"
old=$(rev orxaq/left)
lane_tasks left t1 t2
run_lane left
is "t2" "$code" 0
is "t2 begins at the base" "$(rev orxaq/left~1)" "$(rev main)"
is "its worktree" "$(files_of orxaq/left)" "s1.txt shared.md t1.txt t2.txt "
ox --json merge-queue
is "t2 is merged" "$code $(verdict left) $(rev main)" "0 merged merged $(rev orxaq/left)"
is "once each" "$(in_repo log --format=%s main | grep -c '^t[12]')" 2
in_repo cat-file -e "$old" || fail "the lane's old commits are gone"

case_is "between two tasks of one run: neither what others did nor what was merged is waited for"
commits='case $task in
t2) echo >"$TMPDIR/began"; while [ ! -e "$TMPDIR/go" ]; do sleep 0.05; done; finish blocked "not now";;
*) echo good >"$task.txt"; finish done;;
esac'
rm -rf "$work/tmp"/*
good=$commits merge_root left
cat >"$root/config/lanes/left.json" <<'JSON'
[{"id": "t1", "owner": "worker", "priority": 1, "title": "t1", "description": "d"},
 {"id": "t2", "owner": "worker", "priority": 2, "title": "t2", "description": "d"},
 {"id": "t3", "owner": "worker", "priority": 3, "title": "t3", "description": "d"}]
JSON
sed -i 's/max_attempts: 2/max_attempts: 1/' "$root/orxaq.yaml"
"$orxaq" --root "$root" run --lane left --max-attempts 1 >"$work/run.log" 2>&1 &
runner=$!
until_true "t2 began" test -e "$work/tmp/began"
somebody s1.txt
ox --json merge-queue
is "t1 is merged meanwhile" "$code $(verdict left) $(files_of main)" "0 merged merged s1.txt shared.md t1.txt "
merged=$(rev main)
touch "$work/tmp/go"
wait "$runner" || true
is "t3 begins at the base" "$(rev orxaq/left~1)" "$merged"
is "with what others did" "$(files_of orxaq/left)" "s1.txt shared.md t1.txt t3.txt "

case_is "a lane without deliveries follows the base at its next task"
rm -rf "$work/tmp"/*
good=$commits merge_root left
cat >"$root/config/lanes/left.json" <<'JSON'
[{"id": "t2", "owner": "worker", "priority": 2, "title": "t2", "description": "d"},
 {"id": "t3", "owner": "worker", "priority": 3, "title": "t3", "description": "d"}]
JSON
"$orxaq" --root "$root" run --lane left --max-attempts 1 >"$work/run.log" 2>&1 &
runner=$!
until_true "t2 began" test -e "$work/tmp/began"
somebody s1.txt
touch "$work/tmp/go"
wait "$runner" || true
is "t3 begins at the base" "$(rev orxaq/left~1)" "$(rev main)"

case_is "a lane that was refused is told, in its next prompt too, until it is merged"
rm -rf "$work/tmp"/*
good='printf "%s" "$prompt" >"$TMPDIR/$task.prompt"; echo "$task" >shared.md; finish done' merge_root left
lane_tasks left t1
run_lane left
is "t1" "$code" 0
echo mine >"$root/repo/shared.md"
in_repo commit -qam mine
tip=$(rev orxaq/left)
ox --json merge-queue
is "refused" "$code $(verdict left)" "1 refused conflict"
ox --json lanes-status
has "lanes-status" "$out" '"reason": "conflict"'
has "lanes-status" "$out" 'conflicts in shared.md'
"$orxaq" --root "$root" project rebuild >/dev/null
has "events of the lane" "$(cat "$(lane_dir left)/events.ndjson")" '"event_type": "merge_refused", "lane_id": "left"'
lane_tasks left t1 t2
run_lane left
is "t2" "$code" 0
has "its prompt" "$(cat "$work/tmp/t2.prompt")" "the merge queue did not take the commits of this branch up to ${tip:0:12}: does not fit onto main"
hasnt "not before" "$(cat "$work/tmp/t1.prompt")" "merge queue"
in_repo reset -q --hard main~1
ox --json merge-queue
is "merged" "$code $(verdict left)" "0 merged merged"
lane_tasks left t1 t2 t3
run_lane left
hasnt "no more" "$(cat "$work/tmp/t3.prompt")" "merge queue"
ox --json lanes-status
has "lanes-status" "$out" '"merge_refused": null'

case_is "a lane that is not enabled holds nobody up when its repository is not there"
merge_root left
lanes "$(entry left)" "$(entry off '"enabled": false, "impl_repo": "nowhere", "test_repo": "nowhere"')"
ox --json merge-queue
is "by the way" "$code $(verdict off) $(field held_count)" "0 disabled no_repo 0"
has "it says so" "$out" "lane off is not enabled; "
ox --json merge-queue off
is "by its name" "$code $(verdict off) $(field held_count)" "1 held no_repo 1"

shared() { echo "$(lane_dir left)/worktrees/shared"; }
in_shared() { git -C "$(shared)" "$@"; }
branch_of_shared() { in_shared symbolic-ref --short HEAD; }

case_is "68: a new worktree is on the lane's branch, which begins at origin/main"
rm -rf "$work/tmp"/*
good='echo good >"$task.txt"; finish done' merge_root left
in_repo update-ref refs/remotes/origin/main HEAD
in_repo commit -q --allow-empty -m "not pushed"
in_repo checkout -q -b aside
in_repo branch -q -D main
lane_tasks left l
run_lane left
is "it runs" "$code" 0
is "68: its branch" "$(branch_of_shared)" orxaq/left
is "68: it begins at the base" "$(rev orxaq/left~1)" "$(rev refs/remotes/origin/main)"
is "68: the checkout stays" "$(in_repo symbolic-ref --short HEAD)" aside

case_name="69: a worktree on another branch goes back to the lane's, and nothing it held is lost"
in_shared checkout -q -b theirs
echo kept >"$(shared)/theirs.txt"
in_shared add -A
in_shared commit -q -m theirs
echo changed >"$(shared)/l.txt"
echo new >"$(shared)/loose.txt"
lane_tasks left l m
run_lane left
is "69: it runs" "$code" 0
has "69: told" "$(cat "$work/run.log")" "was on theirs and is on orxaq/left again; what it held is kept on orxaq/parked/lane-left"
is "69: on its branch" "$(branch_of_shared)" orxaq/left
is "69: with its work alone" "$(in_repo log --format=%s refs/remotes/origin/main..orxaq/left | tr '\n' ' ')" "m l "
is "69: the other branch is as it was" "$(in_repo show theirs:theirs.txt)" kept
is "69: what was not committed" "$(in_repo show orxaq/parked/lane-left:l.txt) $(in_repo show orxaq/parked/lane-left:loose.txt)" "changed new"
in_shared checkout -q --detach theirs
echo again >"$(shared)/l.txt"
lane_tasks left l m n
run_lane left
is "69: a second time" "$code $(branch_of_shared)" "0 orxaq/left"
is "69: beside what was kept before" "$(in_repo show orxaq/parked/lane-left:l.txt) $(in_repo show orxaq/parked/lane-left-2:l.txt)" "changed again"
in_shared checkout -q theirs
in_repo checkout -q orxaq/left
lane_tasks left l m n o
run_lane left
is "69: its branch is somebody else's" "$code" 1
has "69: whose" "$(cat "$work/run.log")" "which $root/repo has checked out"
is "69: nothing was touched" "$(branch_of_shared)" theirs

finish_tests
