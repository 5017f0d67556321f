#!/bin/bash
# reports.sh: what a run leaves to read: heartbeat, a page per attempt, how it stopped.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

# beat KEY: a value of the heartbeat, on one line
beat() { tr -d '\n ' <"$root/artifacts/autonomy/heartbeat.json" | sed -n 's/.*"'"$1"'":\(\("[^"]*"\|{[^}]*}\|[^,}]*\)\).*/\1/p'; }
pages() { (cd "$root/artifacts/autonomy" && ls -- "$1"_*.md 2>/dev/null) | wc -l; }
page() { cat "$root/artifacts/autonomy/$1"_*.md; }
stop_report() { cat "$root/artifacts/autonomy/stop_report.md"; }

case_is "a run that cannot go on"
make_root <<'SH'
echo bad >"$task.txt"
printf '{"status":"done","summary":"%s tried","next_actions":["look at it"]}\n' "$task"
SH
cat >"$root/config/tasks.json" <<'JSON'
[{"id": "A.1", "owner": "worker", "priority": 1, "title": "First of two", "description": "d"},
 {"id": "b", "owner": "worker", "priority": 1, "title": "b", "description": "d", "depends_on": ["A.1"]}]
JSON
ox run
is "exit code" "$code" 4
is "phase" "$(beat phase)" '"stalled"'
is "blocked" "$(beat blocked)" 1
is "pending" "$(beat pending)" 1
is "waiting" "$(beat waiting_on_deps)" '{"b":["A.1"]}'
is "pages" "$(pages A.1)" 2
has "heading" "$(page A.1)" "# First of two"
has "first try" "$(page A.1)" "- Status: partial"
has "last try" "$(page A.1)" "- Status: blocked"
has "owner" "$(page A.1)" "- Owner: worker"
has "summary" "$(page A.1)" "- Summary: A.1 tried"
has "blocker" "$(page A.1)" "ended with exit code 1"
has "branch" "$(page A.1)" "orxaq/parked/2"
has "next" "$(page A.1)" "- look at it"
is "a task that was not tried" "$(pages b)" 0
has "why" "$(stop_report)" "- Why: nothing more can be done"
has "last task" "$(stop_report)" "- Last task: A.1 (validation-failed)"
has "blocked" "$(stop_report)" "- A.1: validation"
has "waiting" "$(stop_report)" "- b waits for A.1"
has "state" "$(stop_report)" "$root/state/state.json"
has "advice" "$(stop_report)" "orxaq tasks show ID"

case_is "reports follow the judgement"
make_root <<'SH'
case $task in
limited) exit 9 ;;
*) echo good >"$task.txt"; finish done ;;
esac
SH
sed -i 's|output: json}|output: json, exit_codes: {"9": rate_limit}}|; s|max_attempts: 2|max_attempts: 2, max_retryable: 1|' "$root/orxaq.yaml"
tasks good limited
ox run
has "delivered" "$(page good)" "- Status: done"
has "commit" "$(page good)" "- Commit: $(git -C "$root/repo" rev-parse HEAD)"
has "no blocker" "$(page good)" "- Blocker: none"
is "nothing was worked on but at the end" "$(pages limited)" 1

case_is "a rebuild makes them again"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
tasks one
ox run
before=$(page one)
rm "$root"/artifacts/autonomy/*.md
ox project rebuild
is "exit code" "$code" 0
is "the same" "$(page one)" "$before"
has "stop report" "$(stop_report)" "1 of 1 done"

case_is "the end of a run with an error"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
tasks one
echo mine >"$root/repo/mine.txt"
ox run
is "exit code" "$code" 1
is "phase" "$(beat phase)" '"stopped"'
has "why" "$(stop_report)" "uncommitted change"

finish_tests
