#!/bin/bash
# plan.sh: lanes from outside: what the plan says of a lanes file, and runners of lanes beside each other.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"

# lane_tasks LANE ID...: its queue
lane_tasks() {
    local lane=$1 id sep=''
    shift
    mkdir -p "$root/config/lanes"
    {
        echo '['
        for id in "$@"; do
            printf '%s{"id": "%s", "owner": "worker", "priority": 1, "title": "%s", "description": "d"}\n' "$sep" "$id" "$id"
            sep=,
        done
        echo ']'
    } >"$root/config/lanes/$lane.json"
}

# a lane of the lanes file; further members in $2
entry() { printf '{"id": "%s", "owner": "worker", "tasks_file": "config/lanes/%s.json", "validate_commands": ["./check"]%s}' "$1" "$1" "${2:+, $2}"; }

lane_dir() { echo "$root/artifacts/autonomy/lanes/$1"; }

case_is "53: no lanes file"
make_root <<<'finish done'
ox lanes plan
is "exit code" "$code" 0
has "says so" "$out" "no lanes"

case_is "58, 60: wrong entries are told with their place and hide nobody"
make_root <<<'echo x >"$task.txt"; finish done'
tasks one
lane_tasks left l
printf '{"lanes": [\n%s,\n{"id": "../../evil", "owner": "worker"},\n{"id": "odd", "owner": "nobody"}]}' "$(entry left)" >"$root/config/lanes.json"
ox lanes-plan
is "exit code" "$code" 1
has "the good one" "$out" "- left (worker, enabled)"
has "the id" "$err" 'config/lanes.json:3:8: "../../evil" cannot be the id of a lane'
has "the owner" "$err" 'config/lanes.json:4:24: lane odd: unknown owner "nobody"'
ox --json lanes-plan
is "exit code" "$code" 1
has "json" "$out" '"config_error_count": 2'
ox run --lane odd
is "a wrong lane does not run" "$code" 1
has "why" "$err" 'unknown owner "nobody"'
ox run --lane nope
is "an unknown lane does not run" "$code" 1
has "why" "$err" "Unknown lane id 'nope'; config/lanes.json has left"
ox run --lane left
is "the good one runs" "$code" 0

case_is "lanes have files, lock, worktree and journal rows of their own"
make_root <<<'echo "$LANE_WORD" >"$task.txt"; finish done'
git -C "$root/repo" branch trunk
git -C "$root/repo" -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m beyond
tasks one
lane_tasks left l
lane_tasks right r
printf '[%s,%s]' "$(entry left '"env": {"LANE_WORD": "sinister"}, "worktree_base_ref": "trunk"')" "$(entry right)" >"$root/config/lanes.json"
ox run
is "primary" "$code" 0
ox run --lane LEFT
is "left, in another case" "$code" 0
ox run --lane right
is "right" "$code" 0
has "state of left" "$(cat "$(lane_dir left)/state.json")" '"l"'
hasnt "state of left alone" "$(cat "$(lane_dir left)/state.json")" '"r"'
hasnt "the primary state has no lanes" "$(cat "$root/state/state.json")" '"l"'
has "its conversation" "$(cat "$(lane_dir left)/conversations.ndjson")" '"task_id": "l"'
hasnt "its conversation alone" "$(cat "$(lane_dir right)/conversations.ndjson")" '"task_id": "l"'
hasnt "the primary's has no lanes" "$(cat "$root/artifacts/autonomy/conversations.ndjson")" '"task_id": "l"'
has "the primary's has its own" "$(cat "$root/artifacts/autonomy/conversations.ndjson")" '"task_id": "one"'
has "metrics" "$(cat "$(lane_dir right)/response_metrics.ndjson")" '"r"'
[ -d "$(lane_dir left)/worktrees/shared" ] || fail "no worktree of left"
is "environment of the lane" "$(git -C "$root/repo" show orxaq/left:l.txt)" sinister
is "left began at its base" "$(git -C "$root/repo" log --format=%s orxaq/left -- . | grep -c beyond)" 0
[ ! -e "$(lane_dir left)/runner.lock" ] || fail "the lock file of left is still there"
ox events --verify
is "the journal is whole" "$code" 0
summary() { grep -o '"responses_total": [0-9]*' "$1/response_metrics_summary.json"; }
is "the summary of left" "$(summary "$(lane_dir left)")" '"responses_total": 1'
is "that of the primary runner" "$(summary "$root/artifacts/autonomy")" '"responses_total": 1'
has "metrics of all" "$("$orxaq" --root "$root" --json metrics)" '"responses_total": 3'
cp -r "$root/artifacts/autonomy/lanes" "$work/before"
rm "$(lane_dir left)"/*.json* "$(lane_dir right)"/*.json*
ox project rebuild
is "rebuild" "$code" 0
for lane in left right; do
    for file in conversations.ndjson response_metrics.ndjson; do
        cmp -s "$work/before/$lane/$file" "$(lane_dir $lane)/$file" || fail "$file of $lane is another after a rebuild"
    done
    is "state of $lane" "$(cat "$(lane_dir $lane)/state.json")" "$(cat "$work/before/$lane/state.json")"
    is "summary of $lane" "$(summary "$(lane_dir $lane)")" '"responses_total": 1'
done

case_is "one runner per lane; different lanes run together"
make_root <<'SH'
echo x >"$task.txt"
echo >"$TMPDIR/$task.started"
while [ ! -e "$TMPDIR/go" ]; do sleep 0.05; done
finish done
SH
mkdir -p "$work/tmp"
export TMPDIR=$work/tmp
tasks one
lane_tasks left l
lane_tasks right r
printf '[%s,%s]' "$(entry left)" "$(entry right)" >"$root/config/lanes.json"
"$orxaq" --root "$root" run --lane left >/dev/null 2>&1 &
left=$!
"$orxaq" --root "$root" run --lane right >/dev/null 2>&1 &
right=$!
until_true "left runs" test -e "$work/tmp/l.started"
until_true "right runs beside it" test -e "$work/tmp/r.started"
has "the lock file shows the pid" "$(cat "$(lane_dir left)/runner.lock")" "\"pid\": $left"
ox run --lane left
is "a second runner of left" "$code" 75
ox run --lane LEFT
is "in another case, too" "$code" 75
echo >"$work/tmp/go"
wait "$left" || fail "left failed"
wait "$right" || fail "right failed"

case_is "a claim: what lies outside is refused, and what others claim"
make_root <<'SH'
mkdir -p src docs; echo x >src/a.txt
echo x >docs/b.txt
finish done
SH
tasks one
lane_tasks left l
lane_tasks right r
lane_tasks free wide
printf '[%s,%s,%s]' "$(entry left '"exclusive_paths": ["src"]')" "$(entry right '"exclusive_paths": ["src/deep"], "priority": 200')" "$(entry free)" >"$root/config/lanes.json"
ox lanes-plan
has "overlap" "$out" 'its claim "src/deep" overlaps with "src" of lane left'
ox run --lane left
is "outside of its claim" "$code" 4
ox run --lane free
is "inside of somebody's claim" "$code" 4
is "nothing was delivered" "$(git -C "$root/repo" log --format=%s main..orxaq/left | wc -l)" 0
ox --json events --kind attempt.settled
has "the reason" "$out" "docs/b.txt"

finish_tests
