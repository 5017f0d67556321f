#!/bin/bash
# preflight.sh: what `orxaq preflight` says is missing before a run, and what it mends.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/health/lib.sh
. "$(dirname "$0")/lib.sh"

# provider NAME PROGRAM: one whose program may be missing
provider() { printf '  %s:\n    plugin: %s\n    settings: {program: "%s"}\n' "$1" "$1" "$2" >>"$root/orxaq.yaml"; }

# owned OWNER...: a queue with a task for each
owned() {
    local owner sep=''
    {
        echo '['
        for owner in "$@"; do
            printf '%s{"id": "for-%s", "owner": "%s", "priority": 1, "title": "t", "description": "d"}\n' "$sep" "$owner" "$owner"
            sep=,
        done
        echo ']'
    } >"$root/config/tasks.json"
}

# check NAME: whether the check of that name (or repository) is ok, and its message
check() {
    printf '%s\n' "$out" | awk -v id="\": \"$1\"" '/{$/ { ok = message = found = "" }
        /"message":/ { sub(/.*"message": "/, ""); sub(/",?$/, ""); message = $0 }
        /"ok":/ { ok = /true/ ? "ok" : "fail" }
        /"(name|repo)":/ && index($0, id) { found = 1 }
        /^ *},?$/ && found { print ok ": " message; exit }'
}

# fake_codex LOGIN: a program that says which version it is, and LOGIN when asked for its login
fake_codex() {
    printf '#!/bin/sh\ncase $1 in --version) echo "codex-cli 0.169.0" ;; login) %s ;; esac\n' "$1" >"$root/codex"
    chmod +x "$root/codex"
}

case_is "12: a repository with changes"
make_root <<<"$good"
owned worker
ox preflight
is "clean" "$code" 0
is "clean" "$(field clean)" true
echo mine >"$root/repo/mine.txt"
ox preflight
is "dirty" "$code" 1
is "dirty" "$(field clean)" false
is "the rest is well" "$(field runtime)" '"ok"'
is "two repositories" "$(printf '%s\n' "$out" | grep -c '"repo":')" 2
has "what to do" "$(check "$root/repo")" "fail: 1 uncommitted change: commit or stash"
ox preflight --allow-dirty
is "allowed" "$code" 0
ox preflight-autonomy
is "allowed" "$code" 0
is "keys" "$(printf '%s\n' "$out" | sed -n 's/^  "\([a-z_]*\)":.*/\1/p' | tr '\n' ' ')" "checks clean impl_repo runtime runtime_checks runtime_errors runtime_recommendations test_repo "
ox preflight --text
is "text" "$code" 1
has "text" "$out" "fail  $root/repo: 1 uncommitted change"
is "nothing was run" "$([ -e "$root/state" ] && echo state)" ""

case_is "13: repositories that are missing, or none"
make_root <<<"$good"
owned worker
mv "$root/repo" "$root/away"
ox preflight --allow-dirty
is "missing" "$code" 1
is "missing" "$(field clean)" false
has "said" "$(check "$root/repo")" "fail: missing repository: $root/repo"
mkdir "$root/repo"
ox preflight --allow-dirty
is "no repository" "$code" 1
rm -r "$root/repo"
git init -q --bare -b main "$root/repo"
ox preflight --allow-dirty
is "a bare one" "$code" 1
has "said" "$(check "$root/repo")" "fail: a bare repository"

case_is "14: programs that are missing"
make_root <<<"$good"
provider codex /nowhere/codex
provider gemini /nowhere/gemini
sed -i 's|"/nowhere/gemini"|["/nowhere/gemini"]|' "$root/orxaq.yaml"
owned codex gemini
ox preflight
is "missing" "$code" 1
is "runtime" "$(field runtime)" '"error"'
has "codex" "$(check codex_cli)" "fail: "
has "gemini" "$(check gemini_cli)" "fail: "
is "errors" "$(printf '%s\n' "$out" | sed -n '/"runtime_errors"/,/\]/p' | grep -c nowhere)" 2
is "advice, once each" "$(printf '%s\n' "$out" | sed -n '/"runtime_recommendations"/,/\]/p' | sort | uniq -d)" ""
has "advice" "$out" "providers.codex"
hasnt "a key is no text to show" "$out" "OPENAI_API_KEY="

