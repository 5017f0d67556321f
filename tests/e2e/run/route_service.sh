#!/bin/bash
# route_service.sh: `orxaq routellm-serve` as programs meet it: with curl, and with the runner as its client.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"
command -v curl >/dev/null || exit 77
config=$ORX_SOURCE_DIR/config
server=
trap '[ -z "$server" ] || kill "$server" 2>/dev/null || true; rm -rf "$work"' EXIT

# serve ARGS...: starts the service on a free port; $server, $port
serve() {
    rm -f "$work/served" # the shell opens it again in the background, some time
    "$orxaq" routellm-serve --port 0 "$@" >"$work/served" 2>"$work/complaints" &
    server=$!
    until_true "it answers" grep -qs answering "$work/served"
    port=$(sed -n 's|.*http://[^ ]*:\([0-9]*\)/route.*|\1|p' "$work/served")
}

# ended SIGNAL: ends it; $code
ended() {
    kill -"$1" "$server"
    code=0
    wait "$server" || code=$?
    server=
}

# asked ARGS...: curl on the service; $status, $body, $headers
asked() {
    local path=$1
    shift
    status=$(curl -s --noproxy '*' -o "$work/body" -D "$work/headers" -w '%{http_code}' "$@" "http://127.0.0.1:$port$path") || true
    body=$(tr -d '\0' <"$work/body")
    headers=$(tr -d '\r' <"$work/headers")
}

case_is "R19: what cannot be served"
echo '[]' >"$work/list.json"
echo '{"a":' >"$work/bad.json"
refuses() {
    code=0
    "$orxaq" routellm-serve "${@:3}" >"$work/out" 2>"$work/err" </dev/null || code=$?
    is "R19: $*" "$code" "$1"
    has "R19: $*" "$(cat "$work/err")" "$2"
}
refuses 1 "the policy is a list" --port 0 --policy-file "$work/list.json"
refuses 1 "bad.json:2:" --port 0 --policy-file "$work/bad.json"
refuses 1 "absent.json" --port 0 --policy-file "$work/absent.json"
refuses 2 "--port" --policy-file "$work/list.json"
refuses 2 "--policy-file" --port 0
refuses 2 "0 to 65535" --port 65536 --policy-file "$work/list.json"
refuses 2 "0 to 65535" --port x --policy-file "$work/list.json"
refuses 2 "fast or strong" --port 0 --profile slow --policy-file "$work/list.json"
refuses 1 "numeric" --port 0 --host example.invalid --policy-file "$config/routellm_policy.json"

case_is "R20: the paths"
cp "$config/routellm_policy.json" "$work/policy.json"
serve --policy-file "$work/policy.json"
asked /health
is "health" "$status" 200
is "health" "$body" "{\"ok\":true,\"policy_file\":\"$work/policy.json\",\"profile\":\"fast\",\"router_version\":\"local-intelligent-v2\"}"
has "type" "$headers" "Content-Type: application/json"
has "server" "$headers" "Server: local-routellm-router/2.0"
asked '/health?x=1'
is "R20: a query" "$status" 404
is "R20: a query" "$body" '{"error":"not_found","ok":false}'
asked /route
is "get of /route" "$status" 404
asked /x -d '{bad'
is "R20: another path" "$status" 404
asked /health -d '{}'
is "post to /health" "$status" 404
asked /route -d '[1]'
is "R20: no object" "$status $body" '400 {"error":"invalid_payload","ok":false}'
asked /route -d '{bad'
is "R20: no JSON" "$status $body" '400 {"error":"invalid_json","ok":false}'
printf '{"prompt":"\xff"}' >"$work/latin"
asked /route --data-binary "@$work/latin"
is "no UTF-8" "$status $body" '400 {"error":"invalid_json","ok":false}'
asked /route -X PUT -d '{}'
is "another method" "$status" 501
has "another method" "$headers" "Content-Type: text/html"
asked /route -X POST
is "R15: no body" "$status" 200
has "R15: no body" "$body" '"provider":"codex"'

case_is "R6, R10: answers"
asked /route -d '{"prompt_difficulty_score": 20, "prompt_tokens_est": 1200}'
has "R6" "$body" '"model":"liquid/lfm2.5-1.2b"'
has "R6" "$body" '"score":1.046503'
has "R6" "$body" '"weights":{"cost":0.569897,"quality":0.033497,"speed":0.396606}'
asked /route -d '{"provider": "Gemini", "prompt": "write unit tests", "prompt_difficulty_score": 50, "prompt_tokens_est": 5000}'
has "R10" "$body" '"model":"gemini-2.0-flash"'

