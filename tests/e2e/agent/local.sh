#!/bin/bash
# local.sh: with run.local_only the tasks of codex are done by model servers of one's own: real `orxaq run`,
# tests/fake as the servers, and one more that stands for a hosted model and must not be asked.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; models write $ and `; lib.sh reads case_name; serve assigns
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"

fake=$(cd "$(dirname "$0")" && pwd)/../../fake/lmstudio.mjs
node -e 'process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)' 2>/dev/null || {
    echo "skipped: node 20 or newer is needed for tests/fake" >&2
    exit 77
}
"$build/libexec/orxaq-exec" --can-confine || {
    echo "skipped: endpoints of local-only mode need Landlock" >&2
    exit 77
}
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY

servers=()
stop_servers() {
    for pid in "${servers[@]}"; do kill "$pid" 2>/dev/null || true; done
    servers=()
}
trap 'stop_servers; rm -rf "$work"' EXIT

# serve NAME SCENARIO: a server; its port is in the variable NAME
serve() {
    rm -f "$work/port-$1"
    node "$fake" --port 0 --port-file "$work/port-$1" --scenario "$2" --idle-exit 120 >"$work/$1.log" 2>&1 &
    servers+=($!)
    until_true "the port of $1" test -s "$work/port-$1"
    [ -s "$work/port-$1" ] || { cat "$work/$1.log" >&2 && exit 1; }
    printf -v "$1" %s "$(cat "$work/port-$1")"
}

# asked PORT JAVASCRIPT: an expression over all requests, `r`
asked() { node -e "fetch('http://127.0.0.1:$1/_fake/requests').then((x) => x.json()).then((r) => console.log(String($2)))"; }
chats() { asked "$1" "r.filter((one) => one.path.endsWith('/chat/completions')).length"; }

mkdir "$work/answers"
printf '{"a": [{"calls": [["write_file", {"path": "a.txt", "content": "good\\n"}]]}, {"calls": [["finish", {"status": "done", "summary": "a"}]]}],
  "b": [{"calls": [["write_file", {"path": "b.txt", "content": "good\\n"}]]}, {"calls": [["finish", {"status": "done", "summary": "b"}]]}],
  "c": [{"calls": [["write_file", {"path": "c.txt", "content": "good\\n"}]]}, {"calls": [["finish", {"status": "done", "summary": "c"}]]}]}' \
    >"$work/answers/script.json"
good="tool-script,file=$work/answers/script.json"

# rooted: codex is a program that leaves a mark when it is started, and asks nobody; `hosted` is a server
# that passes on to somebody else
rooted() {
    mkdir -p "$root/config" "$root/repo"
    printf '#!/bin/sh\n: >"%s/started"\nexit 1\n' "$root" >"$root/codex"
    chmod +x "$root/codex"
    cat >"$root/orxaq.yaml" <<YAML
version: 1
repos: {impl: repo, test: repo}
retry: {flat_delay: 1ms, max_attempts: 2, max_retryable: 0, backoff_base: 1ms}
recovery: off
agent: {grace: 300ms}
validation: {commands: ["true"], retries: 0}
providers:
  codex: {model: fake-chat-7b, models: [gpt-5-codex], settings: {program: $root/codex}}
  hosted:
    plugin: lmstudio
    settings: {base_url: "http://127.0.0.1:$hosted/v1", local: false}
YAML
    for id in "$@"; do
        printf '%s{"id": "%s", "owner": "codex", "priority": 1, "title": "Task %s", "description": "Do %s."}' \
            "${sep:-[}" "$id" "$id" "$id"
        sep=,
    done >"$root/config/tasks.json"
    echo ']' >>"$root/config/tasks.json"
    sep=
    git -C "$root/repo" init -q -b main
    git -C "$root/repo" -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m base
}
# local_env URLS: as a root of the predecessor would have it
local_env() {
    printf 'ORXAQ_AUTONOMY_LOCAL_ONLY=1\nORXAQ_LOCAL_OPENAI_BASE_URLS=%s\nORXAQ_LOCAL_OPENAI_BASE_URL=%s\n' \
        "$1" "${2:-http://127.0.0.1:9/v1}" >"$root/.env.autonomy"
}
events() { "$orxaq" --root "$root" --json events; }
providers() { events | grep '"kind":"call.begun"' | node -e 'require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean).forEach((l) => console.log(JSON.parse(l).body.provider))' | tr '\n' ' '; }
no_hosted() {
    checks=$((checks + 1))
    [ ! -e "$root/started" ] || fail "$1: codex was started"
    is "$1: requests to the hosted server" "$(asked "$hosted" r.length)" 0
}
serve hosted ok

