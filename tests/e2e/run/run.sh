#!/bin/bash
# run.sh: what `orxaq run` does with agents of all kinds.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

case_is "done is committed with trailers"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
tasks one two
ox run
is "exit code" "$code" 0
is "state" "$(status_of one)" done
log=$(git -C "$root/repo" log -1 --format='%s|%(trailers:key=Orxaq-Task,valueonly,separator=%x2C)|%(trailers:key=Orxaq-Attempt,valueonly,separator=%x2C)')
is "commit" "$log" "Task two|two|2"
has "summary" "$out" "TRIES"
is "tree" "$(git -C "$root/repo" status --porcelain)" ""
ox run
is "second run" "$code" 0
is "nothing new" "$(git -C "$root/repo" rev-list --count HEAD)" 3
ox events --verify
has "chain" "$out" "every hash is right"

case_is "B12: claims without evidence"
make_root <<'SH'
finish done
SH
tasks idle
ox run
is "exit code" "$code" 4
is "state" "$(status_of idle)" blocked
has "reason" "$("$orxaq" --root "$root" tasks show idle)" "neither a commit nor a changed file"

case_is "B1: a silent failing check is a failure"
make_root <<'SH'
echo bad >"$task.txt"; finish done
SH
tasks wrong
ox run
is "exit code" "$code" 4
has "parked" "$(git -C "$root/repo" branch --list 'orxaq/parked/*')" "orxaq/parked/2"
is "tree" "$(git -C "$root/repo" status --porcelain)" ""
is "work kept" "$(git -C "$root/repo" show orxaq/parked/1:wrong.txt)" bad

case_is "a retry is told what failed"
make_root <<'SH'
if printf '%s\n' "$prompt" | grep -q 'exit code 1'; then echo good; else echo bad; fi >"$task.txt"
finish done
SH
tasks again
ox run
is "exit code" "$code" 0
is "attempts" "$("$orxaq" --root "$root" --json tasks show again | sed -n 's/.*"attempts":\([0-9]*\).*/\1/p')" 2

