#!/bin/bash
# explain.sh: `orxaq route explain` says of every candidate what decided it.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

rooted() {
    { echo 'model=$1' && cat; } | make_root
    sed -i "s|argv: .*|argv: [\"$root/agent\", \"{model}\"], output: json, exit_codes: {\"9\": rate_limit}}|" "$root/orxaq.yaml"
    printf 'route: {cooldown: 1h, cooldown_max: 2h}\n' >>"$root/orxaq.yaml"
}
worker() { sed -i "s|^  worker:|  worker:\n    $1|" "$root/orxaq.yaml"; }
# row CANDIDATE: its line without the spaces between
row() { printf '%s\n' "$out" | grep -F "$1 " | tr -s ' '; }

case_is "one candidate"
rooted <<<'echo good >"$task.txt"; finish done'
tasks one
ox run
ox route explain 1
is "exit code" "$code" 0
has "what" "$out" "attempt    1: task one, attempt 1 of it, lane primary"
has "decided" "$out" "nothing: there was one candidate"
has "asked" "$(row worker)" "1 worker - asked ok"

case_is "the static order: asked, not reached, left out"
rooted <<'SH'
[ "$model" = big ] && exit 9
echo good >"$task.txt"; finish done
SH
worker 'model: big'
worker 'models: [big, small, spare]'
tasks one two
ox run
is "exit code" "$code" 0
ox route explain 1
has "decided" "$out" "by the static order: static"
has "failed" "$(row worker/big)" "1 worker/big - asked rate_limit"
has "then" "$(row worker/small)" "2 worker/small - asked ok"
has "spare" "$(row worker/spare)" "3 worker/spare - not_asked its turn did not come"
ox route explain --task two
has "attempt" "$out" "attempt    2: task two"
has "first" "$(row worker/small)" "1 worker/small - asked ok"
has "left out" "$(row worker/big)" "- worker/big - filtered cooldown, for 59 m"
ox --json route explain --task two
has "json" "$out" '"state":"filtered","why":"cooldown"'
has "version" "$out" '"decided_by":"static"'

case_is "a router"
rooted <<<'echo good >"$task.txt"; finish done'
worker 'model: big'
worker 'models: [big, rogue]'
cat >>"$root/orxaq.yaml" <<'YAML'
run: {router: order}
routers:
  order:
    plugin: static
    settings:
      candidates: [{provider: worker, model: rogue}, {provider: worker, model: big}]
      others: false
YAML
tasks one
ox run
is "exit code" "$code" 0
ox route explain 1
has "decided" "$out" "by router order (static "
has "objective" "$out" "propensity 1"
has "asked" "$(row worker/rogue)" "asked ok"
has "score" "$(row worker/big)" "not_asked"
ox --json route explain 1
has "plugin" "$out" '"plugin":"static"'
has "by" "$out" '"decided_by":"router"'

case_is "a router that fails"
rooted <<<'echo good >"$task.txt"; finish done'
cat >>"$root/orxaq.yaml" <<'YAML'
run: {router: order}
routers:
  order:
    plugin: static
    settings:
      candidates: [{provider: nobody}]
      others: false
YAML
tasks one
ox run
is "exit code" "$code" 0
ox route explain 1
has "decided" "$out" "by the static order: static"
has "because" "$out" "because    router order could not:"

case_is "what waits has no attempt yet"
rooted <<<'echo good >"$task.txt"; finish done'
worker 'rpm: 1'
tasks one two
"$orxaq" --root "$root" run >"$work/out" 2>&1 &
running=$!
held() { [ -n "$("$orxaq" --root "$root" --json events --kind route.held)" ]; }
until_true "the second task is held" held
kill $running
wait $running || true
ox route explain --task two
is "exit code" "$code" 0
has "waits" "$out" "waits      tasks of worker: nothing that could do them took a call"
has "why" "$(row worker)" "- worker - filtered rpm_limit"

case_is "wrong questions"
rooted <<<'echo good >"$task.txt"; finish done'
tasks one
ox run
ox route explain
is "nothing named" "$code" 2
ox route explain one
is "no number" "$code" 2
has "says so" "$err" 'an attempt is named by its number, not "one"'
ox route explain 1 --task one
is "both" "$code" 2
ox route explain 99
is "no such attempt" "$code" 1
has "says so" "$err" "there is no attempt 99"
ox route explain --task nope
is "no such task" "$code" 1
has "says so" "$err" 'task "nope" was never attempted'

finish_tests