case_is "A44: only the requested model, at an endpoint that serves it"
serve one "$good"
rooted a b
local_env "http://127.0.0.1:$one/v1/"
ox run
is "exit code" "$code" 0
is "both done" "$(status_of a) $(status_of b)" "done done"
is "by the endpoint" "$(providers)" "codex@127.0.0.1-$one codex@127.0.0.1-$one "
is "content" "$(git -C "$root/repo" show HEAD:b.txt)" good
is "which model" "$(asked "$one" "r.filter((o) => o.path.endsWith('/chat/completions')).every((o) => o.body.model === 'fake-chat-7b' && o.body.max_tokens === 4096)")" true
is "which key" "$(asked "$one" "r.every((o) => o.headers.authorization === 'Bearer lm-studio')")" true
is "models are asked for once, and once for each call" "$(asked "$one" "r.filter((o) => /models\$/.test(o.path)).length")" 3
no_hosted "run"
decision=$(grep '"routing_decision"' "$root/artifacts/autonomy/conversations.ndjson" | head -n 1 | sed 's/\\"/"/g')
has "decision" "$decision" '"local_only_mode": true'
has "decision" "$decision" '"executor": "local_openai_compatible"'
has "decision" "$decision" "\"executor_endpoint\": \"http://127.0.0.1:$one/v1\""
has "decision" "$decision" '"executor_endpoint_slot": 1'
has "decision" "$decision" '"executor_endpoint_count": 2'

case_is "A63: an endpoint that fails gives way to the other one, and to none else"
serve two 500
rooted a
local_env "http://127.0.0.1:$two/v1,http://127.0.0.1:$one/v1"
ox run
is "exit code" "$code" 0
is "order" "$(providers)" "codex@127.0.0.1-$two codex@127.0.0.1-$one "
has "failover is an event" "$(events | grep route.failover)" "\"to\":\"codex@127.0.0.1-$one/fake-chat-7b\""
no_hosted "run"

case_is "A63: an endpoint that failed is left alone"
serve cut reset
rooted a b c
local_env "http://127.0.0.1:$cut/v1,http://127.0.0.1:$one/v1"
ox run
is "exit code" "$code" 0
is "not asked when its turn comes" "$(providers)" \
    "codex@127.0.0.1-$cut codex@127.0.0.1-$one codex@127.0.0.1-$one codex@127.0.0.1-$one "

case_is "A63: an endpoint that the fleet knows to be sick"
rooted a
local_env "http://127.0.0.1:$two/v1,http://127.0.0.1:$one/v1"
mkdir -p "$root/artifacts/autonomy/local_models"
printf '{"probe": {"endpoints": [{"id": "x", "base_url": "http://127.0.0.1:%s/v1", "ok": false}]}, "capability_scan": {"endpoints": [{"base_url": "http://127.0.0.1:%s", "max_context_tokens_success": 8000}]}}' \
    "$two" "$one" >"$root/artifacts/autonomy/local_models/fleet_status.json"
ox run
is "exit code" "$code" 0
is "order" "$(providers)" "codex@127.0.0.1-$one "
is "A62: tokens" "$(asked "$one" "r.filter((o) => o.path.endsWith('/chat/completions')).at(-1).body.max_tokens")" 7600

case_is "strict switched off: further models, and still nobody else"
serve three 404
rooted a
local_env "http://127.0.0.1:$three/v1"
echo 'ORXAQ_LOCAL_OPENAI_STRICT_REQUESTED_MODEL=0' >>"$root/.env.autonomy"
ox run
is "exit code" "$code" 4
is "what was asked for" "$(asked "$three" "[...new Set(r.filter((o) => o.path.endsWith('/chat/completions')).map((o) => o.body.model))].join(' ')")" "fake-chat-7b gpt-5-codex"
no_hosted "run"

case_is "no endpoint is there"
rooted a
local_env "http://127.0.0.1:9/v1"
ox run
is "exit code" "$code" 4
is "blocked" "$(status_of a)" blocked
is "nobody else" "$(providers | tr ' ' '\n' | sort -u | tr -d '\n')" "codex@127.0.0.1-9"
no_hosted "run"

case_is "no model to ask for"
rooted a
sed -i 's/model: fake-chat-7b, models: \[gpt-5-codex\], //' "$root/orxaq.yaml"
local_env "http://127.0.0.1:$one/v1"
ox run
is "exit code" "$code" 4
ox tasks show a
has "what to set" "$out" "providers.codex.model is not set"
no_hosted "run"

case_is "an address that is not ours is none"
rooted a
local_env "https://api.openai.com/v1" "https://api.example.com/v1"
ox run
is "exit code" "$code" 1
has "warned" "$err" "local.base_urls: https://api.openai.com/v1 is not used"
has "refused" "$err" "run.local_only (set at .env.autonomy:1:"
has "what to do" "$err" "local.base_urls"
no_hosted "run"

case_is "doctor"
rooted a
local_env "http://127.0.0.1:$one/v1"
ox doctor
has "codex" "$out" "providers.codex may not be called"
has "who instead" "$out" "its tasks are done by 2 endpoints of your own"
has "endpoint" "$out" "codex@127.0.0.1-$one"
ox run --dry-run
is "a dry run" "$code" 0
hasnt "a dry run" "$err" "block its tasks"
no_hosted "doctor"

finish_tests
