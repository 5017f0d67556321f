#!/bin/bash
# cli.sh: the command line: help, suggestions, exit codes, JSON, and every command once.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

case_is "help and words"
mkdir -p "$root"
ox help
is "help" "$code" 0
has "overview" "$out" "tasks list"
"$orxaq" >"$work/out" 2>&1 && code=0 || code=$?
is "nothing asked" "$code" 2
ox statsu
is "unknown command" "$code" 2
has "suggestion" "$err" 'did you mean "status"'
ox task list
is "unknown words" "$code" 2
has "suggestion" "$err" 'did you mean'
ox run --max-atempts 3
is "unknown option" "$code" 2
has "suggestion" "$err" "did you mean --max-attempts"
ox run --max-attempts
is "missing value" "$code" 2
ox status --root
is "missing value of a global option" "$code" 2
ox tasks show
is "missing argument" "$code" 2
has "usage" "$err" "usage:"
ox tasks show a b
is "too many arguments" "$code" 2
ox status -x
is "single dash" "$code" 2
ox tasks list --help
is "help of a command" "$code" 0
has "usage" "$out" "usage: orxaq tasks list"
ox help tasks list
has "the same" "$out" "usage: orxaq tasks list"
ox --version
has "version" "$out" "plugin ABI"
ox --json version
has "version as JSON" "$out" '"abi"'
ox completion bash
has "bash" "$out" "complete -o default -F _orxaq orxaq"
bash -n "$work/out" || fail "the bash completion is no valid script"
ox completion zsh
has "zsh" "$out" "#compdef orxaq"
ox completion fish
is "other shell" "$code" 2

case_is "init never overwrites"
mkdir -p "$root/config"
echo mine >"$root/config/objective.md"
code=0
"$orxaq" init "$root" >"$work/out" || code=$?
is "exit code" "$code" 0
is "kept" "$(cat "$root/config/objective.md")" mine
has "written" "$(cat "$work/out")" "written orxaq.yaml"
ox config check
is "the example is valid" "$code" 0
code=0
"$orxaq" init "$root" >"$work/out" || code=$?
hasnt "second time" "$(cat "$work/out")" "written "
has "forwarding" "$(make -s -C "$root" version ORXAQ="$orxaq" 2>&1)" "orxaq 0"

case_is "what init brings besides"
mkdir -p "$root"
"$orxaq" --quiet init "$root"
for file in skills/orxaq-autonomy-agent/SKILL.md config/codex_result.schema.json config/mcp_context.example.json \
    config/mcp_servers.example.json config/prompts/gemini_test_prompt.md AGENTS.md; do
    [ -s "$root/$file" ] || fail "no $file"
done

