#!/bin/bash
# local_models.sh: local-model-fleet-*: servers of one's own that are well, hang, lie, come and go; what is
# loaded and what is not, and what is known of them afterwards.
# shellcheck disable=SC2016,SC2034 # JavaScript is quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"

fakes=$(cd "$(dirname "$0")/../../fake" && pwd)
node -e 'process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)' 2>/dev/null || {
    echo "skipped: node 20 or newer is needed for tests/fake" >&2
    exit 77
}
command -v curl >/dev/null || exit 77
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY ORXAQ_LOCAL_OPENAI_API_KEY ORXAQ_LOCAL_MODEL_SYNC_COMMAND
servers=() one='' two='' vllm=''
trap 'kill "${servers[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

# serve NAME PROGRAM: starts a fake server; its address is in the variable NAME
serve() {
    node "$fakes/$2.mjs" --port 0 --port-file "$work/port-$1" --idle-exit 300 >"$work/server-$1.log" 2>&1 &
    servers+=($!)
    until_true "the server $1" test -s "$work/port-$1"
    printf -v "$1" 'http://127.0.0.1:%s' "$(cat "$work/port-$1")"
}
export FAKE_LM_PARALLEL=3
serve one lmstudio
unset FAKE_LM_PARALLEL
serve two lmstudio
serve vllm openai

# at EXPRESSION...: of what is known, `d`; "|" between them
at() { node -e 'const d = JSON.parse(require("fs").readFileSync(process.argv[1])); console.log(process.argv.slice(2).map((e) => String(eval(e))).join("|"))' "$status" "$@"; }
requests() { node -e 'fetch(process.argv[1] + "/_fake/requests").then((r) => r.json()).then((all) => console.log(eval(process.argv[2])))' "$1" "$2"; }
posts() { requests "$1" 'all.filter((r) => r.method === "POST").length'; }
post() { curl -s --noproxy '*' -X POST -d "${2:-}" "$1" >/dev/null; }
reset() { local s; for s in "$one" "$two" "$vllm"; do curl -s --noproxy '*' "$s/_fake/reset" >/dev/null; done; }
status=$root/artifacts/autonomy/local_models/fleet_status.json

# fleet_root < MORE: a root whose fleet file has the rows on standard input
fleet_root() {
    mkdir -p "$root/config"
    echo '{"tasks": []}' >"$root/config/tasks.json"
    printf '{"endpoints": [%s], "target_models": [%s], "benchmark": {"timeout_sec": %s},\n "capability_scan": {"timeout_sec": 3, "context_token_steps": [256, 300]}%s}\n' \
        "$(paste -sd,)" "${targets:-}" "${seconds:-5}" "${more:-}" >"$root/config/local_model_fleet.json"
    reset
}
row() { printf '{"id": "%s", "base_url": "%s/v1", "max_parallel": %s%s}\n' "$1" "$2" "${3:-2}" "${4:-}"; }

case_is "probe: all at once, and each as it is"
seconds=2
{
    row one "$one" 5
    row plain "$vllm"
    row hangs "$one/s/list-hang"
    row lies "$one/s/list-lie"
    row broken "$one/s/list-500"
    row away http://127.0.0.1:9
    row off "$one" 2 ', "enabled": false'
} | fleet_root
ox local-model-fleet-probe
is "exit code" "$code" 0
is "one line" "$(wc -l <"$work/out")" 1
has "the summary" "$out" '"endpoint_healthy": 2, "endpoint_total": 7, "endpoint_unhealthy": 5'
is "each of them" "$(at 'd.probe.endpoints.map((e) => +e.ok)' \
    'd.probe.endpoints[0].models.filter((m) => m.loaded).map((m) => [m.id, m.context_length, m.parallel])' \
    'd.probe.endpoints[1].models.every((m) => m.loaded === undefined)' \
    'd.probe.endpoints[4].error.startsWith("http_500:")' '[d.probe.endpoints[6].error, d.probe.endpoints[6].max_parallel]' \
    'd.probe.endpoints[0].models.map((m) => m.complexity_score)')" \
    "1,1,0,0,0,0,0|fake-chat-7b,4096,3|true|true|disabled,|43,43,35,5"
