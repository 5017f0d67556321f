#!/bin/bash
# webhook.sh: a web server is told of a budget at 50, 80 and 100 %, once, whatever the server does. The server
# is endpoint.c.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

export HOOK_TOKEN=the-token-of-the-hook
mkdir "$work/server"
"$build/tests/run_endpoint" "$work/server" >"$work/server.out" 2>&1 &
server=$!
trap 'kill "$server"; rm -rf "$work"' EXIT
until_true "the port of the server" test -s "$work/server/port"
port=$(<"$work/server/port")
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY

# answers STATUS: what the server says from now on
answers() {
    rm -f "$work/server/requests"
    printf 'HTTP/1.1 %s\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok' "$1" >"$work/server/answer"
}

posts() { [ ! -f "$work/server/requests" ] || grep -a -o '"percent":[0-9]*' "$work/server/requests" | cut -d: -f2 | tr '\n' ' '; }

# told EXPECTED: a run gives the server ten seconds at its end; on a slow machine the next one goes on
told() {
    local _
    for _ in $(seq 30); do
        [ "$(posts)" != "$1" ] || break
        ox run
    done
    is "posts" "$(posts)" "$1"
}

events() { "$orxaq" --root "$root" --json events --kind "$1"; }

# hook_root CAP [PORT]: each call states that it cost 2 cents
hook_root() {
    make_root <<'SH'
echo '{"usage":{"cost_usd":0.02}}'
echo good >"$task.txt"; finish done
SH
    sed -i "s|output: json|output: jsonl, text_path: say|" "$root/orxaq.yaml"
    cat >>"$root/orxaq.yaml" <<YAML
budget: {daily: $1, call_reserve: 0.02, rate_alarm: off}
plugins:
  - name: webhook
    settings: {url: "http://127.0.0.1:${2:-$port}/hook", secret: env:HOOK_TOKEN}
YAML
}

case_is "each threshold is told once"
answers "200 OK"
hook_root 0.1
tasks one two three four five six
ox run
is "exit code" "$code" 6
told "50 80 100 "
has "what chat rooms show" "$(<"$work/server/requests")" "\"text\":\"orxaq: 50 % of today's budget: 0.06 of 0.10 USD are spent\""
has "what is over" "$(<"$work/server/requests")" "100 % of today's budget: 0.10 of 0.10 USD are spent"
has "the secret" "$(<"$work/server/requests")" "Authorization: Bearer $HOOK_TOKEN"
has "the number" "$(<"$work/server/requests")" "Idempotency-Key: orxaq-"
is "the secret is nowhere else" "$(grep -rl "$HOOK_TOKEN" "$root" || true)" ""
ox run
is "exit code" "$code" 6
is "not again" "$(posts)" "50 80 100 "
is "events" "$(events budget.threshold | wc -l)" 3

case_is "a run that stops with a little left has come to the end of its budget"
answers "200 OK"
hook_root 0.05
tasks one two three
ox run
is "exit code" "$code" 6
told "80 100 "
has "it says so" "$(<"$work/server/requests")" "0.04 of 0.05 USD are spent; nothing more begins"

case_is "a server that has trouble is told later, and costs no task"
answers "503 Service Unavailable"
hook_root 0.1
tasks one two three
ox run
is "exit code" "$code" 0
is "state" "$(status_of three)" done
has "said" "$err" "sink webhook failed and is tried again later"
has "why" "$err" "HTTP 503"
answers "204 No Content"
ox run
told "50 "
ox run
is "once" "$(posts)" "50 "

case_is "a server that is not there costs no task either"
hook_root 0.1 9
tasks one two three
ox run
is "exit code" "$code" 0
has "said" "$err" "sink webhook failed and is tried again later"

case_is "other events, and settings that are none"
answers "200 OK"
hook_root 100
sed -i 's|secret: env:HOOK_TOKEN|kinds: [attempt.*]|' "$root/orxaq.yaml"
tasks one
ox run
has "an event of an attempt" "$(<"$work/server/requests")" '"event":"attempt.settled"'
hasnt "no secret, no header" "$(<"$work/server/requests")" "Authorization"
sed -i 's|url: "http:|url: "ftp:|' "$root/orxaq.yaml"
tasks one two
ox run
is "exit code" "$code" 0
has "refused" "$err" "sink webhook failed"

finish_tests
