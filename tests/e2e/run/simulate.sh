#!/bin/bash
# simulate.sh: recorded decisions put to another router: what it would have chosen, what that would have
# cost, and that nobody knows what would have come of it.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

# The agent writes down who it is ($1).
rooted() {
    {
        echo 'who=$1; echo "$task $who" >>"${0%/agent}/called"'
        cat
    } | make_root
    sed -i "s|settings: .*|settings: {argv: [\"$root/agent\", worker], output: json, exit_codes: {\"9\": rate_limit}}|
s|^providers:|providers:\n  other:\n    plugin: command\n    repo: impl\n    settings: {argv: [\"$root/agent\", other], output: json, exit_codes: {\"9\": rate_limit}}|" "$root/orxaq.yaml"
    {
        cat "$root/orxaq.yaml"
        echo 'routers: {order: {plugin: static, settings: {candidates: [{provider: other}, {provider: worker}], others: false}}, mine: {plugin: static, settings: {candidates: [{provider: worker}, {provider: other}], others: false}}, nobody: {plugin: static, settings: {candidates: [{provider: absent}], others: false}}}'
    } >"$root/other.yaml"
    printf 'run: {router: mine}\n' | cat "$root/other.yaml" - >"$root/orxaq.yaml"
}
called() { tr '\n' ';' <"$root/called"; }
number() { printf '%s' "$out" | grep -o "\"$1\":-\{0,1\}[0-9][0-9]*" | head -n 1 | cut -d: -f2; }
good='echo good >"$task.txt"; finish done'

case_is "the same router chooses the same, another one something else"
rooted <<<"$good"
tasks a b c
ox run
is "asked" "$(called)" "a worker;b worker;c worker;"
before=$("$orxaq" --root "$root" --json events | wc -l)
ox --json route simulate "$root/orxaq.yaml"
is "exit code" "$code" 0
is "decisions" "$(number decisions)" 3
is "the same" "$(number same)" 3
is "different" "$(number differ)" 0
ox --json route simulate "$root/other.yaml" --router order
is "exit code" "$code" 0
is "different" "$(number differ)" 3
is "nobody knows" "$(number unknown_counterfactuals)" 3
is "nothing to compare" "$(number compared)" 0
has "a row" "$out" '"attempt":1,"task":"a","verdict":"done","chose":"worker","would_choose":"other","reason":"static_order","same":false,"outcome":"unknown_counterfactual"'
ox route simulate "$root/other.yaml" --router order --limit 2
has "for people" "$(printf '%s' "$out" | tr -s ' ')" "choices 0 the same, 2 different, 0 the router could not make"
has "outcomes" "$(printf '%s' "$out" | tr -s ' ')" "outcomes 2 of those that differ are counterfactual"
is "nothing was called" "$(called)" "a worker;b worker;c worker;"
is "nothing was written" "$("$orxaq" --root "$root" --json events | wc -l)" "$before"
ox --json route simulate "$root/other.yaml" --router nobody
is "nobody: exit code" "$code" 1
is "nobody: failed" "$(number failed)" 3
has "nobody: why" "$out" '"error":"plugin static (nobody): '

case_is "where the attempt went on to the other one by itself the outcome is known"
rooted <<SH
[ "\$who" = worker ] && exit 9
$good
SH
tasks a
ox run
is "asked" "$(called)" "a worker;a other;"
ox --json route simulate "$root/other.yaml" --router order
is "different" "$(number differ)" 1
is "known" "$(number unknown_counterfactuals)" 0
has "outcome" "$out" '"outcome":"ok"'

case_is "a strategy decides as it would have"
rooted <<<"$good"
sed -i 's/^  worker:/  worker:\n    rank: 9/; s/^  other:/  other:\n    rank: 1\n    watts: 90/' "$root/other.yaml"
tasks a b
ox run
is "asked" "$(called)" "a worker;b worker;"
for one in priority cost local-first-saturate; do
    ox --json route simulate "$root/other.yaml" --strategy "$one"
    is "$one: exit code" "$code" 0
    is "$one: differs" "$(number differ)" 2
    has "$one: why" "$out" "\"would_choose\":\"other\",\"reason\":\"strategy_${one//-/_}\""
done
for one in simple-shuffle least-busy latency usage order; do
    ox --json route simulate "$root/other.yaml" --strategy "$one"
    is "$one: decided" "$(($(number differ) + $(number same))) $(number failed)" "2 0"
done
is "order: as offered" "$(number same)" 2
sed -i '/^run:/d; s/^  worker:/  worker:\n    group: g/; s/^  other:/  other:\n    group: g\n    rank: 1/' "$root/orxaq.yaml"
printf 'route: {strategy: priority}\n' >>"$root/orxaq.yaml"
tasks a b c
ox run
is "by rank" "$(tail -n 1 "$root/called")" "c other"
has "how they stood" "$("$orxaq" --root "$root" --json events | grep route.planned | tail -n 1)" '{"deployment":"other","in_flight":0,"model":""'
ox --json route simulate "$root/orxaq.yaml" --strategy priority --limit 1
is "the same again" "$(number same)" 1
ox route simulate "$root/other.yaml" --strategy fastest
is "no such: exit code" "$code" 2
has "no such: which there are" "$err" "expected one of order, simple-shuffle"
ox route simulate "$root/other.yaml" --strategy cost --router order
is "both: exit code" "$code" 2
ox route simulate "$ORX_SOURCE_DIR/config/routellm_policy.json" --strategy cost
has "a policy" "$err" "--strategy needs a configuration"

case_is "what it would have cost is the average of the calls there"
rooted <<SH
echo good >"\$task.txt"
printf '{"status":"done","summary":"s","blocker":"","usage":{"input_tokens":1000000,"output_tokens":0}}\n'
SH
sed -i 's/^  worker:/  worker:\n    model: dear/; s/^  other:/  other:\n    model: cheap/' "$root/orxaq.yaml" "$root/other.yaml"
printf '{"version": 2, "models": {"dear": {"input_per_million": 3, "output_per_million": 15}, "cheap": {"input_per_million": 1, "output_per_million": 2}}}' >"$root/config/pricing.json"
tasks a b
ox run
printf '[{"id": "z", "owner": "other", "priority": 1, "title": "t", "description": "d"}]' >"$root/config/tasks.json"
sed -i 's/router: mine/router: order/' "$root/orxaq.yaml"
ox run
ox --json route simulate "$root/other.yaml" --router order
is "decisions, also of tasks that are gone" "$(number decisions)" 3
is "the same" "$(number same)" 1
is "compared" "$(number compared)" 2
is "recorded" "$(number recorded_nano_usd)" 6000000000
is "expected" "$(number expected_nano_usd)" 2000000000
is "difference" "$(number difference_nano_usd)" -4000000000
has "from so many calls" "$out" '"cost_nano_usd":3000000000,"expected_nano_usd":1000000000,"expected_from_calls":1'
ox route simulate "$root/other.yaml" --router order
has "for people" "$(printf '%s' "$out" | tr -s ' ')" "instead of 6"

case_is "a policy"
rooted <<<"$good"
sed -i 's/^  worker:/  worker:\n    model: small\n    models: [big]/; s/router: mine/router: null/' "$root/orxaq.yaml"
printf '{"providers": {"worker": {"allowed_models": ["small", "big"], "default_objective": "quality"}}, "model_catalog": {"small": {"quality_score": 10, "speed_tps": 9}, "big": {"quality_score": 90, "speed_tps": 9}}}' >"$root/policy.json"
printf '[{"id": "hard", "owner": "worker", "priority": 1, "title": "Design the security architecture", "description": "The migration of the threat model."}, {"id": "two", "owner": "worker", "priority": 2, "title": "Write docs", "description": "Short."}]' >"$root/config/tasks.json"
ox run
is "exit code" "$code" 0
ox --json route simulate "$root/policy.json" --profile strong
is "exit code: $err" "$code" 0
is "decisions" "$(number decisions)" 2
has "the hard one" "$out" '"task":"hard","verdict":"done","chose":"worker/small","would_choose":"worker/big","reason":"score_ranked_selection"'

case_is "what cannot be replayed is said"
rooted </dev/null
ox route simulate "$root/absent.json"
is "missing: exit code" "$code" 1
ox route simulate "$root/other.yaml"
is "no router: exit code" "$code" 2
has "no router: what to do" "$err" "--router"
ox route simulate "$root/other.yaml" --router order
is "no journal: exit code" "$code" 1
ox route simulate "$root/other.yaml" --router order --limit 0
is "limit: exit code" "$code" 2

finish_tests
