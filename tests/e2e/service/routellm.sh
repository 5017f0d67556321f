#!/bin/bash
# routellm.sh: the commands with the overlay routellm: other tasks, objective, prompt and context, and the
# routing service as a unit of the supervisor.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
trap '"$orxaq" --root "$root" stop --now >/dev/null 2>&1 || true; rm -rf "$work"' EXIT

aftermath() { "$orxaq" --root "$root" units; "$orxaq" --root "$root" logs routellm-serve; }
unit_is() { "$orxaq" --root "$root" --json units | grep -q "\"name\":\"$1\",[^{}]*\"state\":\"$2\""; }
port() { sed -n 's|.*answering at http://127.0.0.1:\([0-9]*\)/route.*|\1|p' "$root/artifacts/autonomy/services/routellm-serve.log" | tail -n 1; }
answers() { [ -n "$(port)" ] && (exec 3<>"/dev/tcp/127.0.0.1/$(port)" && printf 'GET /health HTTP/1.0\r\n\r\n' >&3 && grep -q '"ok": *true' <&3) 2>/dev/null; }

# economics_root: as `orxaq init` leaves one, with agents that are scripts and a free port for the service
economics_root() {
    make_root <<<'printf "%s\n" "$prompt" >"$work/$task.prompt"; echo good >"$task.txt"; finish done'
    sed -i "2i work=$work" "$root/agent"
    "$orxaq" --quiet --root "$root" init "$root" >/dev/null
    {
        sed '/^providers:/,$d' "$root/orxaq.yaml"
        cat <<YAML
restart: {delay: 1s, jitter: none}
providers:
  codex: {plugin: command, repo: impl, settings: {argv: ["$root/agent"], output: json}}
  gemini: {plugin: command, repo: impl, settings: {argv: ["$root/agent"], output: json}}
services:
  routellm-serve: {command: [orxaq, routellm-serve, --port, "0", --policy-file, config/routellm_policy.json]}
YAML
    } >"$root/new.yaml"
    mv "$root/new.yaml" "$root/orxaq.yaml"
    cp "$ORX_SOURCE_DIR/config/routellm_policy.json" "$root/config/"
    echo '{"tasks": []}' >"$root/config/tasks.json"
}

case_is "the overlay is what the commands name, and only there"
economics_root
ox routellm-preflight --allow-dirty
is "preflight" "$code" 0
ox routellm-full-auto discover
is "discover" "$code" 0
has "its tasks" "$out" '"id": "npv-baseline"'
ox full-auto discover
hasnt "without it" "$out" npv-baseline
ox --overlay routellm config show paths.objective_file services.routellm-serve.enabled
has "what it says" "$out" objectives/codex_routellm_npv.md
ox --overlay none full-auto discover
is "no such" "$code" 2
has "said" "$err" "config/overlays/none.yaml is missing"
rm -r "$root/config/overlays"
ox routellm-full-auto-discover
is "a root of the predecessor's has none" "$code" 0
has "built in" "$out" npv-baseline

case_is "start: its tasks are done, and the service answers"
economics_root
ox routellm-start
is "start" "$code" 0
until_true "the service is up" unit_is routellm-serve ready
until_true "it answers" answers
until_true "the first task" test -e "$root/repo/npv-baseline.txt"
until_true "the last task" test -e "$root/repo/npv-one-guess-less.txt"
has "its objective" "$(cat "$work/npv-baseline.prompt")" "More validated work for each dollar"
has "its prompt" "$(cat "$work/npv-baseline.prompt")" "Replace one guess by one measurement"
has "its context" "$(cat "$work/npv-baseline.prompt")" "routellm-npv-capacity-scaling"
ox routellm-ensure
is "again" "$code" 0
has "at work" "$err" "is at work"
ox start
is "without the overlay it is at work, too" "$code" 0
ox --json routellm-status
is "status" "$code" 0
served=$(port)
pid=$("$orxaq" --root "$root" --json service routellm-serve status | sed -n 's/.*"pid":\([0-9]*\).*/\1/p')
kill -KILL "$pid"
another_answers() { [ "$(port)" != "$served" ] && answers; }
until_true "one that dies is started again" another_answers
ox routellm-stop
is "stop" "$code" 0
answers && fail "the service goes on without the supervisor"

case_is "a supervisor that does other work is not taken for this one"
economics_root
ox start
is "start" "$code" 0
until_true "the service is off" unit_is routellm-serve stopped
ox routellm-start
is "refused" "$code" 1
has "said" "$err" "has no overlay, not the overlay routellm"
ox stop
is "stop" "$code" 0

finish_tests
