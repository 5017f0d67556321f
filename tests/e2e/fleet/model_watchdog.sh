#!/bin/bash
# model_watchdog.sh: models of one's own that are unloaded, fall silent or go away with their server: what is
# brought back, what is left alone, and what is written down.
# shellcheck disable=SC2016,SC2034 # JavaScript is quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"

fakes=$(cd "$(dirname "$0")/../../fake" && pwd)
node -e 'process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)' 2>/dev/null || {
    echo "skipped: node 20 or newer is needed for tests/fake" >&2
    exit 77
}
command -v curl >/dev/null || exit 77
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY ORXAQ_LOCAL_OPENAI_API_KEY
servers=() runner=''
trap '[ -z "$runner" ] || kill "$runner" 2>/dev/null; kill "${servers[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

# serve [PORT]: LM Studio, on the same port again when it is given; its address is $lm
serve() {
    rm -f "$work/port"
    node "$fakes/lmstudio.mjs" --port "${1:-0}" --port-file "$work/port" --idle-exit 600 >>"$work/server.log" 2>&1 &
    server=$!
    servers+=("$server")
    until_true "the server" test -s "$work/port"
    port=$(cat "$work/port")
    lm=http://127.0.0.1:$port
}
down() {
    kill "$server"
    wait "$server" 2>/dev/null || true
}
post() { curl -s --noproxy '*' -X POST -d "${2:-}" "$lm$1" >/dev/null; }
requests() { node -e 'fetch(process.argv[1] + "/_fake/requests").then((r) => r.json()).then((all) => console.log(eval(process.argv[2])))' "$lm" "$1"; }
loads() { requests 'all.filter((r) => r.path.endsWith("/load")).map((r) => r.body.model).join(",")'; }
words() { requests 'all.filter((r) => r.path.endsWith("/completions")).length'; }
loaded() { curl -s --noproxy '*' "$lm/api/v0/models" | node -e 'console.log(JSON.parse(require("fs").readFileSync(0, "utf8")).data.filter((m) => m.state === "loaded").map((m) => m.id).join(","))'; }
unload() { post /api/v1/models/unload "{\"instance_id\": \"$1\"}"; }
files=artifacts/autonomy/local_models
known() { node -e 'const s = JSON.parse(require("fs").readFileSync(process.argv[1])), d = s.processes.lm; console.log(process.argv.slice(2).map((e) => String(eval(e))).join("|"))' "$root/$files/model_watchdog_state.json" "$@"; }
statuses() { node -e 'console.log(require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n").map((l) => JSON.parse(l).status).join(","))' "$root/$files/model_watchdog_history.ndjson"; }
said() { node -e 'const d = JSON.parse(require("fs").readFileSync(process.argv[1])).processes[0]; console.log([d.status, d.deed, d.model].join("|"))' "$work/out"; }
watch() { ox model-watchdog; }

# rooted [WATCHDOG [TARGET]]: one endpoint; further members of the section watchdog
rooted() {
    mkdir -p "$root/config"
    echo '{"tasks": []}' >"$root/config/tasks.json"
    printf '{"endpoints": [{"id": "lm", "base_url": "%s/v1"}, {"id": "off", "base_url": "http://127.0.0.1:9", "enabled": false}],\n "target_models": ["%s"], "benchmark": {"timeout_sec": 5}, "watchdog": {"restart_cooldown_sec": 600, "timeout_sec": 3, "startup_grace_sec": 0%s}}\n' \
        "$lm" "${2:-fake-vision-12b}" "${1:-}" >"$root/config/local_model_fleet.json"
}
serve

case_is "one that is well is asked for a word now and then, and nothing else"
rooted
watch
is "exit code" "$code" 0
is "healthy" "$(said)" "healthy||fake-chat-7b"
watch
is "one word for five minutes; no load" "$(words) $(loads)" "1 "
is "counted" "$(known s.runs_total d.checks_total d.healthy_checks d.last_status d.last_pid d.restart_attempts)" "2|2|2|healthy|null|0"
is "the one that is off is nobody's concern" "$(known 'Object.keys(s.processes).length')" 1
has "health knows of nothing" "x$("$orxaq" --root "$root" --json health | grep -c model.down || true)" x0

