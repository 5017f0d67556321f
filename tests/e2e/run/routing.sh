#!/bin/bash
# routing.sh: models that a routing service chooses, within the policy file; nothing it does can hurt.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$work/service"
"$build/tests/run_endpoint" "$work/service" &
trap 'kill %1 2>/dev/null; rm -rf "$work"' EXIT
until_true "the port of the server" test -s "$work/service/port"
port=$(cat "$work/service/port")

# answers STATUS BODY: what the service says from now on
answers() {
    printf 'HTTP/1.1 %s\r\ncontent-type: application/json\r\nlocation: http://127.0.0.1:9/\r\ncontent-length: %s\r\nconnection: close\r\n\r\n%s' \
        "$1" "${#2}" "$2" >"$work/service/answer"
    rm -f "$work/service/requests"
}

# policy ENABLED: two models are allowed
policy() {
    printf '{"enabled": %s, "router": {"url": "http://127.0.0.1:%s/route"}, "providers": {"worker": {"fallback_model": "small", "allowed_models": ["big", "small"]}}}' \
        "$1" "$port" >"$root/config/routellm_policy.json"
}

# rooted: the agent notes its task and model, and then does what the case says
rooted() {
    {
        echo 'model=$1; echo "$task $model" >>"${0%/agent}/called"'
        cat
        echo 'echo good >"$task.txt"; finish done'
    } | make_root
    sed -i "s|argv: .*|argv: [\"$root/agent\", \"{model}\"], output: json, exit_codes: {\"9\": bad_model, \"8\": timeout}}|" \
        "$root/orxaq.yaml"
    tasks one
    policy true
}
called() { tr '\n' ';' <"$root/called"; }
auto() { echo "$root/artifacts/autonomy/$1"; }
metric() { sed -n "s/.*\"$1\": \"\{0,1\}\([^\",}]*\).*/\1/p" "$(auto response_metrics.ndjson)" | tail -n 1; }
# The decision as the conversation log has it, in words.
decision() { grep '"routing_decision"' "$(auto conversations.ndjson)" | tail -n 1 | sed 's/\\"/"/g'; }
planned() { "$orxaq" --root "$root" --json events | grep '"kind":"route.planned"' | tail -n 1; }

case_is "A41: the service chooses"
rooted </dev/null
answers "200 OK" '{"selected_model": "BIG", "strategy": "intelligent_quality"}'
ox run --routellm-enabled
is "exit code" "$code" 0
is "called" "$(called)" "one big;"
request=$(cat "$work/service/requests")
has "asked" "$request" "POST /route HTTP/1.1"
has "for" "$request" '"provider": "worker"'
has "about the task" "$request" '"prompt": "Task one\nDo one."'
hasnt "not the whole prompt" "$request" "status"
has "decision" "$(decision)" '"reason": "router_selected_model"'
has "decision" "$(decision)" '"selected_model": "big"'
has "event" "$(planned)" '"reason":"router_selected_model"'
is "strategy" "$(metric routing_strategy)" routellm
is "fallback" "$(metric routing_fallback_used)" false
is "selected" "$(metric routing_selected_model)" big
has "latency" "$(metric routing_router_latency_sec)" 0.
has "summary" "$(cat "$(auto response_metrics_summary.json)")" '"routing_routellm_count": 1'

# failing STATUS BODY ERROR: the static order, and every record says why
failing() {
    rooted </dev/null
    answers "$1" "$2"
    ox run --routellm-enabled --routellm-timeout-sec 30
    is "$3: exit code" "$code" 0
    is "$3: called" "$(called)" "one small;"
    has "$3: said" "$err" "$3"
    has "$3: decision" "$(decision)" '"reason": "router_unavailable"'
    has "$3: event" "$(planned)" "\"router_error\":\"$3"
    is "$3: reason" "$(metric routing_reason)" router_unavailable
    is "$3: fallback" "$(metric routing_fallback_used)" true
    has "$3: error" "$(metric routing_router_error)" "$3"
    has "$3: summary" "$(cat "$(auto response_metrics_summary.json)")" '"routing_router_error_count": 1'
}
case_is "A40: an answer that is none"
failing "200 OK" '[]' router_response_not_object
case_is "A40: no model"
failing "200 OK" '{"status": "ok"}' router_response_missing_model
case_is "A40: a service that is not available"
failing "503 Service Unavailable" '{"model": "big"}' router_http_503
case_is "elsewhere"
failing "307 Temporary Redirect" '{"model": "big"}' router_http_307

case_is "A39: nobody is there"
rooted </dev/null
ox run --routellm-enabled --routellm-url http://127.0.0.1:9/route
is "exit code" "$code" 0
is "called" "$(called)" "one small;"
is "reason" "$(metric routing_reason)" router_unavailable

case_is "A42: a model that is not allowed"
rooted </dev/null
answers "200 OK" '{"model": "rogue"}'
ox run --routellm-enabled
is "called" "$(called)" "one small;"
is "reason" "$(metric routing_reason)" router_model_disallowed_fallback
has "notice" "$(decision)" '"router_notice": "router_model_not_allowed:rogue"'
has "summary" "$(cat "$(auto response_metrics_summary.json)")" '"routing_router_error_count": 0'

case_is "switched off"
rooted </dev/null
answers "200 OK" '{"model": "big"}'
ox run
is "called" "$(called)" "one small;"
is "reason" "$(metric routing_reason)" router_disabled
is "fallback" "$(metric routing_fallback_used)" false
[ ! -e "$work/service/requests" ] || fail "the service was asked"
rm "$root/config/routellm_policy.json"
tasks one two
ox run
is "without a policy" "$(called)" "one small;two ;"
has "a decision all the same" "$(decision)" '"requested_model_allowed": false'
has "why" "$(decision)" '"reason": "router_disabled"'

case_is "a policy that cannot be read"
rooted </dev/null
echo '{' >"$root/config/routellm_policy.json"
ox run
is "exit code" "$code" 0
is "called" "$(called)" "one ;"
has "said" "$err" "routellm_policy.json:"

case_is "A46: the routed model is not served"
rooted <<'SH'
[ "$model" = small ] || exit 9
SH
answers "200 OK" '{"model": "big"}'
ox run --routellm-enabled
is "exit code" "$code" 0
is "called" "$(called)" "one big;one small;"
is "reason" "$(metric routing_reason)" unsupported_model_fallback
is "strategy" "$(metric routing_strategy)" static_fallback
is "fallback" "$(metric routing_fallback_used)" true
is "chosen" "$(metric routing_selected_model)" big
is "did it" "$(metric model)" small
is "one decision" "$(grep -c routing_decision "$(auto conversations.ndjson)")" 1

finish_tests
