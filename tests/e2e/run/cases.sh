#!/bin/bash
# cases.sh: numbered cases that need the whole program and stand nowhere else (tests/CASES.md has all).
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

good_root() {
    make_root <<'SH'
echo good >"$task.txt"; finish done
SH
}

# agents: the root's agent stands in for the three programs. It notes "PROVIDER ARGUMENTS" in `called`
# and then does what the case says; exit code 9 is a model that is not served, 8 a time-out, 7 a rate
# limit, 6 an overload. The result is that of an agent which did its task.
agents() {
    {
        echo 'who=$1; shift; echo "$who $*" >>"${0%/agent}/called"'
        cat
        echo 'echo good >"$task.txt"; finish done'
    } | make_root
    sed -i -e '/^providers:/,$d' -e 's/^retry: {/&max_retryable: 1, /' "$root/orxaq.yaml"
    {
        echo 'providers:'
        for name in "${names[@]}"; do
            printf '  %s:\n    plugin: command\n' "$name"
            printf '    settings: {argv: ["%s/agent", %s, "{model_args}"], model_args: ["--model", "{model}"], output: json,\n' "$root" "$name"
            printf '      exit_codes: {"9": bad_model, "8": timeout, "7": rate_limit, "6": overloaded}}\n'
        done
    } >>"$root/orxaq.yaml"
    printf '[{"id": "one", "owner": "%s", "priority": 1, "title": "one", "description": "d"}]' "${names[0]}" >"$root/config/tasks.json"
}

models() { sed -i "s|^  $1:|  $1:\n    $2|" "$root/orxaq.yaml"; }
called() { tr '\n' ';' <"$root/called"; }
events() { "$orxaq" --root "$root" --json events | grep "\"kind\":\"$1\"" || true; }
failover() { events route.failover | sed -n 's/.*"body":\({[^}]*}\).*/\1/p'; }

# router: another provider stands in, in this order
router() { printf 'run: {router: order}\nrouters: {order: {plugin: static, settings: {candidates: [%s]}}}\n' "$1" >>"$root/orxaq.yaml"; }

names=(codex)
case_is "A46: a model that is not served"
agents <<'SH'
[ "$2" = second ] || exit 9
SH
models codex 'models: [second]'
models codex 'model: first'
ox run
is "exit code" "$code" 0
is "calls" "$(called)" "codex --model first;codex --model second;"
is "told" "$(failover)" '{"from":"codex/first","to":"codex/second","why":"bad_model"}'

case_is "A47: a call that did not end in time"
agents <<'SH'
[ "$2" = second ] || exit 8
SH
models codex 'models: [second]'
models codex 'model: first'
ox run
is "exit code" "$code" 0
is "calls" "$(called)" "codex --model first;codex --model second;"
is "told" "$(failover)" '{"from":"codex/first","to":"codex/second","why":"timeout"}'

names=(gemini)
case_is "A49: an overloaded model"
agents <<'SH'
[ "$2" ] || exit 6
SH
models gemini 'models: [gemini-2.5-flash, gemini-2.0-flash]'
ox run
is "exit code" "$code" 0
is "calls" "$(called)" "gemini ;gemini --model gemini-2.5-flash;"
is "told" "$(failover)" '{"from":"gemini","to":"gemini/gemini-2.5-flash","why":"overloaded"}'

names=(gemini codex claude)
case_is "A50: another provider stands in"
agents <<'SH'
[ "$who" = gemini ] && exit 7
SH
router '{provider: gemini}, {provider: codex}, {provider: claude}'
ox run
is "exit code" "$code" 0
is "codex only" "$(called)" "gemini ;codex ;"
has "told" "$(failover)" '"to":"codex"'
names=(gemini claude)
case_is "A50: only claude is there"
agents <<'SH'
[ "$who" = gemini ] && exit 7
SH
router '{provider: gemini}, {provider: claude}'
ox run
is "exit code" "$code" 0
is "claude" "$(called)" "gemini ;claude ;"

case_is "A66: the lock of a dead process"
good_root
tasks one
mkdir -p "$root/artifacts/autonomy"
true &
dead=$!
wait "$dead"
printf '{"created_at": "2025-01-01T00:00:00+00:00", "lock_file": "x", "pid": %s}\n' "$dead" >"$root/artifacts/autonomy/runner.lock"
ox run
is "exit code" "$code" 0
has "the lock names who works" "$(cat "$root/artifacts/autonomy/runner.lock")" '"lock_file": "'"$root"

