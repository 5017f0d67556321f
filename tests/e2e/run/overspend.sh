#!/bin/bash
# overspend.sh: ways in which others were reported to spend more than they allowed, and what the budget of a
# day does against each. That of requests beside the program's own report is in relay.sh.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

supervised=
trap '[ -z "$supervised" ] || "$orxaq" --root "$supervised" stop >/dev/null 2>&1; rm -rf "$work"' EXIT

setting() { printf '%s\n' "$1" >>"$root/orxaq.yaml"; }
called() { [ ! -f "$root/called" ] || wc -l <"$root/called"; }

# stating_root USD: each call states that it cost so much; its work is the script on standard input
stating_root() {
    {
        echo 'echo "$task" >>"${0%/agent}/called"'
        cat
        echo "echo '{\"usage\":{\"cost_usd\":$1}}'"
        echo 'finish done'
    } | make_root
    sed -i "s|output: json|output: jsonl, text_path: say|" "$root/orxaq.yaml"
}

health() { # health ARGS...: the report of provider-cost-health on standard output
    "$orxaq" --root "$root" --json provider-cost-health "$@" 2>/dev/null || true
}

# ---- A budget that is forgotten after a restart ----------------------------------------------------------------

case_is "a runner that is killed in a call leaves its reservation behind, and the next one books it"
make_root <<'SH'
echo "$task" >>"${0%/agent}/called"
mkfifo "${0%/agent}/hold" 2>/dev/null
echo >"${0%/agent}/begun"
read -r _ <"${0%/agent}/hold"
finish done
SH
sed -i 's|plugin: command|&\n    model: m-1|' "$root/orxaq.yaml"
printf 'version: 1\nprices:\n  - {model: m-1, input: 10, output: 20}\n' >"$root/config/prices.yaml"
setting 'budget: {daily: 0.5, call_reserve: 0.3}'
tasks one two
"$orxaq" --root "$root" run >"$work/out" 2>&1 &
run=$!
until_true "the call began" test -e "$root/begun"
kill -9 $run
wait $run 2>/dev/null || true
has "reserved by nobody who lives" "$("$orxaq" --root "$root" --json budget)" '"reserved_nano_usd":300000000'
ox run
is "exit code" "$code" 6
has "why" "$err" "0.3 of today's budget of 0.5 USD are spent"
is "no second call" "$(called)" 1
ox run
is "nor in the run after it" "$code $(called)" "6 1"

# ---- A storm of retries ----------------------------------------------------------------------------------------

# The agent pays each time, fails each time, and says that trying again might help.
case_is "retries stop at the cap, however many are allowed"
stating_root 0.02 <<'SH'
echo '{"usage":{"cost_usd":0.02}}'
echo "connection reset by peer" >&2
exit 1
SH
sed -i 's|flat_delay: 1ms, max_attempts: 2|flat_delay: 1ms, max_attempts: 1000, max_retryable: 1000|' "$root/orxaq.yaml"
setting 'budget: {daily: 0.1, call_reserve: 0.02}'
tasks one
ox run
is "exit code" "$code" 6
is "calls" "$(called)" 5
has "spent" "$("$orxaq" --root "$root" --json budget)" '"spent_nano_usd":100000000'
ox run
is "a further run adds none" "$code $(called)" "6 5"

# ---- Spend of helpers that the main program starts ---------------------------------------------------------------

# Each request of the program and of its helpers is a usage of its own; sums of one must not hide the other.
case_is "what helpers of a program use counts, too, while it runs"
make_root <<'SH'
echo '{"usage":{"input_tokens":1000,"output_tokens":0},"model":"m-1","id":"main"}'
i=0
while :; do
    echo '{"usage":{"input_tokens":1000,"output_tokens":0},"model":"m-1","id":"helper '$i'"}'
    i=$((i + 1))
    sleep 0.01
done
SH
sed -i 's|output: json|output: jsonl, text_path: say, usage_mode: delta|; s|plugin: command|&\n    model: m-1|' "$root/orxaq.yaml"
printf 'version: 1\nprices:\n  - {model: m-1, input: 10, output: 20}\n' >"$root/config/prices.yaml"
setting 'budget: {daily: 0.5, call_reserve: 0.1}'
tasks one
ox run
is "exit code" "$code" 6
has "ended" "$err" "today's budget does not allow it to cost more"

# ---- Bills that are old -----------------------------------------------------------------------------------------

