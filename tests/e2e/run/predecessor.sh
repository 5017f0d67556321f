#!/bin/bash
# predecessor.sh: a root that ran under the predecessor (tests/roots/predecessor) runs here, with nothing but
# its own files: configuration, queue, state, names of programs in its environment file.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; programs are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

source_dir=${ORX_SOURCE_DIR:-$(cd "$(dirname "$0")/../../.." && pwd)}
"$build/libexec/orxaq-exec" --can-confine || {
    echo "skipped: gemini and claude are confined by default, which this kernel cannot" >&2
    exit 77
}
export HOME=$work/home
mkdir -p "$HOME"
auto=artifacts/autonomy

# repository NAME: one that says whether something bad was written
repository() {
    git init -q -b main "$work/$1"
    printf 'test:\n\t@! grep -q bad *.txt\n' >"$work/$1/Makefile"
    git -C "$work/$1" add -A
    git -C "$work/$1" -c user.name=t -c user.email=t@localhost commit -q -m base
}

# played FILE: a recording whose answer is a result
played() {
    local said='{\\"status\\":\\"done\\",\\"summary\\":\\"by the agent\\",\\"next_actions\\":[\\"look at it\\"]}'
    sed -e "s/Hello from the fake model. The answer is 42./$said/g" -e "s/Hello from the fake mode/$said/" \
        -e 's/l\. The answer is 42\.//' "$source_dir/plugins/$1"
}

# The programs: each leaves a file named after its task, and is heard as the real one was.
programs() {
    mkdir -p "$work/bin"
    played codex/tests/data/server/ok.jsonl >"$work/codex.jsonl"
    played gemini/tests/recorded/ok.jsonl >"$work/gemini.jsonl"
    cat "$source_dir/plugins/claude/tests/recorded/schema.jsonl" >"$work/claude.jsonl"
    cat >"$work/bin/our-codex" <<SH
#!/bin/sh
case \$1 in --version) echo "codex-cli 0.169.0"; exit ;; esac
while IFS= read -r line; do
    case \$line in
    *'"method":"thread/start"'*) cat "$source_dir/plugins/codex/tests/data/server/begin.jsonl" ;;
    *'"method":"turn/start"'*)
        printf '%s\n' "\$line" | sed -n 's/.*\\\\nid: \\([^\\\\]*\\)\\\\n.*/\\1/p' >>codex.txt
        cat "$work/codex.jsonl" ;;
    esac
done
SH
    for name in gemini claude; do
        cat >"$work/bin/our-$name" <<SH
#!/bin/sh
sed -n 's/^id: //p' >>$name.txt
cat "$work/$name.jsonl"
SH
    done
    chmod +x "$work"/bin/*
}

predecessor_root() {
    rm -rf "$work/tern" "$work/tern-tests"
    cp -R "$source_dir/tests/roots/predecessor" "$root"
    chmod -R u+w "$root"
    repository tern
    repository tern-tests
    programs
    cat >>"$root/.env.autonomy" <<ENV
ORXAQ_AUTONOMY_CODEX_CMD=$work/bin/our-codex
ORXAQ_AUTONOMY_GEMINI_CMD=$work/bin/our-gemini
ORXAQ_AUTONOMY_CLAUDE_CMD=$work/bin/our-claude
ORXAQ_TASK_QUEUE_PERSISTENT_MODE=0
ENV
}

# keys FILE [N]: the members of an object, or of the N-th row, in order
keys() {
    if [ -n "${2:-}" ]; then sed -n "${2}p" "$1"; else tr -d '\n' <"$1"; fi |
        sed -E 's/"([^"\\]|\\.)*"(: )/\n&/g' | grep -oE '^"[a-z_]+": ' | tr -d '": ' | tr '\n' ' '
}
# words KEY FILE: its values, in order
words() { sed -n "s/.*\"$1\": \"\([^\"]*\)\".*/\1/p" "$2" | tr '\n' ' '; }