case_name="the lanes that init brings"
ox --json lanes-plan
is "they can be used" "$code" 0
is "three" "$(printf '%s\n' "$out" | grep -o '"tasks_file": *"[^"]*"' | wc -l)" 3
while read -r file; do
    [ -s "$root/$file" ] || fail "a lane names $file, which is not there"
done < <(sed -n 's/.*_file": "\(.*\)".*/\1/p' "$root/config/lanes.json")
ox lanes-plan
is "none starts before somebody wants it" "$(grep -c 'plan: enabled: false' <<<"$out")" 3
for lane in codex_implementation gemini_test_backlog claude_review; do
    ox run --dry-run --tasks-file "$root/config/lanes/${lane}_tasks.json"
    has "the queue of $lane" "$err" "1 task would be done"
done

case_name="commands that pages and AGENTS.md name are there"
words=$(sed -n 's/^ *orxaq \([a-z-]*\) *\([a-z-]*\).*/\1 \2/p; s/.*`orxaq \([a-z-]*\) *\([a-z-]*\).*/\1 \2/p' \
    "$root/AGENTS.md" "${ORX_SOURCE_DIR:-$(dirname "$0")/../../..}"/docs/{vscode,halts}.md | sort -u)
[ "$(wc -l <<<"$words")" -ge 20 ] || fail "too few were found: $words"
while read -r one two; do
    "$orxaq" help "$one" ${two:+"$two"} >/dev/null 2>&1 || "$orxaq" help "$one" >/dev/null 2>&1 ||
        fail "there is no command $one $two"
done <<<"$words"
case_name="what init brings besides"
ox init-skill-protocol
is "unchanged" "$code" 0
is "as before" "$out" "wrote skill protocol: $root/config/skill_protocol.json"
echo '{"version": "3"}' >"$root/config/skill_protocol.json"
ox init-skill-protocol
is "changed" "$code" 1
has "said" "$err" "--force replaces it"
is "kept" "$(cat "$root/config/skill_protocol.json")" '{"version": "3"}'
ox init-skill-protocol --force
is "forced" "$code" 0
has "written" "$(cat "$root/config/skill_protocol.json")" '"version": "2"'
ox init skill-protocol --output other/skill.json
is "elsewhere" "$code" 0
is "the same" "$(cat "$root/other/skill.json")" "$(cat "$root/config/skill_protocol.json")"

case_is "an empty root"
mkdir -p "$root"
ox tasks list
is "no journal" "$code" 1
has "what to do" "$err" "orxaq run"
ox run
is "no tasks" "$code" 1
has "what to do" "$err" "orxaq init"

case_is "tasks"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
tasks one two
ox run
ox tasks list
has "list" "$out" "one"
ox --json tasks
has "list as JSON" "$out" '"id":"one"'
ox tasks list --status blocked
hasnt "filtered" "$out" "Task one"
ox tasks list --status bad
is "bad filter" "$code" 2
ox tasks add three --owner worker --title "Third" --after one --accept "it is there"
is "add" "$code" 0
ox tasks add three --owner worker
is "add twice" "$code" 1
has "message" "$err" "exists already"
ox tasks add four --owner nobody
is "unknown owner" "$code" 1
has "message" "$err" "unknown owner"
ox tasks add four --owner worker --after missing
is "unknown dependency" "$code" 1
ox tasks add ../x --owner worker
is "bad id" "$code" 1
ox run
is "it runs" "$(status_of three)" done
ox tasks show three
has "show" "$out" "it is there"
has "commit" "$out" "commit"
ox tasks show thre
is "no such task" "$code" 1
has "near" "$err" '"three"'
ox tasks reset three
is "reset" "$(status_of three)" pending
ox tasks reset
is "reset what" "$code" 2
ox tasks reset nope
is "reset nobody" "$code" 1

case_name="events"
ox events --last 3
is "three" "$(wc -l <"$work/out")" 3
ox --json events --kind attempt. --task two
has "filtered" "$out" '"kind":"attempt.settled"'
hasnt "filtered" "$out" '"task":"one"'
ox events --last x
is "no number" "$code" 2
timeout 2 "$orxaq" --root "$root" events --follow --last 3 >"$work/out" 2>&1 || true
has "follow" "$(cat "$work/out")" "task.reset"

case_is "config, plugins, projections"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
tasks one
ox run
ox config show retry.max_attempts --origin
has "value and place" "$out" "orxaq.yaml:3:"
ORXAQ_AUTONOMY_MAX_CYCLES=7 ox config show run --origin
is "exit code" "$code" 0
ox config show no.such.key
is "no key" "$code" 1
ox config reference
has "reference" "$out" '| `max_attempts` |'
ox plugin list
has "list" "$out" "command"
has "capability" "$out" "orxaq.provider/1"
ox plugin info command
has "settings" "$out" "argv"
ox plugin info nothing
is "no plugin" "$code" 1
cp "$root/state/state.json" "$work/before"
rm "$root/state/state.json" "$root/artifacts/autonomy/conversations.ndjson"
ox project rebuild
is "exit code" "$code" 0
is "the same again" "$(cmp "$work/before" "$root/state/state.json" && echo same)" same
ox --json status
for key in supervisor_running supervisor_pid runner_running runner_pid heartbeat_age_sec \
    heartbeat_stale_threshold_sec state_file log_file; do
    has "status key" "$out" "\"$key\":"
done
ox status --text
has "counts" "$out" "1 done"

finish_tests