case_is "our own count stops, without any bill (C61)"
stating_root 120 <<<'echo good >"$task.txt"'
setting 'budget: {daily: 100, call_reserve: 1}'
tasks one two
ox run
is "exit code" "$code" 6
is "calls" "$(called)" 1
block=$(health)
has "exceeded" "$block" '"state":"exceeded"'
has "stop" "$block" '"hard_stop":true'
has "spent" "$block" '"daily_spend_usd":120.0'

case_is "a bill whose only row is twenty days old lifts no stop (C65)"
stating_root 120 <<<'echo good >"$task.txt"'
setting 'budget: {daily: 100, call_reserve: 1}'
setting 'plugins: [{name: costs-gemini, settings: {files: [bill.csv]}}]'
printf 'usage_start_time,cost,currency\n%s,1,USD\n' "$(date -u -d '20 days ago' +%Y-%m-%dT00:00:00Z)" >"$root/bill.csv"
tasks one two
ox run
is "exit code" "$code" 6
ox provider-cost-ingest --json
is "the bill was read" "$code" 0
has "it has nothing of today" "$out" '"today":0.0'
block=$(health --allow-stale)
has "exceeded" "$block" '"state":"exceeded"'
has "stop" "$block" '"hard_stop":true'
ox run
is "exit code with the bill" "$code" 6
for bill in '' 'not a bill' '[]'; do
    printf '%s' "$bill" >"$root/artifacts/autonomy/provider_costs/summary.json"
    ox run
    is "exit code with a damaged summary" "$code $(called)" "6 1"
done

# ---- A bill that knows of more ------------------------------------------------------------------------------------

case_is "a bill of today that is larger than our own count stops, and says why"
stating_root 1 <<<'echo good >"$task.txt"'
setting 'budget: {daily: 100, call_reserve: 1}'
setting 'plugins: [{name: costs-gemini, settings: {files: [bill.csv]}}]'
tasks one two
setting 'run: {max_cycles: 1}'
ox run
is "one call" "$code $(called)" "3 1"
printf 'usage_start_time,cost,currency\n%s,120,USD\n' "$(date -u +%Y-%m-%dT00:00:00Z)" >"$root/bill.csv"
ox provider-cost-ingest --json
is "the bill was read" "$code" 0
ox run
is "exit code, calls" "$code $(called)" "6 1"
has "whose word it is" "$err" "by the vendor's bill alone"
has "in the journal" "$("$orxaq" --root "$root" events --json --kind budget.billed)" '"billed_nano_usd":120000000000'
has "in the budget" "$("$orxaq" --root "$root" --json budget)" '"billed_only_nano_usd":12'
printf 'nothing of the kind\n' >"$root/bill.csv"
ox provider-cost-ingest --json
ox run
is "a bill that cannot be read lifts nothing" "$code $(called)" "6 1"
ox budget override budget.daily 50 --for 1h --person ada --reason "the bill is right"
ox run
is "a person does" "$code $(called)" "0 2"

case_is "the cap, the ratio and the stop come from the predecessor's variables (C63)"
stating_root 1 <<<'echo good >"$task.txt"'
tasks one
ox run
block=$(ORXAQ_AUTONOMY_SWARM_DAILY_BUDGET_USD=125 ORXAQ_AUTONOMY_SWARM_BUDGET_WARNING_RATIO=0.65 \
    ORXAQ_AUTONOMY_SWARM_BUDGET_ENFORCE_HARD_STOP=0 health)
has "cap" "$block" '"daily_budget_usd":125.0'
has "ratio" "$block" '"warning_ratio":0.65'
has "not enforced" "$block" '"enforce_hard_stop":false'

# ---- Lanes while there is a stop ----------------------------------------------------------------------------------

case_is "while there is a stop a lane that is started calls nobody, and goes on by itself when it is lifted (C62)"
stating_root 120 <<<'echo good >"$task.txt"'
setting 'budget: {daily: 100, call_reserve: 1}'
setting 'restart: {delay: 1s, jitter: none}'
tasks one two
supervised=$root
ox start
is "start" "$code" 0
stopped() { "$orxaq" --root "$root" --json health | grep -q '"budget.stop"'; }
until_true "the stop" stopped
ox start primary
is "one call" "$(called)" 1
ox budget override budget.daily 1000 --for 1h --person ada --reason "the release has to go out"
is "override" "$code" 0
second() { [ "$(called)" = 2 ]; }
until_true "the second task" second
both() { [ "$(status_of one) $(status_of two)" = "done done" ]; }
until_true "both tasks are done" both
ox stop
is "stop" "$code" 0
supervised=

finish_tests