case_is "unloaded: the one it had comes back, once, and then it waits"
rooted
unload fake-chat-7b
post /api/v1/models/load '{"model": "fake-chat-7b", "context_length": 8192}'
watch
is "what it has" "$(known d.last_model d.last_context_length)" "fake-chat-7b|8192"
unload fake-chat-7b
curl -s --noproxy '*' "$lm/_fake/reset" >/dev/null
watch
is "brought back" "$(said)" "restarted|load|fake-chat-7b"
is "as it was" "$(requests 'all.filter((r) => r.path.endsWith("/load"))[0].body.context_length') $(known d.last_context_length)" "8192 8192"
is "not the one of the list" "$(loads) $(loaded)" "fake-chat-7b fake-chat-7b"
unload fake-chat-7b
ox --strict model-watchdog
is "too early" "$code $(said)" "1 down_cooldown||fake-chat-7b"
is "no second load" "$(loads)" "fake-chat-7b"
is "attempts" "$(known d.restart_attempts d.restart_successes d.attempts_in_a_row d.last_reason)" "1|1|1|model_unloaded"
is "history" "$(statuses)" "healthy,restarted,down_cooldown"
has "told" "$("$orxaq" --root "$root" --json events --kind fleet.watched)" '"before":"restarted"'
has "health" "$("$orxaq" --root "$root" --json health || true)" '"model.down"'
has "which one" "$("$orxaq" --root "$root" health || true)" "model server lm is degraded (down_cooldown): model_unloaded"
sed -i 's/"restart_cooldown_sec": 600/"restart_cooldown_sec": 1, "restart_cooldown_max_sec": 1/' "$root/config/local_model_fleet.json"
again() { watch && [ "$(said)" = "restarted|load|fake-chat-7b" ]; }
until_true "another try" again

case_is "nothing was seen there before: the first that should be there; none where another one is loaded"
unload fake-chat-7b
rooted
watch
is "of the list" "$(said) $(loaded)" "restarted|load|fake-vision-12b fake-vision-12b"
unload fake-vision-12b
post /api/v1/models/load '{"model": "fake-coder-30b"}'
curl -s --noproxy '*' "$lm/_fake/reset" >/dev/null
watch
is "somebody chose another one" "$(said) $(loads)$(loaded)" "healthy||fake-coder-30b fake-coder-30b"
is "which is the one it has now" "$(known d.last_model)" fake-coder-30b
unload fake-coder-30b
rooted '' absent-1b
rm -r "$root/artifacts"
watch
is "nothing to load" "$(said) $(loads)" "healthy|| "
post /api/v1/models/load '{"model": "fake-chat-7b"}'

case_is "one that works for us is left alone, whatever it says"
rooted
mkdir -p "$root/repo"
cat >"$root/orxaq.yaml" <<YAML
repos: {impl: repo, test: repo}
providers:
  worker: {plugin: lmstudio, model: fake-chat-7b, sandbox: none, settings: {base_url: "$lm/v1"}}
YAML
git -C "$root/repo" init -q -b main
git -C "$root/repo" -c user.name=t -c user.email=t@t commit -q --allow-empty -m begin
tasks one
watch
unload fake-chat-7b
curl -s --noproxy '*' "$lm/_fake/reset" >/dev/null
post "/_fake/scenario?name=hang"
"$orxaq" --root "$root" run >"$work/run.log" 2>&1 &
runner=$!
called() { [ "$(words)" -ge 1 ]; }
until_true "the call" called
was=$(words)
ox --strict model-watchdog
is "nothing is loaded beside its work" "$code $(said) $(loads)$(words)" "0 healthy||fake-chat-7b $was"
kill -INT "$runner"
wait "$runner" || true
runner=''
post "/_fake/scenario?name=ok"
post /api/v1/models/load '{"model": "fake-chat-7b"}'

case_is "silent: told, and never unloaded; without a command that is all"
rooted ', "check_interval_sec": 0'
post "/_fake/scenario?name=500"
watch
is "silent" "$(said)" "down_no_restart||fake-chat-7b"
has "why" "$(known d.last_reason)" "model_silent: http_500"
watch
is "nothing is done" "$(known d.restart_attempts d.unhealthy_in_a_row) $(loads)$(loaded)" "0|2 fake-chat-7bfake-chat-7b"
post "/_fake/scenario?name=ok"
watch
is "back" "$(said)" "healthy||fake-chat-7b"
has "told" "$("$orxaq" --root "$root" --json events --kind fleet.watched | tail -1)" '"before":"down_no_restart"'

