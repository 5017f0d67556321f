#!/bin/bash
# local_only.sh: with run.local_only nothing is sent to a hosted model, whoever plans, whatever fails.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

# A model server on this machine that stands for a hosted one: whatever reaches it is in $asked.
mkdir "$work/hosted"
"$build/tests/run_endpoint" "$work/hosted" &
trap 'kill %1 2>/dev/null; rm -rf "$work"' EXIT
until_true "the port of the server" test -s "$work/hosted/port"
asked=$work/hosted/requests
body='{"error": {"message": "no", "code": "invalid_api_key"}}'
printf 'HTTP/1.1 401 Unauthorized\r\ncontent-type: application/json\r\ncontent-length: %s\r\nconnection: close\r\n\r\n%s' \
    "${#body}" "$body" >"$work/hosted/answer"

# rooted LOCAL_ONLY: worker is an agent on a machine of ours, gateway the server above, which passes on to
# somebody else, claude a program that leaves a mark when it is started
rooted() {
    make_root
    printf '#!/bin/sh\n: >"%s/started"\nexit 1\n' "$root" >"$root/claude"
    chmod +x "$root/claude"
    sed -i "s|^  worker:|  worker:\n    model: m0\n    watts: 90|" "$root/orxaq.yaml"
    cat >>"$root/orxaq.yaml" <<YAML
  gateway:
    plugin: lmstudio
    model: m1
    sandbox: none
    settings: {base_url: "http://127.0.0.1:$(cat "$work/hosted/port")/v1", local: false, api: openai}
  claude:
    settings: {program: $root/claude}
money: {kwh_price: 0.3}
run:
  local_only: $1
YAML
    rm -f "$asked"
}

# owned OWNER...: a task for each, named like it
owned() {
    local owner sep=''
    {
        echo '['
        for owner in "$@"; do
            printf '%s{"id": "t-%s", "owner": "%s", "priority": 1, "title": "Task of %s", "description": "Do it."}\n' \
                "$sep" "$owner" "$owner" "$owner"
            sep=,
        done
        echo ']'
    } >"$root/config/tasks.json"
}
router() { printf '  router: order\nrouters:\n  order:\n    plugin: static\n    settings:\n      candidates: [%s]\n' "$1" >>"$root/orxaq.yaml"; }
untouched() {
    checks=$((checks + 1))
    [ ! -e "$asked" ] || fail "$1: the hosted server was asked: $(cat "$asked")"
    [ ! -e "$root/started" ] || fail "$1: a hosted model's program was started"
}
events() { "$orxaq" --root "$root" --json events; }
strangers() { events | grep '"kind":"call.begun"' | grep -vc '"provider":"worker"' || true; }

case_is "the server would be asked"
rooted false <<'AGENT'
echo good >"$task.txt"; finish done
AGENT
owned gateway
ox run
has "it was" "$(cat "$asked")" "/v1/"
hasnt "and nothing else is said" "$err" local_only

case_is "hosted providers are not called, their tasks blocked"
rooted true <<'AGENT'
echo good >"$task.txt"; finish done
AGENT
owned worker gateway claude
ox run
is "exit code" "$code" 4
untouched "run"
is "the local one" "$(status_of t-worker)" "done"
for owner in gateway claude; do
    is "$owner" "$(status_of t-$owner)" blocked
    ox tasks show t-$owner
    has "$owner: why" "$out" "providers.$owner may not be called"
    has "$owner: the key" "$out" "run.local_only (set at orxaq.yaml:"
done
is "no call of theirs" "$(strangers)" 0
is "no row of figures" "$(wc -l <"$root/artifacts/autonomy/response_metrics.ndjson")" 1
ox run
is "again" "$code" 4
untouched "the next run"
sed -i 's/local_only: true/local_only: false/' "$root/orxaq.yaml"
ox tasks reset t-gateway
ox run
[ -e "$asked" ] || fail "without it the gateway is asked"

case_is "no plan, failover or retry goes around it"
rooted true <<'AGENT'
echo "$task" >>"${0%/agent}/called"; exit 9
AGENT
sed -i "s|output: json}|output: json, exit_codes: {\"9\": overloaded}}|; s|^retry: {|retry: {max_retryable: 2, backoff_max: 1ms, |" "$root/orxaq.yaml"
router '{provider: gateway}, {provider: worker}, {provider: claude}, {provider: gateway, fallback: true}'
owned worker claude
ox run
is "exit code" "$code" 4
untouched "routed"
is "the local one was tried for both" "$(sort -u "$root/called" | tr '\n' ' ')" "t-claude t-worker "
hasnt "nobody else is a candidate" "$(events | grep '"kind":"route.planned"')" '"deployment":"gateway'
is "no call of theirs" "$(strangers)" 0

case_is "a router gives a hosted owner's task to a local provider"
rooted true <<'AGENT'
echo good >"$task.txt"; finish done
AGENT
router '{provider: claude}, {provider: worker}'
owned claude
ox run
is "exit code" "$code" 0
untouched "routed"
is "done" "$(status_of t-claude)" "done"

case_is "nobody may be called"
rooted true </dev/null
sed -i 's/^    watts: 90//' "$root/orxaq.yaml"
owned worker
ox run
is "exit code" "$code" 1
has "the key" "$err" "run.local_only (set at orxaq.yaml:"
has "who" "$err" "(hosted: claude, gateway, worker)"
has "what to do" "$err" "plugin: lmstudio"
[ ! -e "$root/started" ] || fail "a program was started"
ox run --dry-run
is "nor would it" "$code" 1
ox doctor
has "doctor" "$out" "forbids hosted models"

case_is "the predecessor's variable"
rooted false </dev/null
sed -i '/^run:/,$d' "$root/orxaq.yaml"
echo 'ORXAQ_AUTONOMY_LOCAL_ONLY=1' >"$root/.env.autonomy"
owned claude worker
ox run --dry-run
is "exit code" "$code" 0
has "said before" "$err" "a run would block its tasks"
ox doctor
has "doctor" "$out" "no hosted model is called"
has "doctor" "$out" "run.local_only (set at .env.autonomy:1:"
untouched "doctor"

finish_tests