case_is "the configuration is understood"
predecessor_root
ox config check
is "exit code" "$code" 0
has "repository" "$out" "provider     codex: plugin codex, repository $work/tern"
has "tests" "$out" "provider     gemini: plugin gemini, repository $work/tern-tests"
ox run --dry-run
is "dry run" "$code" 0
[ ! -e "$root/state/orxaq.db" ] || fail "a dry run wrote a journal"

case_is "the queue is gone on with"
predecessor_root
ox run --task-queue-file "$root/state/task_queue.ndjson"
is "exit code" "$code" 0
is "codex did" "$(tr '\n' ' ' <"$work/tern/codex.txt")" "utf8-width docs-sweep "
is "gemini did" "$(tr '\n' ' ' <"$work/tern-tests/gemini.txt")" "ring-bounds-tests gemini-soak flaky-clock "
is "claude did" "$(tr '\n' ' ' <"$work/tern/claude.txt")" "ring-review release-notes "
for task in ring-bounds ring-bounds-tests ring-review utf8-width docs-sweep flaky-clock release-notes gemini-soak retired-task; do
    is "$task" "$(status_of "$task")" done
done
is "what was taken before is not taken again" "$(status_of queued-cache-key)" pending
is "a commit each" "$(git -C "$work/tern" log --format=%s | wc -l) $(git -C "$work/tern-tests" log --format=%s | wc -l)" "5 4"
has "what cannot be used is named" "$err" "state/task_queue.ndjson:3:"
has "and not taken" "$err" "state/task_queue.ndjson:4:"

# The files and keys of before, in the same order and form.
old=$source_dir/tests/roots/predecessor
is "rows of the state" "$(keys "$root/state/state.json" | tr ' ' '\n' | sort -u | tr '\n' ' ')" \
    "$(keys "$old/state/state.json" | tr ' ' '\n' | sort -u | tr '\n' ' ')"
is "an attempt is counted on" "$(tr -d '\n' <"$root/state/state.json" | grep -o '"utf8-width": {[^}]*"attempts": [0-9]*' | grep -o '[0-9]*$')" 4
is "a metric" "$(keys "$root/$auto/response_metrics.ndjson" 1)" "$(keys "$old/$auto/response_metrics.ndjson" 1)"
is "a handoff" "$(keys "$root/$auto/handoffs/to_gemini.ndjson" 1)" "$(keys "$old/$auto/handoffs/to_gemini.ndjson" 1)"
is "a privilege decision" "$(keys "$root/$auto/privilege_escalations.ndjson" 1)" "$(keys "$old/$auto/privilege_escalations.ndjson" 1)"
is "the claims" "$(keys "$root/state/task_queue.ndjson.claimed.json" | tr ' ' '\n' | grep -v - | tr '\n' ' ')" "claimed claimed_count updated_at "
talk=$root/$auto/conversations.ndjson
is "a conversation" "$(grep '"ring-review"' "$talk" | words event_type -)" "task_selected prompt routing_decision privilege_mode agent_output task_done "
is "keys of an answer" "$(grep agent_output "$talk" | tail -n 1 | keys /dev/stdin 1)" \
    "$(grep agent_output "$old/$auto/conversations.ndjson" | keys /dev/stdin 1)"
has "its agent" "$(grep '"prompt"' "$talk" | tail -n 1)" '"meta": {"agent": "claude"}'
has "its privileges" "$(grep privilege_mode "$talk" | tail -n 1)" '"meta": {"agent": "claude", "mode": "least_privilege", "provider": "claude"}'
for key in timestamp pid phase cycle task_id message; do
    has "heartbeat" "$(cat "$root/$auto/heartbeat.json")" "\"$key\": "
done
for key in $(keys "$old/$auto/response_metrics_summary.json"); do
    has "summary" "$(keys "$root/$auto/response_metrics_summary.json")" "$key "
done
is "a page for each" "$(find "$root/$auto" -name 'ring-review_????????_??????.md' | wc -l)" 1
ox run --task-queue-file "$root/state/task_queue.ndjson"
is "nothing is done twice" "$(git -C "$work/tern" log --format=%s | wc -l)" 5
finish_tests