case_is "a cap that leaves nothing is no silence"
rooted ', "check_interval_sec": 0'
cat >"$root/orxaq.yaml" <<YAML
providers: {mine: {plugin: lmstudio, model: fake-chat-7b, settings: {base_url: "$lm/v1"}}}
budget: {daily: 0.000001}
YAML
printf 'version: 1\nprices:\n  - {model: fake-chat-7b, input: 10, output: 20, source: a test}\n' >"$root/config/prices.yaml"
curl -s --noproxy '*' "$lm/_fake/reset" >/dev/null
watch
is "healthy, and not asked" "$code $(said) $(words)" "0 healthy||fake-chat-7b 0"
sed -i /budget/d "$root/orxaq.yaml"
watch
is "asked" "$(words)" 1
has "in the books" "$("$orxaq" --root "$root" --json costs --window all --by task)" local-fleet/model-watchdog

case_is "the server is gone: the operator's command brings it back, and its model with it"
cat >"$work/restart" <<SH
#!/bin/sh
echo "\$@" >>"$work/restarted"
echo "\$SECRET_KEY" >&2
[ ! -e "$work/broken" ] || { echo "no room" >&2; exit 3; }
touch "$work/wish"
until [ -s "$work/port-again" ]; do sleep 0.05; done
SH
chmod +x "$work/restart"
# Whoever keeps servers on a machine: what a command starts itself ends with it.
keeper() {
    until [ -e "$work/wish" ]; do sleep 0.1; done
    exec node "$fakes/lmstudio.mjs" --port "$port" --port-file "$work/port-again" --idle-exit 600 >/dev/null 2>&1
}
keeper &
kept=$!
servers+=("$kept")
touch "$work/broken"
rooted ", \"restart_command\": \"$work/restart '{endpoint_id}' {base_url} {model}\", \"restart_cooldown_max_sec\": 1"
watch
down
watch
is "one pass is not sure" "$(said) $([ -e "$work/restarted" ] && echo ran)" "down_cooldown|| "
SECRET_KEY=sk-not-for-you ox --strict model-watchdog
is "the command fails" "$code $(said)" "1 restart_failed|restart|"
has "its reason" "$(known d.last_reason)" "no room"
hasnt "no secret of ours" "$(cat "$root/$files"/*)" sk-not-for-you
is "its code" "$(known d.last_restart_rc d.restart_failures)" "3|1"
has "its words" "$(cat "$work/restarted")" "lm $lm/v1 fake-chat-7b"
rm "$work/broken"
tried() { watch && [ "$(known d.last_status)" = restarted ]; }
until_true "it comes back" tried
is "how" "$(known d.last_restart_rc d.restart_successes)" "0|1"
watch
is "and is well" "$(said)" "healthy||fake-chat-7b"
kill "$kept"
wait "$kept" 2>/dev/null || true

case_is "too many tries are enough"
rooted ", \"restart_command\": \"false\", \"max_attempts\": 2, \"restart_cooldown_max_sec\": 1"
over() { watch && [ "$(known d.last_status)" = given_up ]; }
until_true "it is given up" over
watch
is "and stays so" "$(known d.restart_attempts d.restart_failures)" "2|2"
serve "$port"
watch
is "well by itself" "$(said)" "healthy||fake-chat-7b"

case_is "as a service; a wrong file, none, and two at a time"
rooted
ox model-watchdog-once
is "once" "$code" 0
has "its log" "$("$orxaq" --root "$root" logs model-watchdog)" '"status": "healthy"'
ox --json service
has "listed" "$out" '"name":"model-watchdog"'
ox model-watchdog-status
has "status" "$out" "every 30s"
ox stop
echo '{"endpoints": [], "watchdog": {"max_attempts": "many"}}' >"$root/config/local_model_fleet.json"
refused "a wrong one" "max_attempts: expected a number" model-watchdog
rm "$root/config/local_model_fleet.json"
refused "none" "local_model_fleet.json is missing" model-watchdog
rooted
echo '{"processes": 3' >"$root/$files/model_watchdog_state.json"
watch
is "a damaged state begins anew" "$code $(known s.runs_total)" "0 1"
sed -i 's/"timeout_sec": 3,/"timeout_sec": 300, "check_interval_sec": 0,/' "$root/config/local_model_fleet.json"
curl -s --noproxy '*' "$lm/_fake/reset" >/dev/null
post "/_fake/scenario?name=hang"
"$orxaq" --root "$root" model-watchdog >/dev/null 2>&1 &
runner=$!
until_true "it is under way" called
ox model-watchdog
is "another pass" "$code" 75
kill "$runner"
wait "$runner" || true
runner=''

finish_tests