is "nothing was made to work" "$(posts "$one")" 0
ox --strict local-model-fleet-probe
is "strict" "$code" 1
has "the runner's file" "$(cat "$status")" '"bench_log_file": '

case_is "what a server says is believed, the rest is measured, and what is known stays"
seconds=5
{ row one "$one" 5 && row plain "$vllm" 2; } | fleet_root
ox --strict local-model-fleet-capability-scan
is "exit code" "$code" 0
is "said, or measured; for the runner" "$(at 'd.capability_scan.endpoints.map((e) => [e.recommended_parallel, e.max_context_tokens_success, e.source])' \
    'd.capability_scan.endpoints[1].parallel_trials.map((t) => t.parallelism)' 'd.capability_scan.summary.by_endpoint.one.max_context_tokens_success')" \
    "3,4096,server,2,300,measured|1,2,3,4,5,6|4096"
is "nobody was asked for what was said" "$(posts "$one")" 0
ox local-model-fleet-probe
is "a probe leaves the scan" "$(at 'd.capability_scan.endpoints.length')" 2
post "$vllm/_fake/scenario?name=list-500"
ox local-model-fleet-capability-scan
is "it went away; what was known" "$(at 'd.probe.endpoints.map((e) => e.ok)' \
    '[d.capability_scan.endpoints[1].recommended_parallel, d.capability_scan.endpoints[1].max_context_tokens_success, d.capability_scan.endpoints[1].kept]' \
    'd.capability_scan.summary.endpoint_scanned')" "true,false|2,300,it did not answer|1"
post "$vllm/_fake/scenario?name=ok"
ox local-model-fleet-capability-scan
is "it came back" "$(at 'd.capability_scan.endpoints[1].kept')" undefined

case_is "R55: the first length that fails is the last"
more=', "x": 0'
row plain "$vllm/s/too-long" 1 | fleet_root
ox local-model-fleet-capability-scan
is "nothing works, and one at a time is the least" "$(at '[d.capability_scan.endpoints[0].max_context_tokens_success, d.capability_scan.endpoints[0].context_trials.length]' \
    'd.capability_scan.endpoints[0].recommended_parallel')" "0,1|1"
more=

case_is "benchmark: what is loaded, and no more"
{ row one "$one" && row plain "$vllm" && row broken "$vllm/s/500"; } | fleet_root
ox local-model-fleet-benchmark
is "exit code" "$code" 0
is "of one the loaded one" "$(requests "$one" 'all.filter((r) => r.method === "POST").map((r) => r.body.model)')" "[ 'fake-chat-7b' ]"
is "what was not; sums" "$(at 'd.benchmark.skipped.map((s) => s.reason).filter((r, i, all) => all.indexOf(r) === i)' \
    '[d.benchmark.summary.by_endpoint.one.ok, d.benchmark.summary.by_endpoint.one.best_model, d.benchmark.summary.by_endpoint.broken.ok]')" "not loaded|1,fake-chat-7b,0"
is "rows" "$(wc -l <"$root/artifacts/autonomy/local_models/benchmarks.ndjson")" "$(at 'd.benchmark.summary.requests')"

