#!/bin/bash
# bootstrap.sh: from a configured root to a supervisor at work, and what is said when a step fails.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/health/lib.sh
. "$(dirname "$0")/lib.sh"

packet() { cat "$(artifacts startup_packet.md)"; }
file="orxaq-dual-agent.code-workspace"
# step NAME: its state in the document in $out
step() { printf '%s\n' "$out" | awk -v name="\"name\": \"$1\"" 'index($0, name) { f = 1 }
    f && /"state"/ { gsub(/.*: "|",?$/, ""); print; exit }'; }

# editors: launchers stand in for those of the machine, which the test must not open
mkdir "$work/editors" "$work/nothing"
printf '#!/bin/sh\necho "$*" >"%s/opened"\n' "$work" >"$work/editors/code"
# Nor what keeps things alive on this machine: neither of the two can be used, until a case says so.
for tool in systemctl crontab; do printf '#!/bin/sh\necho "%s: none here" >&2\nexit 3\n' $tool >"$work/editors/$tool"; done
chmod +x "$work/editors"/*
for tool in git sh sed cat head grep env tr; do ln -s "$(command -v $tool)" "$work/nothing/$tool"; done
cp "$work/editors"/{systemctl,crontab} "$work/nothing"
machine=$PATH
export PATH=$work/editors:$machine

case_is "18: without flags: changes are allowed, the editor is opened, packet and workspace are there"
a_root <<<"$good"
mkdir -p "$root/config/prompts"
sed -i 's|^providers:|&\n  codex: {plugin: command, prompt_file: config/prompts/codex_impl_prompt.md, settings: {argv: ["true"], output: json}}|' \
    "$root/orxaq.yaml"
printf 'Be kind.\n```sh\nmake\n```\n' >"$root/config/prompts/codex_impl_prompt.md"
echo change >"$root/repo/changed"
rm -f "$work/opened"
ox bootstrap
is "exit code" "$code" 0
is "ok" "$(field ok)" true
is "workspace" "$(field workspace)" "\"$root/$file\""
is "reused" "$(field workspace_reused)" false
is "packet" "$(field startup_packet)" "\"$(artifacts startup_packet.md)\""
is "clean" "$(field clean)" true
is "what the changes mean is said" "$(step preflight)" warned
is "supervisor" "$(field supervisor_running)" true
is "its pid" "$(field supervisor_pid)" "$(cat "$(artifacts supervisor.pid)")"
is "editor" "$(field requested)" '"vscode"'
has "editor" "$(field result)" "opened with: code $root/$file (pid="
until_true "the editor began" test -s "$work/opened"
is "what it was given" "$(cat "$work/opened")" "$root/$file"
is "a prompt" "$(field codex)" "\"$root/config/prompts/codex_impl_prompt.md\""
is "workspace step" "$(step workspace)" "done"
is "supervisor step" "$(step supervisor)" "done"
[ -s "$root/$file" ] || fail "no workspace was written"

case_name="B.3: the packet"
has "queue" "$(packet)" "- Task queue: \`$root/config/tasks.json\`"
has "objective" "$(packet)" "- Objective: \`$root/config/objective.md\`"
has "protocol" "$(packet)" "- Skill protocol: \`$root/config/skill_protocol.json\`"
has "workspace" "$(packet)" "- Workspace: \`$root/$file\`"
has "log" "$(packet)" "- Supervisor log: \`$root/"
[ -e "$(packet | sed -n 's/^- Supervisor log: `\(.*\)`$/\1/p')" ] || fail "the log of the packet is not there"
has "conversations" "$(packet)" "- Conversations log: \`$(artifacts conversations.ndjson)\`"
has "lanes" "$(packet)" "- Lane plan: \`$root/config/lanes.json\`"
has "source" "$(packet)" "- Codex: \`$root/config/prompts/codex_impl_prompt.md\`"
is "sections" "$(packet | grep '^#' | tr '\n' '|')" \
    "# Orxaq startup packet|## Runtime|## AI Startup Prompts|### Codex|### Gemini|### Claude|"
has "a fence that the prompt cannot end" "$(packet)" $'````text\nBe kind.\n```sh\nmake\n```\n````'
has "one that is not there" "$(packet)" $'### Gemini\n\n*Prompt not found.*'

case_name="19: again: nothing is made twice"
super=$(cat "$(artifacts supervisor.pid)")
echo mine >"$root/$file"
echo old >"$(artifacts startup_packet.md)"
ox bootstrap --ide none
is "exit code" "$code" 0
is "reused" "$(field workspace_reused)" true
is "untouched" "$(cat "$root/$file")" mine
has "the packet is new" "$(packet)" "## Runtime"
is "the same supervisor" "$(field supervisor_pid)" "$super"
is "supervisor step" "$(step supervisor)" kept
is "workspace step" "$(step workspace)" kept
is "no editor" "$(field requested)" '"none"'
is "ide step" "$(step ide)" skipped
ox bootstrap --ide none --text
is "text" "$code" 0
has "a row" "$out" "kept  workspace   $root/$file"
has "a row" "$out" "kept  supervisor  at work (pid $super)"

case_name="22: a keepalive that cannot be installed fails nothing"
keepalive() { sed -n '/^  "keepalive"/,/^  }/p' <<<"$out" | grep -c "$1"; }
ox bootstrap --ide none
is "ok" "$(field ok)" true
is "asked for" "$(keepalive '"requested": true')" 1
is "not there" "$(keepalive '"active": false')" 1
is "why is said" "$(keepalive '"error": ".*crontab')" 1
is "keepalive step" "$(step keepalive)" warned
ox bootstrap --ide none --skip-keepalive
is "not asked for" "$(keepalive '"requested": false')" 1
is "no error" "$(keepalive '"error": ""')" 1
is "keepalive step" "$(step keepalive)" skipped

case_name="18: a keepalive that can"
cat >"$work/editors/crontab" <<'SH'
#!/bin/sh
case $1 in
-l) cat "$HOME/tab" 2>/dev/null || { echo "no crontab for you" >&2; exit 1; } ;;
-) cat >"$HOME/tab" ;;
esac
SH
ox bootstrap --ide none
is "exit code" "$code" 0
is "active" "$(keepalive '"active": true')" 1
is "called" "$(keepalive '"label": "orxaq-keepalive-')" 1
is "keepalive step" "$(step keepalive)" "done"
has "the line" "$(cat "$HOME/tab")" "$root"
before=$(cat "$HOME/tab")
ox bootstrap --ide none
is "again" "$(keepalive '"active": true')" 1
is "the line is there once" "$(cat "$HOME/tab")" "$before"

case_name="22: an editor that cannot be opened fails nothing"
PATH=$work/nothing ox bootstrap
is "exit code" "$code" 0
is "ok" "$(field ok)" true
is "result" "$(field result)" '""'
has "why" "$(sed -n '/^  "ide"/,/^  }/p' <<<"$out")" "no launcher of vscode is there"
is "ide step" "$(step ide)" warned
supervisor_ends

case_is "20: a preflight that fails: the packet is written, nothing is started"
a_root <<<"$good"
echo change >"$root/repo/changed"
rm -f "$work/opened"
ox bootstrap --require-clean
is "exit code" "$code" 1
is "ok" "$(field ok)" false
is "reason" "$(field reason)" '"preflight_failed"'
is "clean" "$(field clean)" false
is "preflight step" "$(step preflight)" failed
has "packet" "$(packet)" "## Runtime"
[ ! -e "$(artifacts supervisor.pid)" ] || fail "a supervisor was started"
[ ! -e "$work/opened" ] || fail "an editor was opened"
hasnt "no supervisor" "$out" '"supervisor"'
ox bootstrap --require-clean --text
is "exit code" "$code" 1
has "what to do" "$out" "commit or stash them"
echo 'git: {isolation: worktree}' >>"$root/orxaq.yaml"
ox bootstrap --ide none
is "with changes" "$code" 0
is "which a worktree does not see" "$(step preflight)" "done"
until_true "the task is done" state_is idle
supervisor_ends

case_is "21: a supervisor that does not come up"
a_root <<<"$good"
mkdir -p "$root/state/orxaq.db"
ox bootstrap
is "exit code" "$code" 1
is "ok" "$(field ok)" false
is "reason" "$(field reason)" '"start_failed"'
has "error" "$(field error)" "the supervisor"
is "supervisor step" "$(step supervisor)" failed

case_is "what cannot be"
a_root <<<"$good"
ox bootstrap --ide emacs
is "an editor" "$code" 2
has "said" "$err" "vscode, cursor, pycharm or none"
[ ! -e "$root/$file" ] || fail "something was written"
ox bootstrap now
is "an argument" "$code" 2
ox bootstrap --help
has "help" "$out" "startup_packet.md"
ox bootstrap --ide none --workspace nowhere/x.code-workspace
is "a folder that is not there" "$code" 1
has "said" "$err" "nowhere/x.code-workspace"
code=0
err=$("$orxaq" --root "$work/no-such-root" bootstrap --ide none 2>&1) || code=$?
is "a root that is not there" "$code" 1
has "said" "$err" "no-such-root"

finish_tests