case_is "A67: how a run ends"
make_root <<'SH'
[ "$task" = stuck ] && finish blocked || { echo good >"$task.txt"; finish done; }
SH
tasks one two
ox run --max-cycles 1
is "cycles used" "$code" 3
ox run
is "all done" "$code" 0
has "heartbeat" "$(cat "$root/artifacts/autonomy/heartbeat.json")" '"phase": "completed"'
cat >"$root/config/tasks.json" <<'JSON'
[{"id": "stuck", "owner": "worker", "priority": 1, "title": "t", "description": "d"},
 {"id": "later", "owner": "worker", "priority": 1, "title": "t", "description": "d", "depends_on": ["stuck"]}]
JSON
ox run
is "what cannot go on" "$code" 4
has "heartbeat" "$(cat "$root/artifacts/autonomy/heartbeat.json")" '"phase": "stalled"'

case_is "a queue file that is not there"
good_root
tasks one
ORXAQ_TASK_QUEUE_PERSISTENT_MODE=0 ox run --task-queue-file "$root/queue.ndjson"
is "exit code" "$code" 0
is "said once" "$(grep -c "queue file $root/queue.ndjson does not exist" "$work/err")" 1
is "the others are done" "$(status_of one)" done
: >"$root/queue.ndjson"
ORXAQ_TASK_QUEUE_PERSISTENT_MODE=0 ox run --task-queue-file "$root/queue.ndjson"
hasnt "one that is empty is fine" "$err" "does not exist"

case_is "B2: a given check replaces the configured ones"
good_root
printf '#!/bin/sh\nexit 1\n' >"$root/repo/check"
git -C "$root/repo" -c user.name=t -c user.email=t@localhost commit -qam checks
tasks one
ox run --validate-command "sh -c 'exit 0'"
is "exit code" "$code" 0
is "it alone" "$(events attempt.validated | grep -o '"command":"[^"]*"' | tr '\n' ' ')" "\"command\":\"sh -c 'exit 0'\" "

case_is "B4: what was used is booked when TERM ends it"
make_root <<'SH'
echo '{"usage": {"input_tokens": 101, "output_tokens": 52}}'; echo started >"$TMPDIR/started"; sleep 60
SH
sed -i 's/output: json/output: jsonl/' "$root/orxaq.yaml"
mkdir -p "$work/tmp"
tasks long
TMPDIR=$work/tmp "$orxaq" --root "$root" --quiet run >/dev/null 2>&1 &
runner=$!
until_true "the agent began" [ -f "$work/tmp/started" ]
kill -TERM "$runner"
wait "$runner" && code=0 || code=$?
is "exit code" "$code" 143
is "state" "$(status_of long)" pending
has "tokens" "$("$orxaq" --root "$root" tasks show long)" "101"
ox run --max-cycles 0 --dry-run
is "the lock is free" "$code" 0

case_is "B6: a check that never ends"
good_root
sed -i 's|^validation: .*|validation: {commands: ["sleep 600"], retries: 0, timeout: 300ms}|' "$root/orxaq.yaml"
tasks one
ox run
is "exit code" "$code" 4
is "state" "$(status_of one)" blocked
is "tries" "$("$orxaq" --root "$root" --json tasks show one | sed -n 's/.*"attempts":\([0-9]*\).*/\1/p')" 2

# It waits for the queue, and what it did meanwhile is nothing.
case_is "B16: a continuous run without tasks"
good_root
echo '[]' >"$root/config/tasks.json"
: >"$root/queue.ndjson"
"$orxaq" --root "$root" run --continuous --task-queue-file "$root/queue.ndjson" --idle-sleep-sec 1 >/dev/null 2>"$work/err" &
runner=$!
until_true "it waits" grep -q "waiting for new tasks" "$work/err"
printf '{"id": "q1", "owner": "worker"}\n' >>"$root/queue.ndjson"
until_true "q1 is done" grep -q "result .*q1#1" "$work/err"
kill -TERM "$runner"
wait "$runner" || true
is "said once" "$(sed '/q1/,$d' "$work/err" | grep -c 'waiting for new tasks')" 1
is "nothing before the task" "$("$orxaq" --root "$root" --json events | sed -n 's/.*"kind":"\([^"]*\)".*/\1/p' | sed '/queue.ingested/,$d' | tr '\n' ' ')" "queue.synced "
is "done" "$(git -C "$root/repo" log -1 --format=%s)" "q1"

case_is "a run that is forced to go on"
good_root
echo '[]' >"$root/config/tasks.json"
"$orxaq" --root "$root" run --execution-profile extra_high --idle-sleep-sec 1 >/dev/null 2>"$work/err" &
runner=$!
until_true "it waits" grep -q "waiting for new tasks" "$work/err"
kill -TERM "$runner"
wait "$runner" || true
kept_on=$(grep '"event_type": "extra_high_continuation"' "$root/artifacts/autonomy/conversations.ndjson")
is "said once" "$(grep -c . <<<"$kept_on")" 1
has "why" "$kept_on" '"reason": "force_continuation_after_all_done"'

finish_tests