case_is "what models are asked is in the books, and not asked past a cap"
# booked: how many calls of the fleet, of what, and their tokens
booked() { "$orxaq" --root "$root" --json costs --window all --by task | node -e 'const t = require("fs").readFileSync(0, "utf8"); console.log([...t.matchAll(/"(local-fleet\/[^"]*)"[^}]*?"calls":(\d+)/g)].map((m) => m[1] + " " + m[2]).join("|"))'; }
row one "$one" | fleet_root
cat >"$root/orxaq.yaml" <<YAML
providers: {mine: {plugin: lmstudio, model: m, settings: {base_url: "$one/v1"}}}
YAML
printf 'version: 1\nprices:\n  - {model: fake-chat-7b, input: 10, output: 20, source: a test}\n' >"$root/config/prices.yaml"
ox local-model-fleet-benchmark
is "booked" "$code $(booked)" "0 local-fleet/benchmark 1"
ox local-model-fleet-probe
is "a list of models costs nothing" "$(booked)" "local-fleet/benchmark 1"
has "with its tokens and price" "$("$orxaq" --root "$root" --json events --kind fleet.)" '"input_tokens":1200'
hasnt "which is known" "$("$orxaq" --root "$root" --json events --kind fleet.)" '"cost_nano_usd":0'
has "at its provider" "$("$orxaq" --root "$root" --json costs --window all --by provider)" '"mine"'
echo 'budget: {daily: 0.000001}' >>"$root/orxaq.yaml"
was=$(posts "$one")
ox local-model-fleet-benchmark
[ "$code" -ne 0 ] || fail "the cap was passed"
has "which cap" "$err" "budget.daily"
is "nobody was asked" "$(posts "$one")" "$was"