case_is "10: a program is found along PATH"
make_root <<<"$good"
mkdir "$root/bin"
fake_codex 'echo "Logged in using ChatGPT" >&2'
mv "$root/codex" "$root/bin/codex-here"
provider codex codex-here
provider claude claude-nowhere
owned codex claude
path=$PATH
PATH=$root/bin:$PATH
ox preflight
PATH=$path
is "one is not there" "$code" 1
has "there" "$(check codex_cli)" "ok: "
has "not there" "$(check claude_cli)" "fail: "
has "by the name that was given" "$(check claude_cli)" "claude-nowhere"
ox preflight
has "on another PATH" "$(check codex_cli)" "fail: "

case_is "15, 17: only what open tasks need has to be there"
make_root <<<"$good"
provider codex /nowhere/codex
provider claude /nowhere/claude
owned worker
ox preflight
is "nobody needs them" "$code" 0
has "codex" "$(check codex_cli)" "ok: no task needs it"
has "claude" "$(check claude_cli)" "ok: no task needs it"
owned worker claude
ox preflight
is "one task does" "$code" 1
has "claude" "$(check claude_cli)" "fail: "
has "codex" "$(check codex_cli)" "ok: no task needs it"
owned worker
echo '[{"id": "a", "owner": "codex"}, {"id": "b", "owner": "claude", "enabled": false}]' >"$root/config/lanes.json"
ox preflight
is "a lane does" "$code" 1
has "codex" "$(check codex_cli)" "fail: "
has "a lane that is off does not" "$(check claude_cli)" "ok: no task needs it"
rm "$root/config/lanes.json"
owned worker nobody
ox preflight
is "an owner that nobody serves" "$code" 1
has "said" "$(check owner)" "fail: no provider serves the owner nobody"
echo '[{"id": }]' >"$root/config/tasks.json"
ox preflight
is "a tasks file that is none" "$code" 1
has "said" "$(check tasks_file)" "tasks.json:1:"

case_is "a program without a login; tasks that are done"
make_root <<<"$good"
fake_codex 'echo "Not logged in" >&2; exit 1'
provider codex "$root/codex"
owned codex
ox preflight
is "no login" "$code" 1
has "there" "$(check codex_cli)" "ok: "
has "no login" "$(check codex_auth)" "fail: "
fake_codex 'echo "Logged in using ChatGPT" >&2'
ox preflight
is "logged in" "$code" 0
has "logged in" "$(check codex_auth)" "ok: "
owned worker
ox run
is "run" "$code" 0
owned worker
sed -i "s|\"$root/agent\"|\"nosuch-agent\"|" "$root/orxaq.yaml"
ox preflight
is "what is done needs nobody" "$code" 0

case_is "a provider that may not be called is not asked"
make_root <<<"$good"
fake_codex 'touch "'"$root"'/asked"'
provider codex "$root/codex"
owned codex
echo 'run: {local_only: true}' >>"$root/orxaq.yaml"
ox preflight
is "exit code" "$code" 1
has "said" "$(check codex_cli)" "fail: "
has "what to do" "$out" "run.local_only"
is "not asked" "$([ -e "$root/asked" ] && echo asked)" ""

case_is "16: a repository that is bare by mistake is mended"
make_root <<<"$good"
owned worker
ox preflight
has "nothing to mend" "$(check git_worktree_common_nonbare)" "ok: no repository is marked bare"
note=$(artifacts git_worktree_common_config_remediation.json)
[ ! -e "$note" ] || fail "a note of nothing"
git -C "$root/repo" config core.bare true
ox preflight
is "mended" "$code" 0
is "mended" "$(git -C "$root/repo" config core.bare)" false
has "said" "$(check git_worktree_common_nonbare)" "ok: $root/repo: core.bare was set"
for line in '"remediation_applied": true' '"fixed": true' '"local_core_bare_before": "true"' '"set_error": ""'; do
    has "note" "$(cat "$note")" "$line"
done

finish_tests
