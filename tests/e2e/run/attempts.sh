#!/bin/bash
# attempts.sh: what calls leave behind: shown, replayed, free of secrets.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"
here=$(cd "$(dirname "$0")" && pwd)

record() { echo "$root/state/records/000000/$1.rec"; }

# use_jsonl: the agent's lines are JSON, its key is a secret
use_jsonl() {
    sed -i "s|output: json|output: jsonl, text_path: say|; s|plugin: command|&\n    secret: WORKER_KEY|" "$root/orxaq.yaml"
}

case_is "a call is recorded, shown and replayed"
make_root <<'SH'
echo '{"session_id":"s-7","say":"I begin"}'
echo "a warning" >&2
echo '{"usage":{"input_tokens":12,"output_tokens":3},"model":"m-1"}'
echo good >"$task.txt"; finish done
SH
use_jsonl
tasks one two
ox run
is "exit code" "$code" 0
is "modes" "$(stat -c %a "$root/state/records" "$root/state/records/000000" "$(record 1-1)" | tr '\n' ' ')" "700 700 600 "
ox attempt list
has "list" "$out" "one#1"
has "list" "$out" "two#1"
ox attempt list --task two --json
hasnt "one task" "$out" '"one"'
has "one task" "$out" '"input_tokens":12'
ox attempt show 1
is "shown" "$code" 0
has "task" "$out" "task one, attempt 1 of it"
has "result" "$out" "done: validated"
has "model" "$out" "answered m-1"
has "tokens" "$out" "in 12"
has "command" "$out" "ran        $root/agent"
has "session" "$out" "s-7"
has "commit" "$out" "$(git -C "$root/repo" log --format=%H --grep='Orxaq-Attempt: 1')"
ox attempt show 1 --output
has "raw output" "$out" '{"session_id":"s-7","say":"I begin"}'
has "stderr" "$out" 'a warning'
is "output only" "$(head -c 1 "$work/out")" '{'
ox attempt show 1 --json
has "prompt is there" "$(cat "$(record 1-1)")" "title: Task one"
has "json" "$out" '"complete":true'
ox attempt replay 1
is "replayed" "$code" 0
has "same" "$out" "as recorded"
has "usage" "$out" '"input":12'
ox attempt replay 2 --json
has "all compared" "$out" '"reports":4,"compared":4'

case_is "a replay touches nothing"
make_root <<'SH'
echo x >>"$(dirname "$0")/ran"
echo good >"$task.txt"; finish done
SH
tasks one
ox run
before=$(find "$root" -type f -printf '%p %T@ %s\n' | sort)
ox attempt replay 1
is "exit code" "$code" 0
is "nothing changed" "$(find "$root" -type f -printf '%p %T@ %s\n' | sort)" "$before"
is "not run" "$(wc -l <"$root/ran")" 1

case_is "a driver that reads otherwise is found out"
make_root <<'SH'
echo '{"say":"I begin"}'
echo good >"$task.txt"; finish done
SH
use_jsonl
tasks one
ox run
sed -i 's|text_path: say|text_path: words|' "$root/orxaq.yaml"
ox attempt replay 1
is "exit code" "$code" 1
has "what" "$out" "text differs"
has "recorded" "$out" '"text":"I begin"'
ox attempt replay 1 --json
has "json" "$out" '"same":false'
sed -i 's|output: jsonl|output: json|' "$root/orxaq.yaml"
ox attempt replay 1
is "outcome" "$code" 1
has "outcome" "$out" "outcome differs"
sed -i 's|  worker:|  other:|' "$root/orxaq.yaml"
ox attempt replay 1
is "no provider" "$code" 1
has "no provider" "$err" 'the provider "worker", which is not configured any more'

case_is "no secret is in a record"
export WORKER_KEY=sk-e2e-0123456789
make_root <<'SH'
echo "{\"say\":\"my key is $WORKER_KEY\"}"
printf '{"say":"again sk-e2e-0123'; sleep 0.1; printf '456789"}\n'
echo "$WORKER_KEY" >&2
echo good >"$task.txt"; finish done
SH
use_jsonl
sed -i "s|settings: {argv: \[|&\"/usr/bin/env\", \"WORKER_KEY=$WORKER_KEY\", |" "$root/orxaq.yaml"
tasks one
ox run
is "exit code" "$code" 0
is "nowhere" "$(grep -rlF -- "$WORKER_KEY" "$root/state/records" | wc -l)" 0
has "blotted out" "$(cat "$(record 1-1)")" 'my key is *****************'
ox attempt show 1
has "argv" "$out" 'WORKER_KEY=*****************'
ox attempt replay 1
is "replayed" "$code" 0
unset WORKER_KEY

case_is "a call that was cut off leaves what came until then"
make_root <<'SH'
echo '{"say":"I begin"}'
: >"$(dirname "$0")/begun"
exec sleep 60
SH
use_jsonl
tasks one
"$orxaq" --root "$root" run >/dev/null 2>&1 &
pid=$!
begins() { [ -e "$root/begun" ] && grep -q 'I begin' "$(record 1-1)"; }
until_true "the record of the call" begins
kill -KILL $pid
wait $pid 2>/dev/null || true
ox attempt show 1
has "breaks off" "$out" "breaks off"
ox attempt replay 1
is "exit code" "$code" 1
has "says so" "$out" "the record breaks off"
sed -i 's|exec sleep 60|echo good >"$task.txt"; finish done|' "$root/agent"
ox run
is "goes on" "$code" 0
ox attempt replay 2
is "the next one is whole" "$code" 0

case_name="without a journal the records tell"
: >"$root/state/orxaq.db"
ox attempt show 1
is "exit code" "$code" 0
has "why" "$err" "only the records can tell"
has "task" "$out" "task one, attempt 1 of it"

case_is "what there is not"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
tasks one
ox run
ox attempt show 77
is "exit code" "$code" 1
has "message" "$err" "there is no attempt 77"
ox attempt show one
is "usage" "$code" 2
ox attempt replay 77
is "exit code" "$code" 1
rm "$(record 1-1)"
ox attempt show 1
is "shown all the same" "$code" 0
has "no record" "$out" "record     none"
ox attempt replay 1
is "no replay" "$code" 1
has "why" "$err" "attempt 1 has no record"

# The drivers of the real programs, on what these once printed.
for file in ok tool-edit malformed; do
    case_is "claude: $file"
    make_root <<'SH'
SH
    cat >"$root/claude" <<SH
#!/bin/sh
cat >/dev/null
cat "$here/../../../plugins/claude/tests/recorded/$file.jsonl"
SH
    chmod +x "$root/claude"
    sed -i "/worker:/,\$d" "$root/orxaq.yaml"
    printf '  worker: {plugin: claude, settings: {program: %s}}\n' "$root/claude" >>"$root/orxaq.yaml"
    tasks one
    ANTHROPIC_API_KEY=sk-ant-e2e-000000 ox run --max-cycles 1
    [ "$code" = 4 ] || [ "$code" = 0 ] || [ "$code" = 3 ] || fail "exit code $code: $err"
    ox attempt replay 1
    is "exit code" "$code" 0
    has "same" "$out" "as recorded"
done

finish_tests
