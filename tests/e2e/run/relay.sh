#!/bin/bash
# relay.sh: a program that reaches its model server through the relay. The program is a script in the
# place of Gemini CLI, the server is endpoint.c.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

export WORKER_KEY=the-real-key-of-the-worker ELSEWHERE=x-the-real-key-of-the-worker-x
mkdir "$work/server"
"$build/tests/run_endpoint" "$work/server" >"$work/server.out" 2>&1 &
server=$!
trap 'kill "$server"; rm -rf "$work"' EXIT
until_true "the port of the server" test -s "$work/server/port"
port=$(<"$work/server/port")

# served STATUS HEADER BODY: what the server answers from now on; "" = nothing
served() {
    rm -f "$work/server/requests" "$work/server/answer"
    [ -z "$1" ] || printf 'HTTP/1.1 %s\r\nContent-Type: application/json\r\n%sContent-Length: %s\r\nConnection: close\r\n\r\n%s' \
        "$1" "${2:+$2$'\r\n'}" "${#3}" "$3" >"$work/server/answer"
}

# relay_root PROVIDER-LINES: the agent is the script on standard input; ask makes a request and prints
# the answer, says TOTAL IN OUT ends with that many tokens.
relay_root() {
    rm -rf "$root"
    make_root </dev/null
    {
        cat <<'SH'
#!/bin/bash
cat >/dev/null
ask() {
    local at=${GOOGLE_GEMINI_BASE_URL##*:}
    exec 5<>"/dev/tcp/127.0.0.1/${at%%/*}"
    printf 'POST /v1beta/models/m:generateContent HTTP/1.0\r\nx-goog-api-key: %s\r\nContent-Length: 2\r\n\r\n{}' \
        "$GEMINI_API_KEY" >&5
    cat <&5
}
says() {
    echo '{"type":"init","session_id":"s","model":"m"}'
    echo '{"type":"message","role":"assistant","content":"{\"status\":\"done\",\"summary\":\"x\"}","delta":true}'
    echo "{\"type\":\"result\",\"status\":\"success\",\"stats\":{\"total_tokens\":$1,\"input_tokens\":$2,\"output_tokens\":$3,\"cached\":0}}"
}
SH
        cat
    } >"$root/agent"
    cat >"$root/orxaq.yaml" <<YAML
version: 1
repos: {impl: repo, test: repo}
retry: {flat_delay: 1ms, max_attempts: 1, max_retryable: 0, backoff_base: 1ms, backoff_max: 1ms}
recovery: off
agent: {grace: 300ms}
validation: {commands: [./check], retries: 0}
providers:
  worker: {$1}
YAML
    tasks one
}

gemini() {
    printf '%s' "plugin: gemini, model: m, relay: true, secret: WORKER_KEY, env_pass: [ELSEWHERE], settings: {program: [\"$root/agent\"], base_url: \"http://127.0.0.1:$port\"}"
}

counted='{"modelVersion":"m-1","usageMetadata":{"promptTokenCount":30,"candidatesTokenCount":12}}'

# event KIND: its body
event() { "$orxaq" --root "$root" --json events --kind "$1"; }

case_is "the key is put in on the way, and is nowhere else"
served "200 OK" "" "$counted"
relay_root "$(gemini)" <<'SH'
env >env.txt
ask | grep -q m-1 && echo good >good.txt
says 42 30 12
SH
ox run
is "state" "$(status_of one)" done
has "asked" "$(<"$work/server/requests")" "x-goog-api-key: $WORKER_KEY"
has "token" "$(git -C "$root/repo" show HEAD:env.txt)" GEMINI_API_KEY=sk-orxaq-
hasnt "environment" "$(git -C "$root/repo" show HEAD:env.txt)" "$WORKER_KEY"
is "on disk" "$(grep -rl "$WORKER_KEY" "$root" || true)" ""
has "event" "$(event call.relayed)" '"requests":1'
is "nothing differs" "$(event usage.differs)" ""
is "record" "$(grep -a -c '"k":"relay"' "$root"/state/records/*/*.rec)" 1
ox attempt replay 1
is "the record can be played again" "$code" 0
ox attempt show 1
has "shown" "$out" "relayed    POST "
has "with what it took" "$(grep '^relayed' <<<"$out")" ": 200, in 30, out 12, took "
hasnt "without the key" "$out" "$WORKER_KEY"

case_is "a program that counts otherwise"
relay_root "$(gemini)" <<'SH'
ask >/dev/null; echo x >x.txt
says 50 35 15
SH
ox run
has "difference" "$(event usage.differs)" '"reported_tokens":50,"served_tokens":42'
has "its own word is booked" "$("$orxaq" --root "$root" --json attempt list)" '"input_tokens":35'

case_is "a program that tells of a part of what it was served"
relay_root "$(gemini)" <<'SH'
ask >/dev/null; ask >/dev/null; echo x >x.txt
says 42 30 12
SH
ox run
has "difference" "$(event usage.differs)" '"reported_tokens":42,"served_tokens":84'
has "what it was served is booked" "$("$orxaq" --root "$root" --json attempt list)" '"input_tokens":60'

# Each request costs 0.042 USD. The program tells of nothing and would go on for ever.
case_is "requests beside the ones a program tells of come to the cap"
relay_root "$(gemini)" <<'SH'
while :; do ask >/dev/null; done
SH
mkdir -p "$root/config"
printf 'version: 1\nprices:\n  - {model: m-1, input: 1000, output: 1000}\n  - {model: m, input: 1000, output: 1000}\n' \
    >"$root/config/prices.yaml"
echo 'budget: {call_reserve: 0.05, attempt: 0.2}' >>"$root/orxaq.yaml"
rm -f "$work/server/requests"
ox run
has "ended" "$err" "limit: the budget of an attempt does not allow it to cost more"
passed=$(grep -a -c x-goog-api-key "$work/server/requests")
is "no request goes on after that: $passed" "$((passed < 12))" 1
ox costs --window today --json
has "on the bill" "$out" '"input_tokens":'"$((30 * passed))"

case_is "a program that does not come to count"
relay_root "$(gemini)" <<'SH'
ask >/dev/null
kill -9 $$
SH
ox run
has "input" "$("$orxaq" --root "$root" --json attempt list)" '"input_tokens":30'
has "output" "$("$orxaq" --root "$root" --json attempt list)" '"output_tokens":12'

case_is "a time to wait that the program keeps to itself"
served "503 Service Unavailable" "Retry-After: 3600" '{}'
relay_root "$(gemini)" <<'SH'
ask >/dev/null
exit 1
SH
ox run
has "event" "$(event call.exited)" '"retry_after_ms":3600000'
has "relayed" "$(event call.relayed)" '"last_status":503'
ox attempt show 1
has "shown" "$(grep '^relayed' <<<"$out")" ": 503, asks to wait 1 h 00 m"

case_is "nobody is there"
relay_root "$(gemini | sed "s/:$port/:9/")" <<'SH'
[ -z "$(ask)" ] && echo cut >&2
exit 1
SH
ox run
has "relayed" "$(event call.relayed)" '"failed":1'
has "record" "$(grep -a -h '"k":"relay"' "$root"/state/records/*/*.rec)" "connect"
ox attempt show 1
has "shown" "$(grep '^relayed' <<<"$out")" "onnect"

case_is "TERM while the server is silent"
served ""
relay_root "$(gemini)" <<'SH'
ask >/dev/null
SH
"$orxaq" --root "$root" run >"$work/out" 2>&1 &
run=$!
until_true "a request" test -s "$work/server/requests"
kill -TERM "$run"
code=0
wait "$run" || code=$?
has "relayed" "$(event call.relayed)" '"requests":1'
is "left over" "$(pgrep -f "$root/agent" || true)" ""

case_is "what a relay cannot do is said"
relay_root "plugin: gemini, relay: true, settings: {program: [\"$root/agent\"]}" <<'SH'
says 1 1 0
SH
ox run
has "no key" "$out$err" "there is no key that the relay could send"
relay_root "plugin: command, relay: true, settings: {argv: [\"$root/agent\"]}" <<'SH'
SH
ox run
has "no address" "$out$err" "has no setting base_url"
relay_root "plugin: lmstudio, model: m, relay: true" <<'SH'
SH
ox run
has "our own requests" "$out$err" "are made by orxaq itself"
ox doctor
has "doctor" "$out" "are made by orxaq itself"

finish_tests
