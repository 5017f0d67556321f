#!/bin/bash
# prompts.sh: how long a prompt may be, and what happens to one that is longer.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

# big BYTES: a task "big" whose description is so many times ^, a letter that stands nowhere else
big() {
    {
        printf '[{"id": "big", "owner": "worker", "priority": 1, "title": "Big", "description": "'
        head -c "$1" /dev/zero | tr '\0' '^'
        printf '"}]\n'
    } >"$root/config/tasks.json"
}

# worker LINE: a further line of the provider
worker() { sed -i "s|^    plugin: command|&\n    $1|" "$root/orxaq.yaml"; }

journal() { "$orxaq" --root "$root" --json events; }
tokens() { journal | sed -n "s/.*\"kind\":\"$1\".*\"prompt_tokens_est\":\([0-9]*\).*/\1/p" | head -n 1; }

# An agent that says how much of the description reached it, and whether it stands in any command line.
counting() {
    make_root <<'SH'
printf '%s' "$prompt" | tr -dc '^' | wc -c >"$task.txt"
cat /proc/[0-9]*/cmdline 2>/dev/null | grep -aqE '\^{12}' && echo bad >argv.txt
finish done
SH
}
came() { git -C "$root/repo" show HEAD:big.txt 2>/dev/null || true; }

# not_sent WHY: the agent was never started, and the task is blocked for that reason
not_sent() {
    is "exit code" "$code" 4
    is "state" "$(status_of big)" blocked
    has "outcome" "$("$orxaq" --root "$root" --json attempt show 1)" '"kind":"context_too_long"'
    has "reason" "$("$orxaq" --root "$root" tasks show big)" "$1"
    hasnt "a program" "$(journal)" '"kind":"call.spawned"'
    is "agent" "$(ls "$root/repo")" check
}

case_is "a megabyte on standard input"
counting
big 1000000
(ulimit -d $data && exec "$orxaq" --root "$root" run) >"$work/out" 2>&1 || fail "$(cat "$work/out")"
is "arrived" "$(came)" 1000000
is "not in argv" "$(git -C "$root/repo" ls-tree --name-only HEAD | tr '\n' ' ')" "big.txt check "
is "in the record" "$(tr -dc '^' <"$root/state/records/000000/1-1.rec" | wc -c)" 1000000
ox attempt replay 1
is "replay" "$code" 0
ox project rebuild
is "rebuild" "$code" 0

case_is "a megabyte in a file"
counting
sed -i 's|\["\(.*\)"\], output: json|["\1", "{prompt_file}"], prompt: file, output: json|' "$root/orxaq.yaml"
sed -i 's|^prompt=.*|prompt=$(cat "$1")|' "$root/agent"
big 1000000
ox run
is "arrived" "$(came)" 1000000
is "not in argv" "$(git -C "$root/repo" ls-tree --name-only HEAD | tr '\n' ' ')" "big.txt check "

case_is "too long for an argument"
counting
sed -i 's|\["\(.*\)"\], output: json|["\1", "{prompt}"], prompt: argument, output: json|' "$root/orxaq.yaml"
big 110000
ox run
not_sent "too long for an argument"

case_is "too long for anybody"
counting
big 12582000
ox run
not_sent "at most 12582912 are sent"

case_is "a description that no prompt could hold is refused at load"
counting
big 12582913
ox run
is "exit code" "$code" 1
has "message" "$err" '"description" has 12582913 bytes, at most 12582912 are allowed'

case_is "too long for the window"
counting
worker "context_tokens: 20000"
big 170000
ox run
not_sent "cannot fit the 20000 tokens of providers.worker.context_tokens"

case_is "what may give way does so for the window"
counting
worker "context_tokens: 20000"
head -c 60000 /dev/zero | tr '\0' '^' >"$root/config/objective.md"
tasks big
ox run
is "exit code" "$code" 0
tokens=$(tokens call.begun)
case $tokens in 11[0-9][0-9][0-9] | 12000) ;; *) fail "$tokens tokens, expected nearly 12000" ;; esac
has "less of the objective" "$(came)" 4

case_is "what may give way does so when the program says no"
counting
sed -i 's|\["\(.*\)"\], output: json|["\1", "{prompt}"], prompt: argument, output: json|' "$root/orxaq.yaml"
sed -i 's|^prompt=.*|prompt=$1|; /cmdline/d' "$root/agent"
head -c 60000 /dev/zero | tr '\0' '^' >"$root/config/objective.md"
big 80000
ox run
is "exit code" "$code" 0
is "description whole, objective 4 KiB" "$(came)" 84096
has "it is told" "$(journal)" '"kind":"call.shortened"'
row=$("$orxaq" --root "$root" --json attempt show 1)
has "the row says what was sent" "$row" "\"prompt_tokens\":$(tokens call.shortened)"
is "both in the record" "$(grep -ac '^{"k":"open"' "$root/state/records/000000/1-1.rec")" 2

finish_tests
