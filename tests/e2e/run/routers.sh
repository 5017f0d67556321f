#!/bin/bash
# routers.sh: `orxaq run` with plans: the plugin static, models in order, failover, limits.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

# The agent is told its model as $1. It writes down who it is and then does what the case says with
# $model; exit code 9 is a rate limit, 8 refused access.
rooted() {
    {
        echo 'model=$1; echo "$task $model" >>"${0%/agent}/called"'
        cat
    } | make_root
    sed -i "s|argv: .*|argv: [\"$root/agent\", \"{model}\"], output: json, exit_codes: {\"9\": rate_limit, \"8\": auth}}|" \
        "$root/orxaq.yaml"
}

# provider NAME [MORE]: another one, beside worker
provider() {
    sed -i "s|^providers:|providers:\n  $1:\n    plugin: command\n    repo: impl\n${2:+    $2\n}    settings: {argv: [\"$root/agent\", \"{model}\"], output: json, exit_codes: {\"9\": rate_limit, \"8\": auth}}|" \
        "$root/orxaq.yaml"
}

worker() { sed -i "s|^  worker:|  worker:\n    $1|" "$root/orxaq.yaml"; }

# router YAML: the settings of static
router() { printf 'run: {router: order}\nrouters:\n  order:\n    plugin: static\n    settings:\n%s\n' "$1" >>"$root/orxaq.yaml"; }

called() { tr '\n' ';' <"$root/called"; }
plans() { "$orxaq" --root "$root" --json events | grep '"kind":"route.planned"'; }
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

case_is "without a router a provider's models are tried in order"
rooted <<'SH'
[ "$model" = small ] && { echo half >left.txt; exit 9; }
echo good >"$task.txt"; rm -f left.txt; finish done
SH
worker 'models: [big, Small, huge]'
worker 'model: small'
tasks one
ox run
is "exit code" "$code" 0
is "order" "$(called)" "one small;one big;"
is "files" "$(git -C "$root/repo" ls-tree --name-only HEAD | tr '\n' ' ')" "check one.txt "
is "what the first left" "$(git -C "$root/repo" show orxaq/parked/1:left.txt)" half
rows=$("$orxaq" --root "$root" --json events | grep '"kind":"call.begun"' | field model_asked | tr '\n' ' ')
is "a row for each call" "$rows" "small big "
has "failover is an event" "$("$orxaq" --root "$root" --json events | grep route.failover)" '"from":"worker/small","to":"worker/big","why":"rate_limit"'
is "one attempt" "$("$orxaq" --root "$root" --json tasks show one | sed -n 's/.*"attempts":\([0-9]*\).*/\1/p')" 1

case_is "the router's order and providers"
rooted <<'SH'
[ "$model" = m1 ] && exit 8
echo good >"$task.txt"; finish done
SH
provider other 'model: m1'
provider third 'model: m3'
router '      candidates: [{provider: other}, {provider: third, timeout: 5m}]
      others: false'
tasks one
ox run
is "exit code" "$code" 0
is "order" "$(called)" "one m1;one m3;"
plan=$(plans)
has "reason" "$plan" '"reason":"static_order"'
has "plugin and version" "$plan" '"plugin":"static"'
has "all candidates" "$plan" '{"calls":0,"deployment":"worker"}'
has "scores" "$plan" '"deployment":"other/m1","score":1'
has "limits" "$plan" '"timeout_ms":300000'
hasnt "no fall back" "$plan" '"static":['
is "in the owner's repository" "$(git -C "$root/repo" log -1 --format=%s)" "Task one"

case_is "a fallback is for work that fell short"
rooted <<'SH'
if [ "$model" = weak ]; then echo bad >"$task.txt"; else echo good >"$task.txt"; fi; finish done
SH
provider strong 'model: strong'
provider spare 'model: spare'
worker 'model: weak'
router '      candidates: [{provider: worker}, {provider: spare}, {provider: strong, fallback: true}]
      others: false'
tasks one
ox run
is "exit code" "$code" 0
is "order" "$(called)" "one weak;one strong;"
has "why" "$("$orxaq" --root "$root" --json events | grep route.failover)" '"why":"not_verified"'

