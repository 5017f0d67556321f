#!/bin/bash
# microbench.sh: microbench-run measures real providers along the path of all work, or says that it did not; and
# what microbench-report and recommend-routing-policy make of it.
# shellcheck disable=SC2016,SC2034 # agents and JavaScript are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
command -v node >/dev/null || exit 77

results=$root/artifacts/microbench_results.json
policy=$root/artifacts/recommended_routing_policy.yaml
at() { node -e 'const d = JSON.parse(require("fs").readFileSync(process.argv[1])); console.log(process.argv.slice(2).map((e) => String(eval(e))).join("|"))' "$@"; }

# bench_root < AGENT: a root whose one provider is the script, on a machine of one's own
bench_root() {
    make_root
    sed -i 's/^    plugin: command$/    plugin: command\n    watts: 50000/' "$root/orxaq.yaml"
    echo 'money: {kwh_price: 0.30}' >>"$root/orxaq.yaml"
    {
        echo tasks:
        for i in 1 2 3 4 5 6 7 8; do
            type=docs expected='^yes$'
            [ $((i % 2)) = 1 ] || type=lint
            [ $i != 7 ] || expected='^no$'
            printf '  - {id: b-%s, task_type: %s, prompt: "Say yes %s", expected_regex: "%s"}\n' $i $type $i "$expected"
        done
    } >"$root/config/microbench_suite.yaml"
}
# answers the file that the prompt asks for
answering='file=$(printf "%s\n" "$prompt" | sed -n "s/.*to the file \(answers[^ ]*txt\)\..*/\1/p" | head -n 1)
mkdir -p "${file%/*}" && echo yes >"$file" && finish done'

case_is "R66: real tasks, through a real provider, in the books"
bench_root <<<"$answering"
ox microbench-run
is "exit code" "$code" 0
has "summary" "$out" '"executed": true, "lane": "L0"'
is "what passed" "$(at "$results" 'd.results.map((r) => r.id + +r.passed).sort().join(" ")' 'd.results.every((r) => r.ran && r.duration_ms > 0 && r.cost_usd > 0 && r.provider === "worker")' '[d.seed, d.executed]')" \
    "b-11 b-21 b-31 b-41 b-51 b-61 b-70 b-81|true|17,true"
is "the order is that of the seed" "$(at "$results" 'd.results.map((r) => r.attempt).every((a, i, all) => !i || a > all[i - 1])' 'd.results.map((r) => r.id).join() !== "b-1,b-2,b-3,b-4,b-5,b-6,b-7,b-8"')" "true|true"
is "calls in the books" "$("$orxaq" --root "$root" --json costs --window all --by lane | node -e 'const d = JSON.parse(require("fs").readFileSync(0)); console.log(JSON.stringify(d).match(/"microbench-L0"[^}]*"calls":(\d+)/)?.[1])')" 8
is "nothing of it in the operator's repository" "$(git -C "$root/repo" status --short | wc -l)" 0
ox microbench-report
has "report" "$out" "- Passed: 7/8"
ox recommend-routing-policy --max-ms 600000
is "exit code" "$code" 0
is "what stays with the small one" "$(at "$policy" 'd.task_types.docs.lane' 'd.task_types.docs.pass_rate' 'd.task_types.lint.lane' 'd.default.lane')" "L1|0.75|L0|L0"
has "for people" "$(cat "$root/artifacts/routing_policy_diff.md")" "- lint: L0, local-small"
ox recommend-routing-policy --max-ms 0
is "too slow" "$(at "$policy" 'd.task_types.lint.lane')" L1

case_is "again: each task is done anew, and results of the first time do not count"
bench_root <<<"$answering"
ox microbench-run
ox microbench-run --seed 5
is "all of them" "$code $(at "$results" 'd.results.filter((r) => r.ran).length' 'd.results.every((r) => r.attempt > 8)' d.seed)" "0 8|true|5"

case_is "R66: fewer runs than it takes recommend nothing"
bench_root <<<"$answering"
ox microbench-run
ox recommend-routing-policy --min-runs 5
is "exit code" "$code" 1
has "why" "$err" "5 times or more"
[ ! -e "$policy" ] || fail "a recommendation was written"

case_is "R67: what did not run says so, and is no evidence"
bench_root <<<"$answering"
ox microbench-run --dry-run
is "a dry run" "$code $(at "$results" 'd.executed' 'd.results.length' 'd.reason')" "0 false|0|a dry run calls no model"
ox recommend-routing-policy
is "exit code" "$code" 1
has "refused" "$err" "were not measured"
ox microbench-report
is "nor is it reported" "$code" 1
ox microbench-run --lane L2
is "nobody hosted" "$code $(at "$results" 'd.executed' 'd.lane' 'd.reason')" "1 false|L2|no enabled provider is hosted; --provider names one"
ox microbench-run --lane L2 --provider worker
is "named" "$code $(at "$results" 'd.executed' 'd.results[0].lane')" "0 true|L2"
ox recommend-routing-policy
has "another lane says nothing of L0" "$err" "expected results of lane L0"

case_is "one that fails before any model is asked measured nothing"
bench_root <<<"$answering"
sed -i "s|argv: .*|argv: [\"$root/nowhere\"], output: json}|" "$root/orxaq.yaml"
ox microbench-run
is "exit code" "$code" 1
is "no run" "$(at "$results" 'd.executed' 'd.results.every((r) => !r.ran && !r.passed)')" "false|true"

case_is "bad suites and options"
bench_root <<<"$answering"
refused "a lane" "--lane is L0" microbench-run --lane L9
refused "a seed" "--seed" microbench-run --seed x
refused "a provider" "no provider is called" microbench-run --provider nobody
refused "no results" "microbench-run\` writes it" recommend-routing-policy
refused "a share" "--min-pass-rate" recommend-routing-policy --min-pass-rate nan
echo '- {id: ../x, task_type: a, prompt: b, expected_regex: c}' >"$root/config/microbench_suite.yaml"
refused "an id" "microbench_suite.yaml:1: expected a task" microbench-run
echo '- {id: x, task_type: a, prompt: b}' >"$root/config/microbench_suite.yaml"
refused "no answer" "what is wrong is expected_regex" microbench-run
echo '{}' >"$root/config/microbench_suite.yaml"
refused "no tasks" "expected a list" microbench-run

case_is "the shipped suite can be read"
mkdir "$root"
ox init
ox microbench-run --dry-run
is "exit code" "$code" 0
has "all of its tasks" "$("$orxaq" --root "$root" microbench-run --lane L2 --provider codex --dry-run)" '"executed": false, "lane": "L2"'
is "how many" "$(grep -c 'id: mb-' "$root/config/microbench_suite.yaml")" 20
has "told" "$("$orxaq" --root "$root" microbench-run --dry-run)" '"tasks": 20'

case_is "a root without the suite"
mkdir "$root"
ox init
rm "$root/config/microbench_suite.yaml"
refused "what to do" "orxaq init $root\` writes one" microbench-run --dry-run

finish_tests
