#!/bin/bash
# no_progress.sh: agents that get nowhere are stopped, each rule by itself, and the others are not.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

# jsonl_root: as make_root, with JSON lines, one attempt per task and a fixed number of calls
jsonl_root() {
    make_root
    sed -i -e 's|output: json}|output: jsonl}|' -e 's|max_attempts: 2|max_attempts: 1|' "$root/orxaq.yaml"
}

# rules TEXT: the no_progress section
rules() {
    echo "no_progress: {$1}" >>"$root/orxaq.yaml"
}

attempts_of() {
    "$orxaq" --root "$root" --json tasks show "$1" | sed -n 's/.*"attempts":\([0-9]*\).*/\1/p'
}

looping='for i in 1 2 3 4; do
    printf "{\"tool_call\":{\"id\":\"%s\",\"name\":\"shell\",\"arguments\":{\"command\":\"ls %s\"}}}\n" $i "$(arg $i)"
    printf "{\"tool_call\":{\"id\":\"%s\",\"result\":\"%s\"}}\n" $i "$(result $i)"
done'

case_is "the same tool call in a row"
{ echo 'arg() { echo x; }; result() { echo same; }'; echo "$looping"; echo 'sleep 60'; } | jsonl_root
tasks loop
ox run
is "exit code" "$code" 4
is "state" "$(status_of loop)" blocked
has "reason" "$("$orxaq" --root "$root" tasks show loop)" 'same tool call 3 times in a row: shell {"command":"ls x"}'
has "kind" "$("$orxaq" --root "$root" --json events)" '"kind":"no_progress"'

case_is "other arguments, other results and a higher limit are progress"
for way in 'arg() { echo $1; }; result() { echo same; }' 'arg() { echo x; }; result() { echo $1; }' \
    'arg() { echo x; }; result() { echo same; } # off'; do
    rm -rf "$root"
    { echo "$way"; echo "$looping"; echo 'sleep 1.5; echo good >"$task.txt"; finish done'; } | jsonl_root
    case $way in *off) rules 'same_call: 0' ;; esac
    tasks fine
    ox run
    is "exit code with $way" "$code" 0
done

case_is "the same work after three attempts"
make_root <<'SH'
echo bad >"$task.txt"; finish done
SH
sed -i 's|max_attempts: 2|max_attempts: 6|' "$root/orxaq.yaml"
tasks stubborn
ox run
is "exit code" "$code" 4
is "attempts" "$(attempts_of stubborn)" 3
shown=$("$orxaq" --root "$root" tasks show stubborn)
has "reason" "$shown" "3 attempts in a row left exactly the same work"
has "and what failed" "$shown" "ended with exit code 1"
has "event" "$("$orxaq" --root "$root" --json events)" '"reason":"no_progress"'

# A call that failed on its own (every second one here) is neither the same work nor another.
case_is "other work, failed calls and no rule go on"
for body in 'echo "bad $(date +%N)" >"$task.txt"' 'n=$(($(cat "$0.n" 2>/dev/null || echo 0) + 1)); echo $n >"$0.n"; [ $((n % 2)) = 1 ] || exit 3; echo bad >"$task.txt"' \
    'echo bad >"$task.txt" # off'; do
    rm -rf "$root"
    { echo "$body"; echo 'finish done'; } | make_root
    sed -i 's|max_attempts: 2|max_attempts: 4|' "$root/orxaq.yaml"
    case $body in *off) rules 'same_work: 0' ;; esac
    tasks busy
    ox run
    is "attempts with $body" "$(attempts_of busy)" 4
done

# Five calls of 110 tokens make the usual; the limit is 330.
spending='say() { printf "{\"usage\":{\"input_tokens\":%s,\"output_tokens\":10%s}}\n" "$1" "$2"; }
case $task in
much*) say 321 "$cost"; sleep 60 ;;
*) say ${more:-100} "$cost"; echo good >"$task.txt"; finish done ;;
esac'

case_is "spend beyond three times the usual"
{ echo 'cost='; echo "$spending"; } | jsonl_root
tasks a b c d e much
ox run
is "exit code" "$code" 4
is "the others" "$(status_of e)" done
has "reason" "$("$orxaq" --root "$root" tasks show much)" \
    "has used 331 tokens, more than 3 times what calls of this model usually use (110)"
is "booked" "$("$orxaq" --root "$root" --json tasks show much | sed -n 's/.*"input_tokens":\([0-9]*\).*/\1/p')" 321

case_is "money counts where it is stated"
{ echo 'case $task in much*) cost=",\"cost_usd\":0.31" ;; *) cost=",\"cost_usd\":0.1"; more=5000 ;; esac'; echo "$spending"; } | jsonl_root
tasks a b c d e much
ox run
is "exit code" "$code" 4
has "reason" "$("$orxaq" --root "$root" tasks show much)" "has cost 0.3100 USD, more than 3 times"

case_is "too few calls, a wider limit and no limit"
for rule in '' 'spend_factor: 4' 'spend_factor: 0'; do
    rm -rf "$root"
    { echo 'cost='; echo "${spending//sleep 60/sleep 1.5; echo good >\"\$task.txt\"; finish done}"; } | jsonl_root
    tasks a b c d much
    [ -z "$rule" ] || { rules "$rule" && tasks a b c d e much; }
    ox run
    is "exit code with $rule" "$code" 0
done

case_is "ten minutes of silence are the default"
make_root </dev/null
tasks none
ox config show agent.idle_timeout
has "default" "$out" "10m"

finish_tests