case_is "a retry goes on from the work before"
make_root <<'SH'
if [ -f half.txt ]; then
    printf '%s\n' "$prompt" | grep -q 'Its uncommitted work is in the working tree' || exit 9
    [ "$(git status --porcelain)" = '?? bad.txt
?? half.txt' ] || exit 8
    rm bad.txt; echo whole >"$task.txt"; finish done
else
    echo bad >bad.txt; echo half >half.txt; finish partial
fi
SH
tasks half
ox run
is "exit code" "$code" 0
is "delivered" "$(git -C "$root/repo" show --format= --name-only HEAD | tr '\n' ' ')" "half.txt "
is "kept too" "$(git -C "$root/repo" show orxaq/parked/1:bad.txt)" bad
ox events --json
has "journal" "$out" '"continues":"orxaq/parked/1"'

case_is "a retry is told of the branch when others were faster"
make_root <<'SH'
if [ "$task" = early ] && [ ! -f other.txt ]; then echo half >half.txt; finish partial
elif [ "$task" = early ]; then
    printf '%s\n' "$prompt" | grep -q 'kept on the branch orxaq/parked/1' || exit 9
    [ ! -f half.txt ] || exit 8
    echo good >"$task.txt"; finish done
else echo good >"$task.txt"; finish done; fi
SH
tasks early other
sed -i 's/flat_delay: 1ms/flat_delay: 1500ms/' "$root/orxaq.yaml"
ox run
is "exit code" "$code" 0
is "order" "$(git -C "$root/repo" log --format=%s | tr '\n' ',')" "Task early,Task other,base,"

case_is "killed while work comes back"
make_root <<'SH'
if [ -f half.txt ]; then echo good >"$task.txt"; finish done
else echo half >half.txt; finish partial; fi
SH
tasks torn
sed -i 's/max_attempts: 2/max_attempts: 4/' "$root/orxaq.yaml"
mkdir "$root/bin"
{
    printf '#!/bin/sh\ncase "$*" in *read-tree\ -m*) if [ ! -f "%s/once" ]; then\n' "$root"
    printf '    touch "%s/once"; kill -KILL $PPID; exit 1; fi ;; esac\n' "$root"
    printf 'exec %s "$@"\n' "$(command -v git)"
} >"$root/bin/git"
chmod +x "$root/bin/git"
PATH="$root/bin:$PATH" ox run
[ -f "$root/once" ] || fail "the work was never brought back"
ox run
is "exit code" "$code" 0
is "delivered once" "$(git -C "$root/repo" rev-list --count HEAD)" 2
is "with all" "$(git -C "$root/repo" show --format= --name-only HEAD | tr '\n' ' ')" "half.txt torn.txt "
is "attempts" "$("$orxaq" --root "$root" --json tasks show torn | sed -n 's/.*"attempts":\([0-9]*\).*/\1/p')" 3

case_is "the agent's own commit counts"
make_root <<'SH'
echo good >"$task.txt"; git add -A; git -c user.name=a -c user.email=a@localhost commit -qm own; finish done
SH
tasks own
ox run
is "exit code" "$code" 0
is "subject" "$(git -C "$root/repo" log -1 --format=%s)" own

case_is "a merge the agent did not finish is finished, though it changes no file"
make_root <<'SH'
git() { command git -c user.name=a -c user.email=a@localhost "$@"; }
git checkout -q -b side; git commit -q --allow-empty -m side; git checkout -q main
echo good >"$task.txt"; git add "$task.txt"; git commit -q -m mine
git merge -q --no-commit --no-ff side >/dev/null 2>&1
finish done
SH
tasks merging
ox run
is "exit code" "$code" 0
is "state" "$(status_of merging)" done
is "merge" "$(git -C "$root/repo" log -1 --format='%(trailers:key=Orxaq-Task,valueonly,separator=%x2C) of %p' | wc -w)" 4
is "merge in progress" "$(ls "$root/repo/.git/MERGE_HEAD" 2>/dev/null)" ""

case_is "what checks leave behind is not delivered"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
printf '#!/bin/sh\necho x >built.o\n' >"$root/repo/check"
git -C "$root/repo" -c user.name=t -c user.email=t@localhost commit -qam check
tasks clean
ox run
is "exit code" "$code" 0
is "files" "$(git -C "$root/repo" ls-tree --name-only HEAD | tr '\n' ' ')" "check clean.txt "

case_is "git configuration and hooks are guarded"
make_root <<'SH'
mkdir -p .git/hooks
printf '#!/bin/sh\ntouch /tmp/orxaq-e2e-hook-ran\n' >.git/hooks/pre-commit; chmod +x .git/hooks/pre-commit
echo good >"$task.txt"; finish done
SH
rm -f /tmp/orxaq-e2e-hook-ran
tasks sneaky unseen
ox run
is "exit code" "$code" 1
has "message" "$err" "changed git's configuration or hooks"
is "state" "$(status_of sneaky)" blocked
is "nothing ran" "$(ls /tmp/orxaq-e2e-hook-ran 2>/dev/null || true)" ""
is "nothing delivered" "$(git -C "$root/repo" rev-list --count HEAD)" 1

case_is "a repository's own hook may refuse"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
printf '#!/bin/sh\necho "no commits on Sunday" >&2; exit 1\n' >"$root/repo/.git/hooks/pre-commit"
chmod +x "$root/repo/.git/hooks/pre-commit"
tasks hooked
ox run
is "exit code" "$code" 4
has "reason" "$("$orxaq" --root "$root" tasks show hooked)" "no commits on Sunday"
is "tree" "$(git -C "$root/repo" status --porcelain)" ""

case_is "somebody's uncommitted work is neither taken nor cleared"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
echo mine >"$root/repo/mine.txt"
tasks polite
ox run
is "exit code" "$code" 1
has "message" "$err" "uncommitted change"
has "file" "$err" "mine.txt"
is "still there" "$(cat "$root/repo/mine.txt")" mine
is "state" "$(status_of polite)" pending

case_is "out of scope"
make_root <<'SH'
echo good >"$task.txt"; echo x >secret.key; finish done
SH
cat >>"$root/orxaq.yaml" <<'YAML'
scope: {forbidden_paths: ["*.key"]}
YAML
tasks greedy
ox run
is "exit code" "$code" 4
has "reason" "$("$orxaq" --root "$root" tasks show greedy)" "secret.key: is in scope.forbidden_paths"

case_is "writes outside are refused by the kernel"
if "$build/libexec/orxaq-exec" --can-confine; then
    make_root <<'SH'
echo x >"$HOME/escaped" && finish done
SH
    home=$(mktemp -d /var/tmp/orxaq-e2e.XXXXXX) # not below TMPDIR, which is writable
    tasks escape
    HOME=$home ox run
    is "exit code" "$code" 4
    is "no file" "$(ls "$home")" ""
    rm -rf "$home"
else
    echo "no Landlock here: not checked" >&2
fi

case_is "a provider's own folder outlives its calls"
make_root <<'SH'
echo "$task" >>"$1/seen" && echo good >"$task.txt" && finish done
SH
sed -i 's|/agent"\]|/agent", "{state_dir}"]|' "$root/orxaq.yaml"
tasks one two
ox run
is "exit code" "$code" 0
is "both were there" "$(tr '\n' ' ' <"$root/state/providers/worker/seen")" "one two "
is "private" "$(stat -c %a "$root/state/providers/worker")" 700

case_is "a retry goes on in the session before"
# Tries: bad work (resumed), a crash (not resumed), bad work (resumed), good work.
make_root <<'SH'
n=$(($(cat "$0.count" 2>/dev/null || echo 0) + 1)); echo "$n" >"$0.count"
echo "$n:$*" >>"$0.seen"
printf '{"session_id":"s%s"}\n' "$n"
[ "$n" = 2 ] && exit 3
[ "$n" = 4 ] && echo good >one.txt || echo bad >one.txt
finish done
SH
sed -i -e 's|max_attempts: 2|max_attempts: 4|' -e 's|output: json|output: jsonl, session_args: [-r, "{session}"]|' \
    -e 's|/agent"\]|/agent", "{session_args}"]|' "$root/orxaq.yaml"
tasks one
ox run
is "state" "$(status_of one)" done
is "sessions" "$(tr '\n' ' ' <"$root/agent.seen")" "1: 2:-r s1 3: 4:-r s3 "
rm "$root"/agent.*
ox tasks reset one
git -C "$root/repo" reset -q --hard HEAD~1
ox run
is "not beyond a reset" "$(head -n 1 "$root/agent.seen")" "1:"
echo "agent: {grace: 300ms, resume: false}" | sed -i -e '/^agent:/{r /dev/stdin' -e 'd}' "$root/orxaq.yaml"
rm "$root"/agent.*
ox tasks reset one
git -C "$root/repo" reset -q --hard HEAD~1
ox run
is "switched off" "$(tr '\n' ' ' <"$root/agent.seen")" "1: 2: 3: 4: "

# every file of the root with its content, except what git rewrites when it looks
picture() { (cd "$root" && find . -path ./repo/.git -prune -o -type f -exec sha256sum {} + | sort; find . -type d | sort); }

# no push, no state change, one plan, and the whole of it
case_is "B7: a dry run changes nothing"
make_root <<'SH'
touch "$HOME/x"; finish done
SH
tasks plan
cat >"$root/config/tasks.json" <<'JSON'
[{"id": "second", "owner": "worker", "priority": 1, "title": "Task second", "description": "d", "depends_on": ["first"]},
 {"id": "first", "owner": "worker", "priority": 2, "title": "Task first", "description": "d"},
 {"id": "third", "owner": "worker", "priority": 3, "title": "Task third", "description": "d"}]
JSON
before=$(picture)
ox run --dry-run
is "exit code" "$code" 0
is "nothing was made" "$(picture)" "$before"
has "first" "$err" "1. Task first"
has "then what it frees" "$err" "2. Task second"
has "last" "$err" "3. Task third"
has "the end" "$err" "3 tasks would be done"
hasnt "no problem" "$err" "does not exist"
is "commits" "$(git -C "$root/repo" rev-list --count HEAD)" 1
ox run
state=$(cat "$root/state/state.json")
events=$("$orxaq" --root "$root" --json events | wc -l)
ox run --dry-run --max-cycles 50
is "exit code" "$code" 0
is "no event" "$("$orxaq" --root "$root" --json events | wc -l)" "$events"
is "no state" "$(cat "$root/state/state.json")" "$state"

case_is "B3: the queue file"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
tasks base
printf '{"id": "q1", "owner": "worker", "depends_on": ["base"]}\nnonsense\n' >"$root/queue.ndjson"
"$orxaq" --root "$root" run --task-queue-file "$root/queue.ndjson" --idle-sleep-sec 1 >/dev/null 2>"$work/err" &
runner=$!
wait_for() { until_true "$1 in $2" grep -q "$1" "$2"; }
wait_for "waiting for new tasks" "$work/err"
printf '{"id": "q2", "owner": "worker", "title": "Late one"}\n' >>"$root/queue.ndjson"
wait_for '"q2"' "$root/queue.ndjson.claimed.json"
wait_for "result .*q2#1" "$work/err"
# the tasks file is read again, too; a broken one changes nothing
echo '[' >"$root/config/tasks.json"
wait_for "the tasks of before stay" "$work/err"
tasks base late
wait_for "result .*late#1" "$work/err"
kill -TERM "$runner"
wait "$runner" || true
is "bad line told once" "$(grep -c 'queue.ndjson:2' "$work/err")" 1
is "commits" "$(git -C "$root/repo" rev-list --count HEAD)" 5
# the next start knows the tasks and takes nothing twice; without a queue it ends
ox run
is "exit code" "$code" 0
is "done" "$(grep -c '"status": "done"' "$root/state/state.json")" 4
is "commits" "$(git -C "$root/repo" rev-list --count HEAD)" 5

case_is "an owner filter ends with its own tasks"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
cat >>"$root/orxaq.yaml" <<'YAML'
  other:
    plugin: command
    settings: {argv: ["/bin/false"]}
YAML
cat >"$root/config/tasks.json" <<'JSON'
[{"id": "a", "owner": "worker", "priority": 1, "title": "a", "description": "d"},
 {"id": "b", "owner": "other", "priority": 1, "title": "b", "description": "d"}]
JSON
ox run --owner-filter worker
is "exit code" "$code" 0
is "attempts of the other" "$("$orxaq" --root "$root" --json tasks show b | sed -n 's/.*"attempts":\([0-9]*\).*/\1/p')" 0

# The lane has a checkout of its own; the operator's may be dirty and stays as it is.
case_is "isolation by worktree"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
echo 'git: {isolation: worktree}' >>"$root/orxaq.yaml"
echo mine >"$root/repo/mine.txt"
tasks one two
ox run
is "exit code" "$code" 0
is "the checkout is untouched" "$(git -C "$root/repo" status --porcelain)" "?? mine.txt"
is "commits there" "$(git -C "$root/repo" rev-list --count HEAD)" 1
is "branch there" "$(git -C "$root/repo" branch --show-current)" main
is "deliveries" "$(git -C "$root/repo" log --format=%s main..orxaq/primary | wc -l)" 2
has "trailers" "$(git -C "$root/repo" log main..orxaq/primary)" "Orxaq-Task: one"
# not merged: the next run goes on from there, also when the checkout has moved on
git -C "$root/repo" -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m aside
tasks one two three
ox run
is "exit code" "$code" 0
has "said" "$err" "not merged yet"
is "deliveries" "$(git -C "$root/repo" log --format=%s main..orxaq/primary | wc -l)" 3
# merged: it goes on from the checkout
git -C "$root/repo" -c user.name=t -c user.email=t@localhost merge -q -m merged orxaq/primary
tasks one two three four
ox run
is "exit code" "$code" 0
has "said" "$err" "moved forward"
is "deliveries" "$(git -C "$root/repo" log --format=%s main..orxaq/primary | wc -l)" 1
# two lanes work on one repository without seeing each other
echo '[{"id": "l", "owner": "worker", "priority": 1, "title": "l", "description": "d"}]' >"$root/lane.json"
ox run --lane side --tasks-file "$root/lane.json"
is "exit code" "$code" 0
is "deliveries of the lane" "$(git -C "$root/repo" log --format=%s main..orxaq/side | wc -l)" 1
is "the checkout is untouched" "$(git -C "$root/repo" status --porcelain)" "?? mine.txt"

# A queue document that grows is read whole: its end is no entry.
case_is "a queue document that grows"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
tasks base
printf '{"tasks": [\n{"id": "q1", "owner": "worker"}\n]}' >"$root/queue.json"
"$orxaq" --root "$root" run --task-queue-file "$root/queue.json" --idle-sleep-sec 1 >/dev/null 2>"$work/err" &
runner=$!
wait_for "waiting for new tasks" "$work/err"
printf '{"tasks": [\n{"id": "q1", "owner": "worker"}\n,{"id": "q2", "owner": "worker"}\n]}' >"$root/queue.new"
mv "$root/queue.new" "$root/queue.json"
wait_for "result .*q2#1" "$work/err"
kill -TERM "$runner"
wait "$runner" || true
hasnt "no problem" "$(cat "$work/err")" "problem"

# Its tasks wait and lose no try; the others are done.
case_is "B17: a program that is not installed"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
cat >>"$root/orxaq.yaml" <<'YAML'
  other:
    plugin: command
    settings: {argv: [no-such-agent-program]}
YAML
cat >"$root/config/tasks.json" <<'JSON'
[{"id": "a", "owner": "other", "priority": 1, "title": "a", "description": "d"},
 {"id": "b", "owner": "other", "priority": 1, "title": "b", "description": "d"},
 {"id": "c", "owner": "worker", "priority": 2, "title": "c", "description": "d"}]
JSON
for _ in 1 2 3; do
    ox run
    is "exit code" "$code" 4
    is "told once" "$(printf '%s\n' "$err" | grep -c 'tasks of other wait')" 1
    has "which program" "$err" "no-such-agent-program"
done
is "the other is done" "$(status_of c)" done
is "not blocked after more tries than there are" "$(status_of a)" pending
printf '#!/bin/sh\ncat >/dev/null; touch "$HOME/x"; echo good >later.txt; echo "{\\"status\\":\\"done\\"}"\n' >"$root/later"
chmod +x "$root/later"
sed -i "s|argv: \[no-such-agent-program\]|argv: [$root/later], output: json|" "$root/orxaq.yaml"
printf '#!/bin/sh\ncat >/dev/null; date +%%N >>later.txt; echo "{\\"status\\":\\"done\\"}"\n' >"$root/later"
ox run
is "exit code" "$code" 0
is "installed, it is done" "$(status_of a)$(status_of b)" donedone

# What an attempt left is looked for where it worked, whatever the configuration says by then.
case_is "recovery goes where the attempt was"
make_root <<'SH'
echo good >"$task.txt"; echo $$ >"$HOME/../pid"; sleep 30; finish done
SH
sed -i 's|sleep 30|[ -e /tmp/never ] \|\| [ -e "$0.quick" ] \|\| sleep 30|' "$root/agent"
cp "$root/orxaq.yaml" "$root/in-place.yaml"
echo 'git: {isolation: worktree}' >>"$root/orxaq.yaml"
tasks one
"$orxaq" --root "$root" --quiet run >/dev/null 2>&1 &
runner=$!
tree=
written() { tree=$(echo "$root"/state/worktrees/primary/*) && [ -e "$tree/one.txt" ]; }
until_true "the agent wrote" written
kill -KILL "$runner"
wait "$runner" 2>/dev/null || true
mv "$root/in-place.yaml" "$root/orxaq.yaml"
echo mine >"$root/repo/mine.txt"
touch "$root/agent.quick"
ox run
is "the checkout is not clean, so nothing begins" "$code" 1
is "the operator's file" "$(cat "$root/repo/mine.txt")" mine
is "the operator's branch" "$(git -C "$root/repo" branch --show-current)" main
is "the worktree is clean" "$(git -C "$tree" status --porcelain)" ""
has "its work is kept" "$(git -C "$root/repo" branch --list 'orxaq/parked/*')" "orxaq/parked/1"
rm "$root/repo/mine.txt"
ox run
is "exit code" "$code" 0
is "delivered in the checkout" "$(git -C "$root/repo" log --format=%s -1)" "Task one"

case_is "A66: two runs of one lane"
make_root <<'SH'
echo good >"$task.txt"; while [ ! -e "${0%/agent}/go" ]; do sleep 0.05; done; finish done
SH
tasks slow
"$orxaq" --root "$root" --quiet run >/dev/null 2>&1 &
first=$!
until_true "it is at work" [ -s "$root/artifacts/autonomy/runner.lock" ]
ox run
is "second" "$code" 75
has "message" "$err" "is being run by another process"
ox status --text
has "status" "$out" "runner     running (pid "
touch "$root/go"
wait "$first" && code=0 || code=$?
is "first" "$code" 0

case_is "B4: TERM stops the agent and keeps its work"
make_root <<'SH'
echo good >"$task.txt"; echo started >"$TMPDIR/started"; sleep 60; finish done
SH
mkdir "$work/tmp" 2>/dev/null || true
tasks long
TMPDIR=$work/tmp "$orxaq" --root "$root" --quiet run >/dev/null 2>&1 &
runner=$!
until_true "the agent began" [ -f "$work/tmp/started" ]
kill -TERM "$runner"
wait "$runner" && code=0 || code=$?
is "exit code" "$code" 143
is "state" "$(status_of long)" pending
is "tree" "$(git -C "$root/repo" status --porcelain)" ""
is "kept" "$(git -C "$root/repo" show orxaq/parked/1:long.txt)" good
is "no process" "$(pgrep -f "$root/agent" || true)" ""
rm -rf "$work/tmp"

case_is "secrets reach only whom they belong to"
make_root <<'SH'
env >env.txt; echo good >"$task.txt"; finish done
SH
cat >>"$root/orxaq.yaml" <<'YAML'
env_pass: [HARMLESS]
YAML
printf '#!/bin/sh\nenv >/tmp/orxaq-e2e-env.$PPID 2>/dev/null; env | grep -c TOP_SECRET >count.txt; exit 0\n' >"$root/repo/check"
git -C "$root/repo" -c user.name=t -c user.email=t@localhost commit -qam check
sed -i 's/    plugin: command/    plugin: command\n    secret: TOP_SECRET/' "$root/orxaq.yaml"
tasks environment
TOP_SECRET=hunter2 HARMLESS=yes OTHER=no ox run
is "exit code" "$code" 0
has "own secret" "$(git -C "$root/repo" show HEAD:env.txt)" "TOP_SECRET=hunter2"
has "passed" "$(git -C "$root/repo" show HEAD:env.txt)" "HARMLESS=yes"
has "overlay" "$(git -C "$root/repo" show HEAD:env.txt)" "GIT_TERMINAL_PROMPT=0"
hasnt "others" "$(git -C "$root/repo" show HEAD:env.txt)" "OTHER=no"
is "not for checks" "$(grep -l hunter2 /tmp/orxaq-e2e-env.* 2>/dev/null || true)" ""
rm -f /tmp/orxaq-e2e-env.*
hasnt "not in the journal" "$("$orxaq" --root "$root" --json events)" "hunter2"

case_is "a predecessor's root"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
tasks old new
mkdir -p "$root/state"
echo '{"old": {"status": "done", "attempts": 3, "last_summary": "before", "owner": "worker"}}' >"$root/state/state.json"
ox run
is "exit code" "$code" 0
is "only the new one ran" "$(git -C "$root/repo" rev-list --count HEAD)" 2
has "state kept" "$(cat "$root/state/state.json")" '"last_summary": "before"'
has "conversation" "$(cat "$root/artifacts/autonomy/conversations.ndjson")" '"event_type": "task_done"'
has "metrics" "$(cat "$root/artifacts/autonomy/response_metrics.ndjson")" '"notes": "done_validated"'
has "heartbeat" "$(cat "$root/artifacts/autonomy/heartbeat.json")" '"phase": "completed"'

case_is "a checkpoint knows more than a fresh journal"
make_root <<<'echo good >"$task.txt"; finish done'
tasks one two
cat >"$work/checkpoint.json" <<'JSON'
{"run_id": "r1", "cycle": 7, "state": {
  "one": {"status": "done", "attempts": 3, "last_update": "2026-01-01T00:00:00Z", "last_summary": "long ago"},
  "two": {"status": "in_progress", "attempts": 1, "last_update": "2026-01-01T00:00:00Z"},
  "gone": {"status": "done", "attempts": 1, "last_update": "2026-01-01T00:00:00Z"}}}
JSON
ox run --resume-checkpoint "$work/checkpoint.json"
is "exit code" "$code" 0
has "told" "$err" "took over the state of 3 tasks"
is "only the other was done" "$(git -C "$root/repo" log --format=%s | grep -c '^Task')" 1
has "its summary" "$("$orxaq" --root "$root" tasks show one)" "long ago"
has "counted on" "$("$orxaq" --root "$root" --json tasks show two)" '"attempts":2'
cp "$root/state/state.json" "$work/copy.json"
ox run --resume-checkpoint "$work/checkpoint.json"
is "again" "$code" 0
has "nothing is newer there" "$err" "took over the state of 0 tasks"

case_is "a copy of state.json is a checkpoint, too"
make_root <<<'echo good >"$task.txt"; finish done'
tasks one two
ox run --resume-checkpoint "$work/copy.json"
is "exit code" "$code" 0
is "nothing was left to do" "$(git -C "$root/repo" rev-list --count HEAD)" 1

case_is "no checkpoint"
make_root <<<'finish done'
tasks one
echo '{"run_id": "r1", "cycle": 7}' >"$work/checkpoint.json"
refused "without states" "expected an object with run_id" run --resume-checkpoint "$work/checkpoint.json"
echo '{"run_id": ' >"$work/checkpoint.json"
refused "torn" "checkpoint.json:" run --resume-checkpoint "$work/checkpoint.json"
refused "missing" "nosuch.json" run --resume-checkpoint "$work/nosuch.json"

finish_tests