case_is "a fallback is not for a provider that is away"
rooted <<'SH'
[ "$model" = strong ] || exit 9
echo good >"$task.txt"; finish done
SH
provider strong 'model: strong'
worker 'model: weak'
router '      candidates: [{provider: worker}, {provider: strong, fallback: true}]
      others: false'
sed -i 's/max_attempts: 2/max_attempts: 1, max_retryable: 0/' "$root/orxaq.yaml"
tasks one
ox run
is "exit code" "$code" 4
is "order" "$(called)" "one weak;"
has "reason" "$("$orxaq" --root "$root" tasks show one)" "rate_limit"

case_is "a router that cannot plan leaves the static order"
rooted <<'SH'
echo good >"$task.txt"; finish done
SH
worker 'model: m'
router '      candidates: [{provider: nobody}]
      others: false'
tasks one two
ox run
is "exit code" "$code" 0
is "order" "$(called)" "one m;two m;"
has "said" "$err" "the static order is used"
has "in the event" "$(plans | head -n 1)" "no candidate is named by the list"
has "what is used" "$(plans | head -n 1)" '"static":[{"deployment":"worker/m","model":"m"}]'
sed -i 's/plugin: static/plugin: absent/' "$root/orxaq.yaml"
tasks one two three
ox run
is "exit code" "$code" 0
is "said once" "$(grep -c 'the static order is used' "$work/err")" 1
has "in the event" "$(plans | tail -n 1)" "absent"

case_is "the plan's limits end a call"
rooted <<'SH'
[ "$model" = slow ] && sleep 60
echo good >"$task.txt"; finish done
SH
worker 'models: [quick]'
worker 'model: slow'
router '      candidates: [{model: slow, timeout: 2s}, {model: quick}]'
tasks one
ox run
is "exit code" "$code" 0
has "order" "$(called)" "one quick;"
has "why" "$("$orxaq" --root "$root" --json events | grep route.failover)" '"to":"worker/quick","why":"timeout"'

case_is "the scorecard asks the strong for what is hard, and knows a list that nobody may leave"
rooted <<'SH'
echo good >"$task.txt"; finish done
SH
worker 'models: [big, rogue, small]'
cat >"$root/config/policy.json" <<'JSON'
{"providers": {"worker": {"allowed_models": ["small", "BIG"]}},
 "model_catalog": {"small": {"input_per_million": 0.1, "speed_tps": 200, "quality_score": 40, "local": true},
                   "big": {"input_per_million": 3, "speed_tps": 40, "quality_score": 95}}}
JSON
printf 'run: {router: score}\nrouters:\n  score:\n    plugin: scorecard\n    settings: {policy: config/policy.json, profile: strong}\n' >>"$root/orxaq.yaml"
printf '[{"id": "a", "owner": "worker", "priority": 1, "title": "Rename one variable", "description": "Call it n."},
 {"id": "b", "owner": "worker", "priority": 2, "title": "Design a lock-free migration", "description": "Of the auth store."}]' >"$root/config/tasks.json"
ox run
is "exit code" "$code" 0
is "order" "$(called)" "a small;b big;"
has "a reason" "$(plans | head -n 1)" '"reason":"score_ranked_selection"'
has "the objective" "$(plans | tail -n 1)" '"objective":"quality"'
has "what is not on the list" "$(plans | head -n 1)" '"deployment":"worker/rogue","score":0.0,"why":"not_allowed"'
has "scores" "$(plans | head -n 1)" '"why":"ranked"'

case_is "with a router and a sink"
rooted <<'SH'
echo good >"$task.txt"; finish done
SH
worker 'model: m'
router '      candidates: [{provider: worker}]'
printf 'plugins: [{name: ndjson, settings: {files: [{path: plans.ndjson, kinds: [route.*]}]}}]\n' >>"$root/orxaq.yaml"
tasks one two
ox run
is "exit code" "$code" 0
is "plans exported" "$(grep -c '"kind":"route.planned"' "$root/plans.ndjson")" 2

finish_tests