case_is "each request is reserved, and a cap that is reached in the middle stops the rest"
money() { "$orxaq" --root "$root" --json budget | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p" | head -n 1; }
paid_root() {
    cat >"$root/orxaq.yaml" <<YAML
providers: {mine: {plugin: lmstudio, model: m, settings: {base_url: "$1/v1"}}}
budget: {daily: $2}
YAML
    printf 'version: 1\nprices:\n' >"$root/config/prices.yaml"
    printf '  - {model: %s, input: 10, output: 20}\n' gpt-fake gpt-fake-mini o-fake >>"$root/config/prices.yaml"
}
row plain "$vllm" | fleet_root
paid_root "$vllm" 0.015
ox local-model-fleet-benchmark
is "exit code" "$code" 6
has "which cap" "$err" "today's budget of 0.015 USD does not allow another 0.00"
has "what lifts it" "$err" "midnight lifts this, or a larger budget.daily, or \`orxaq budget override budget.daily\`"
is "one was asked" "$(posts "$vllm") $(booked)" "1 local-fleet/benchmark 1"
is "the others were not, and say so" "$(at 'd.benchmark.results.length' 'd.benchmark.skipped.filter((s) => s.reason.includes("budget.daily")).length')" "1|2"
is "nothing stays reserved" "$(money reserved_nano_usd)" 0
ox local-model-fleet-benchmark
is "the next one asks nobody" "$code $(posts "$vllm")" "6 1"
ox budget override budget.daily 1 --for 8h --person ada --reason "a scan"
ox local-model-fleet-benchmark
is "an override lifts it" "$code $(posts "$vllm")" "0 4"

case_is "a scan that is not paid to its end says nothing of the server"
row plain "$vllm" 2 | fleet_root
paid_root "$vllm" 0
ox local-model-fleet-capability-scan
known=$(at '[d.capability_scan.endpoints[0].recommended_parallel, d.capability_scan.endpoints[0].max_context_tokens_success]')
is "what is known" "$code $known" "0 2,300"
sed -i '/budget:/d' "$root/orxaq.yaml"
setting() { printf '%s\n' "$1" >>"$root/orxaq.yaml"; }
setting 'caps: {mine: {provider: mine, hourly: 1}}'
setting 'budget: {lane_daily: 0.6}'
rows=$(requests "$vllm" 'all.length')
ox local-model-fleet-capability-scan
is "exit code" "$code" 6
has "which cap" "$err" "today's budget of lane local-fleet of 0.6 USD"
[ "$(requests "$vllm" 'all.length')" -gt "$rows" ] || fail "it was not begun"
is "it is known still, and why" "$(at '[d.capability_scan.endpoints[0].recommended_parallel, d.capability_scan.endpoints[0].max_context_tokens_success, d.capability_scan.endpoints[0].kept]')" "2,300,the budget did not last"

case_is "silence costs what was reserved, and so does a death"
seconds=1
row plain "$vllm/s/hang" | fleet_root
paid_root "$vllm/s/hang" 1
ox local-model-fleet-benchmark
is "silent" "$code $(booked)" "0 local-fleet/benchmark 3"
has "what was reserved" "$("$orxaq" --root "$root" --json costs --window all)" '"estimated_calls":3'
silent=$(money spent_nano_usd)
[ "$silent" -gt 10000000 ] || fail "silence cost $silent"
seconds=60
row plain "$vllm/s/hang" | fleet_root
"$orxaq" --root "$root" local-model-fleet-benchmark >/dev/null 2>&1 &
pid=$!
one_reserved() { [ "$(money reserved_nano_usd)" -gt 0 ]; }
until_true "a request is under way" one_reserved
kill -9 $pid 2>/dev/null
wait $pid 2>/dev/null || true
one_reserved || fail "a crash freed the money"
seconds=5
row broken "$vllm/s/500" | fleet_root
ox local-model-fleet-benchmark
is "it is made up" "$code $(booked) $(money reserved_nano_usd)" "0 local-fleet/benchmark 6|local-fleet/interrupted 1 0"

case_is "R56: sync without targets does nothing"
row one "$one" | fleet_root
ox --strict local-model-fleet-sync
is "exit code" "$code" 0
is "ok" "$(at '[d.sync.ok, d.sync.message, d.sync.missing.length, d.sync.executed.length, d.sync.prewarmed.length]')" true,prewarmed_only_no_command_template,0,0,0
is "nothing was made to work" "$(posts "$one")" 0

case_is "sync: nothing is loaded beside what is loaded, one where nothing is"
targets='"fake-coder-30b", "fake-vision-12b", "absent-1b"'
{ row one "$one" && row two "$two"; } | fleet_root
post "$two/api/v1/models/unload" '{"instance_id": "fake-chat-7b"}'
reset
ox --strict local-model-fleet-sync
is "exit code" "$code" 0
is "what it did; missing" "$(at 'd.sync.prewarmed.map((p) => [p.endpoint_id, p.model, p.action])' 'd.sync.missing.map((m) => m.endpoint_id + " " + m.model)')" \
    "one,fake-coder-30b,skipped_another_is_loaded,two,fake-coder-30b,loaded|one absent-1b,two absent-1b"
ox --strict local-model-fleet-sync
is "again" "$(at 'd.sync.prewarmed[1].action')" already_loaded
is "no second load" "$(requests "$two" 'all.filter((r) => r.path.endsWith("/load")).length')" 1
targets=

case_is "sync: the operator's command, whose failure is one"
targets='"absent 1b"'
printf '#!/bin/sh\necho "$@" >>"%s/fetched"\necho "$SECRET_KEY" >&2\n[ "$1" != fails ]\n' "$work" >"$work/fetch"
chmod +x "$work/fetch"
rm -f "$work/fetched"
more=", \"download_command_template\": \"$work/fetch {endpoint_id} '{model}' {base_url}\""
{ row fails "$one" && row works "$two"; } | fleet_root
SECRET_KEY=sk-not-for-you ox --strict local-model-fleet-sync
is "strict" "$code" 1
is "ok; how they ended" "$(at '[d.sync.ok, d.sync.message]' 'd.sync.executed.map((e) => e.returncode)')" "false,executed_and_prewarmed|1,0"
has "its words" "$(cat "$work/fetched")" "works absent 1b $two/v1"
hasnt "no secret of ours" "$(cat "$status")" sk-not-for-you
targets='' more=''

case_is "one that works for us is left alone"
mkdir -p "$root/repo"
cat >"$root/orxaq.yaml" <<YAML
repos: {impl: repo, test: repo}
providers:
  worker: {plugin: lmstudio, model: fake-chat-7b, settings: {base_url: "$two/v1"}}
YAML
targets='"fake-vision-12b"'
row two "$two" | fleet_root
git -C "$root/repo" init -q -b main
git -C "$root/repo" -c user.name=t -c user.email=t@t commit -q --allow-empty -m begin
tasks one
post "$two/_fake/scenario?name=hang"
"$orxaq" --root "$root" run >"$work/run.log" 2>&1 &
runner=$!
servers+=("$runner")
called() { [ "$(posts "$two")" -ge 1 ]; }
until_true "the call" called
was=$(posts "$two")
ox local-model-fleet-full-cycle
is "exit code" "$code" 0
is "nothing was loaded, measured or asked" "$(at 'd.sync.prewarmed.map((p) => p.action)' 'd.benchmark.skipped[0].reason' 'd.capability_scan.endpoints.length')|$(posts "$two")" \
    "skipped_busy|it is at work|0|$was"
kill -INT "$runner"
wait "$runner" || true
post "$two/_fake/scenario?name=ok"
targets=

case_is "R58: without a server on another machine there is nobody to keep warm"
row one "$one" | fleet_root
ox remote-heartbeat
is "exit code" "$code" 1
is "two lines" "$(sed -n 's/.*"event": "\([a-z_]*\)".*/\1/p' "$work/out" | tr '\n' ' ')" "remote_heartbeat_start remote_heartbeat_no_endpoints "
is "nobody was asked" "$(requests "$one" all.length)" 0

case_is "heartbeat: a word that has to come back, from what is loaded"
far=${one/127.0.0.1/127.1} # another machine by its name, this one by its address
{
    row right "$far/s/ok,answer=ACK_right_1" && row wrong "$far/s/ok,answer=hello" && row broken "$far/s/list-500"
    row off "$far" 2 ', "enabled": false' && row near "$one"
} | fleet_root
ox --strict remote-heartbeat
is "strict" "$code" 1
hb() { node -e 'console.log(require("fs").readFileSync(process.argv[1], "utf8").trim().split("\n").map(JSON.parse).filter((r) => r.endpoint_id).map((r) => [r.endpoint_id, r.ok, r.model]).join("|"))' "$work/out"; }
is "who is warm" "$(hb)" "right,true,fake-chat-7b|wrong,false,fake-chat-7b|broken,false,"
has "what came instead" "$out" '"response_preview": "hello"'
is "two words were asked for" "$(posts "$one")" 2
ox remote-heartbeat --endpoint-id right
is "one of them" "$code $(hb)" "0 right,true,fake-chat-7b"
ox remote-heartbeat-once
is "as a service" "$code" 0
has "its log" "$("$orxaq" --root "$root" logs remote-heartbeat)" '"event": "remote_heartbeat_probe"'
ox remote-heartbeat-status
has "status" "$out" "every 10s"
ox stop

case_is "keys stay out of everything that is written"
export ORXAQ_LOCAL_OPENAI_API_KEY=sk-lo/cal+0123456789
{ row one "$one/s/list-401" && row two "$two"; } | fleet_root
ox local-model-fleet-full-cycle
is "exit code" "$code" 0
is "it was sent" "$(requests "$two" 'all.every((r) => r.headers.authorization === "Bearer sk-lo/cal+0123456789")')" true
is "files with the key" "$(grep -rlE '0123456789' "$root" "$work/out" "$work/err" || true)" ""
unset ORXAQ_LOCAL_OPENAI_API_KEY

case_is "no file, a wrong one, one that is damaged"
row one "$one" | fleet_root
ox local-model-fleet-probe
echo '{"endpoints": [{"id": "x"}]}' >"$root/config/local_model_fleet.json"
cp "$status" "$work/before"
ox local-model-fleet-probe
is "wrong" "$code" 1
has "said" "$err" "local_model_fleet.json:1:"
cmp -s "$status" "$work/before" || fail "a wrong file changed what is known"
rm "$root/config/local_model_fleet.json"
ox local-model-fleet-probe
is "missing" "$code" 1
row one "$one" | fleet_root
echo '{"probe":' >"$status"
ox local-model-fleet-probe
is "a damaged status is made anew" "$code $(at d.probe.summary.endpoint_healthy)" "0 1"

finish_tests