case_is "limits"
head -c 1100000 /dev/zero | tr '\0' x >"$work/big"
asked /route --data-binary "@$work/big" -H 'Expect: 100-continue'
is "a body of more than a MiB" "$status" 413
asked /health -H "X-Long: $(head -c 70000 /dev/zero | tr '\0' x)"
is "headers of more than 64 KiB" "$status" 431
connects=$(curl -s --noproxy '*' -o "$work/body" -o "$work/body" -w '%{num_connects} ' "http://127.0.0.1:$port/health" "http://127.0.0.1:$port/health")
is "one connection for two requests" "$connects" "1 0 "
listens=$(printf ':%04X 00000000:0000 0A' "$port")
is "nobody else may come in" "$(grep -h "$listens" /proc/net/tcp | awk '{print $2}')" "0100007F:$(printf %04X "$port")"
is "not by the other protocol" "$(grep -ch "$listens" /proc/net/tcp6 || true)" 0
refuses 75 "$port" --port "$port" --policy-file "$work/policy.json"

case_is "a policy that changes is read again"
says() {
    asked /route -d '{"provider": "x"}'
    case $body in *"$1"*) ;; *) return 1 ;; esac
}
complained() { grep -q "$1" "$work/complaints"; }
echo '{"providers": {"x": {"allowed_models": ["new-model"]}}}' >"$work/next.json"
mv "$work/next.json" "$work/policy.json"
until_true "the new policy" says '"model":"new-model"'
until_true "the reading is told" complained "was read again"
echo '{"providers": ' >"$work/policy.json"
until_true "the broken one is told" complained "stays in use: .*policy.json:"
says '"model":"new-model"' || fail "a broken policy is not used: $body"
rm "$work/policy.json"
until_true "the missing one is told" complained "stays in use: .*No such file"
says '"model":"new-model"' || fail "without a file: $body"
echo '{"providers": {"x": {"allowed_models": ["third"]}}}' >"$work/policy.json"
until_true "the third policy" says '"model":"third"'

case_is "signals end it, also while somebody is connected"
exec 5<>"/dev/tcp/127.0.0.1/$port"
printf 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n' >&5
read -r line <&5
has "connected" "$line" "HTTP/1.1 200"
ended TERM
is "TERM" "$code" 0
exec 5>&-
serve --profile strong --policy-file "$config/routellm_policy.local-strong.json" --host localhost
asked /route -d '{"prompt_difficulty_score": 50, "prompt_tokens_est": 5000, "prompt": "do it"}'
has "R9" "$body" '"model":"gpt-5-codex"'
has "R9" "$body" '"router_profile":"strong"'
ended INT
is "INT" "$code" 0
serve --policy-file "$config/routellm_policy.json" --host 0.0.0.0
has "anybody may come in" "$(cat "$work/complaints")" "there is no password"
ended TERM

case_is "R25: the runner asks it"
make_root <<'SH'
echo "$task $1" >>"${0%/agent}/called"
echo good >"$task.txt"; finish done
SH
sed -i "s|argv: .*|argv: [\"$root/agent\", \"{model}\"], output: json}|" "$root/orxaq.yaml"
cat >"$root/config/tasks.json" <<'JSON'
[{"id": "easy", "owner": "worker", "priority": 1, "title": "Rename one variable", "description": "Call it n."},
 {"id": "hard", "owner": "worker", "priority": 2, "title": "Design a lock-free migration", "description": "Of the auth store."}]
JSON
cat >"$root/config/routellm_policy.json" <<'JSON'
{"enabled": true,
 "providers": {"worker": {"fallback_model": "small", "allowed_models": ["small", "big"]}},
 "model_catalog": {"small": {"input_per_million": 0.1, "speed_tps": 200, "quality_score": 40, "local": true},
                   "big": {"input_per_million": 3, "speed_tps": 40, "quality_score": 95}}}
JSON
serve --profile strong --policy-file "$root/config/routellm_policy.json"
ox run --routellm-enabled --routellm-url "http://127.0.0.1:$port/route"
is "exit code" "$code" 0
is "called" "$(tr '\n' ';' <"$root/called")" "easy small;hard big;"
is "decisions" "$(grep -c '"routing_strategy": "routellm"' "$root/artifacts/autonomy/response_metrics.ndjson")" 2
ended TERM

finish_tests
