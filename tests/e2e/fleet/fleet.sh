#!/bin/bash
# fleet.sh: model-router-connectivity, providers-check, the ladder and its profiles, from outside:
# endpoints that answer, refuse, hang, lie and flood; what is written, printed and kept secret.
# shellcheck disable=SC2016,SC2034 # JavaScript is quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"

fakes=$(cd "$(dirname "$0")/../../fake" && pwd)
node -e 'process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)' 2>/dev/null || {
    echo "skipped: node 20 or newer is needed for tests/fake" >&2
    exit 77
}
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY OPENAI_API_KEY GEMINI_API_KEY ANTHROPIC_API_KEY
export FLEET_KEY='sk-fl/eet+0123456789' EMPTY_KEY=

node "$fakes/lmstudio.mjs" --port 0 --port-file "$work/port" --idle-exit 120 >"$work/server.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait $server 2>/dev/null; rm -rf "$work"' EXIT
until_true "the port of the servers" test -s "$work/port"
[ -s "$work/port" ] || { cat "$work/server.log" >&2 && exit 1; }
url=http://127.0.0.1:$(cat "$work/port")

# at FILE EXPRESSION: of a JSON file, `d`
at() { node -e 'const d = JSON.parse(require("fs").readFileSync(process.argv[1])); console.log(String(eval(process.argv[2])))' "$1" "$2"; }
requests() { node -e 'fetch(process.argv[1]).then((r) => r.json()).then((all) => console.log(eval(process.argv[2])))' "$url/_fake/requests" "$1"; }
reset() { node -e 'fetch(process.argv[1]).then((r) => r.text())' "$url/_fake/reset"; }

rooted() {
    mkdir -p "$root"
    "$orxaq" --quiet init "$root"
    reset
}

# row ID SCENARIO [MORE]: a row of model_list whose server does that
row() {
    printf '{"model_name": "m-%s", "litellm_params": {"endpoint_id": "%s", "api_base": "%s/s/%s"%s}}\n' \
        "$1" "$1" "$url" "$2" "${3:+, $3}"
}

# rows < ROWS: the router's configuration
rows() {
    printf '{"schema_version": "litellm-router.v1", "model_list": [%s]}\n' "$(paste -sd,)" \
        >"$root/config/litellm_swarm_router.json"
}

# no_key: the key is in no file that was written and in nothing that was said
no_key() {
    local found
    found=$(grep -rlE --exclude-dir=config '0123456789|eet[+]|eet%2B' "$root" "$work/out" "$work/err" || true)
    is "files with a key" "$found" ""
}

report=artifacts/model_connectivity.json

case_is "R43: the shipped file, and nobody there"
rooted
sed -i 's/:1234"/:9"/; s|https://[a-z.]*"|http://127.0.0.1:9"|; s/192.168.50.[0-9]*:9/127.0.0.1:9/' "$root/config/litellm_swarm_router.json"
ox model-router-connectivity --timeout-sec 5
is "exit code" "$code" 0
is "ids" "$(at "$root/$report" 'd.endpoints.map((e) => e.id)')" \
    claude-primary,gemini-primary,lmstudio-node-1,lmstudio-node-2,lmstudio-node-3,openai-primary
is "required" "$(at "$root/$report" 'd.endpoint_required_total')" 1
is "one line" "$(wc -l <"$work/out")" 1
has "the counters" "$out" '{"all_endpoints_healthy": false, "all_healthy": false, "endpoint_healthy": 0'
has "where" "$out" "\"output\": \"$root/$report\""
ox model-router-connectivity --strict
is "strict" "$code" 1

case_is "R44, R45, R46, R47, R50, R78: every kind of server"
rooted
{
    row good ok
    row denied list-401 '"api_key_env": "FLEET_KEY", "required": false'
    row query list-401 '"api_key_env": "FLEET_KEY", "healthcheck_auth": "query-key", "required": false'
    row own list-401 '"healthcheck_headers": {"X-Api-Key": "sk-fl/eet+0123456789"}, "required": false'
    row litellm list-401 '"api_key": "os.environ/FLEET_KEY", "required": false'
    row broken list-500 '"required": false'
    row html list-html '"required": false'
    row hang list-hang '"required": false'
    row cut list-cut '"required": false'
    row lie list-lie '"required": false'
    row flood list-big,count=100000 '"required": false'
    row big list-big
    row nobody ok '"required": false, "healthcheck_path": "/api/v1/models", "provider": "LMStudio"'
} | rows
ox --strict model-router-connectivity --timeout-sec 3
is "exit code" "$code" 0
# One line for each member: starting node for each of them would take longer than all the rest.
at "$root/$report" 'd.endpoints.flatMap((e) => Object.keys(e).map((k) => `${e.id} ${k} ${e[k]}`)).join("\n")' >"$work/rows"
e() { sed -n "s/^$1 $2 //p" "$work/rows"; }
is "good" "$(e good ok) $(e good status_code) $(e good model_count) $(e good error)" "true 200 4 "
is "R45: broken" "$(e broken ok) $(e broken status_code)" "false 500"
has "broken" "$(e broken error)" 'http_500:{"error":{"message":"out of order"'
is "R46: html" "$(e html ok) $(e html status_code)" "false 0"
is "R47: models" "$(e nobody model_count) $(e nobody provider)" "4 lmstudio"
is "a megabyte" "$(e big ok) $(e big model_count)" "true 20000"
is "more than is read" "$(e flood ok) $(e flood status_code)" "false 0"
has "more than is read" "$(e flood error)" "larger than"
is "hang" "$(e hang ok) $(e hang status_code)" "false 0"
is "cut" "$(e cut ok)" false
is "lie" "$(e lie ok) $(e lie error)" "false Unexpected endpoint or method. Returning 200 anyway"
for id in denied query own litellm; do
    is "$id" "$(e $id ok) $(e $id status_code)" "false 401"
    has "$id" "$(e $id error)" "[REDACTED]"
done
is "the key was sent" "$(requests 'all.filter((r) => r.headers.authorization === "Bearer sk-fl/eet+0123456789").length')" 2
is "in the address" "$(requests 'all.filter((r) => r.path.endsWith("?key=sk-fl%2Feet%2B0123456789")).length')" 1
is "all healthy" "$(at "$root/$report" '[d.all_healthy, d.all_endpoints_healthy, d.summary.endpoint_healthy]')" true,false,2
no_key

case_is "R44: a required one is down"
rooted
{ row a ok && row b list-500; } | rows
ox model-router-connectivity
is "exit code" "$code" 0
is "counted" "$(at "$root/$report" '[d.endpoint_healthy, d.endpoint_unhealthy]')" 1,1
ox --strict model-router-connectivity
is "strict" "$code" 1

case_is "R78: no configuration is no good one, and yesterday's report goes"
rooted
row a ok | rows
ox --strict model-router-connectivity
is "good" "$code $(at "$root/$report" d.all_healthy)" "0 true"
for what in missing broken empty wrong; do
    row a ok | rows
    ox model-router-connectivity
    case $what in
    missing) rm "$root/config/litellm_swarm_router.json" ;;
    broken) echo '{' >"$root/config/litellm_swarm_router.json" ;;
    empty) rows </dev/null ;;
    wrong) row a ok '"required": "perhaps"' | rows ;;
    esac
    ox model-router-connectivity
    is "$what" "$code" 1
    is "$what: nothing printed" "$out" ""
    has "$what" "$err" litellm_swarm_router.json
    is "$what" "$(at "$root/$report" '[d.all_healthy, d.endpoint_total]')" false,0
done
ox model-router-connectivity --timeout-sec soon
is "usage" "$code" 2
row a ok | sed 's/"api_base"/"api_key_env": "sk-fl|eet+0123456789", "api_base"/' | rows
ox model-router-connectivity
is "a key for a name" "$code" 1
has "said" "$err" "api_key_env is no name of a variable"
hasnt "not repeated" "$err$out" 0123456789

case_is "fifty that hang, one limit of time"
rooted
for i in {1..50}; do row "e$i" list-hang; done | rows
code=0
timeout 25 "$orxaq" --root "$root" model-router-connectivity --timeout-sec 1 >/dev/null || code=$?
is "exit code" "$code" 0
is "all were asked" "$(requests 'all.length')" 50
is "all are told" "$(at "$root/$report" 'd.endpoints.filter((e) => !e.ok).length')" 50

case_is "whole or not at all"
rooted
row a ok | rows
ox model-router-connectivity
cp "$root/$report" "$work/before"
for i in {1..40}; do row "e$i" ok; done | rows
code=0
{ (ulimit -f 4 && exec "$orxaq" --root "$root" model-router-connectivity) || code=$?; } >/dev/null 2>&1
[ "$code" -ne 0 ] || fail "a report that did not fit was written"
cmp -s "$work/before" "$root/$report" || fail "half a report was written"
mkdir "$root/folder"
ox model-router-connectivity --output folder
is "a folder in its place" "$code" 1
ox model-router-connectivity --output config/tasks.json/x.json
is "a file in the way" "$code" 1
ox model-router-connectivity --output new/place/x.json
is "a new folder" "$code" 0
is "written" "$(at "$root/new/place/x.json" d.endpoint_total)" 40

case_is "a LiteLLM file in blocks"
rooted
cat >"$root/config/router.yaml" <<YAML
model_list:
  - model_name: small
    litellm_params:
      model: openai/small
      api_base: $url/v1
      api_key: os.environ/FLEET_KEY
  - model_name: large
    litellm_params:
      model: openai/large
      api_base: $url/v1
      api_key: os.environ/FLEET_KEY
  - model_name: elsewhere
    litellm_params: {model: anthropic/x}
YAML
ox --strict model-router-connectivity --config ./config/router.yaml --output out.json
is "exit code" "$code" 0
is "merged" "$(at "$root/out.json" '[d.endpoint_total, d.endpoints[0].model_names]')" 1,small,large
is "asked" "$(requests 'all.map((r) => r.path)')" "[ '/v1/models' ]"
no_key

case_is "a key from the env file"
rooted
echo 'FILE_KEY=sk-fl/eet+0123456789' >"$root/.env.autonomy"
chmod 600 "$root/.env.autonomy"
row a list-401 '"api_key_env": "FILE_KEY"' | rows
ox model-router-connectivity
is "exit code" "$code" 0
is "it was sent" "$(requests 'all[0].headers.authorization')" "Bearer sk-fl/eet+0123456789"
rm "$root/.env.autonomy"
no_key

case_is "R48, R49, R50: providers"
rooted
cat >"$root/config/p.yaml" <<YAML
providers:
  - {name: up, base_url: "$url/s/ok", required: true}
  - {name: keyed, kind: anthropic, base_url: "$url/s/list-401", api_key_env: FLEET_KEY}
  - {name: google, kind: gemini, base_url: "$url/s/list-401/v1/models", api_key_env: FLEET_KEY}
  - {name: keyless, kind: openai, base_url: "$url/s/ok", api_key_env: EMPTY_KEY, required: true}
  - {name: optional, kind: openai, base_url: "$url/s/ok", api_key_env: EMPTY_KEY}
  - {name: html, base_url: "$url/s/list-html", required: true}
  - {name: other, kind: cohere, base_url: "$url"}
YAML
ox providers-check --config config/p.yaml
is "exit code" "$code" 0
p=$root/artifacts/providers_check.json
is "states" "$(at "$p" 'd.providers.map((p) => p.status)')" up,skipped,skipped,down,up,down,skipped
is "R48: keyless" "$(at "$p" 'd.providers[3].error')" "missing API key env var: EMPTY_KEY"
is "R49: required" "$(at "$p" 'd.summary.required_down')" 2
is "requests" "$(requests 'all.length')" 5
has "R50: keyed" "$(at "$p" 'd.providers[1].error')" "[REDACTED]"
has "line" "$out" '"all_required_up": false'
no_key
ox --strict providers-check --config config/p.yaml
is "strict" "$code" 1
echo '{"overrides": {"optional": ["keyless", "html"]}}' >"$root/easy.json"
ox --strict providers-check --config config/p.yaml --profile easy.json
is "profile" "$code" 0
ox providers-check --config config/none.yaml
is "missing" "$code" 1

case_is "profiles of providers"
rooted
ox profile-apply lan
is "exit code" "$code" 0
has "result" "$out" '"required_providers": ["lmstudio-local", "openai-primary"]'
is "a list" "$(at "$root/config/providers.active.yaml" 'd.providers.map((p) => p.required)')" true,true,false,false
sed -i "s|\"base_url\": \"[^\"]*\"|\"base_url\": \"$url/s/ok/v1/models\"|; s/\"api_key_env\": \"[^\"]*\"/\"api_key_env\": \"FLEET_KEY\"/" \
    "$root/config/providers.active.yaml"
ox --strict providers-check --config config/providers.active.yaml
is "it can be checked" "$code" 0
ox profile-apply moon
is "no such" "$code $out" '1 {"error": "profile not found: moon", "ok": false}'
ox profile-apply ../config/providers
is "no path" "$code" 1

case_is "R51, R52: the ladder"
rooted
cat >"$root/config/router.example.yaml" <<YAML
router: {fallback_order: [L0, L1]}
lanes: {L0: [near], L1: [far, other], L2: [gone]}
providers:
  - {name: near, base_url: "$url/s/ok/v1", required: true}
  - {name: far, base_url: "$url/s/list-hang/v1", required: true}
  - {name: other, base_url: "$url/s/list-500/v1", api_key_env: FLEET_KEY}
YAML
r=$root/artifacts/router_check.json
ox --strict router-check --lane L0
is "L0" "$code $(at "$r" '[d.summary.provider_total, d.summary.overall_ok]')" "0 1,true"
ox --strict router-check --lane L1 --timeout-sec 1
is "L1" "$code $(at "$r" '[d.summary.required_down, d.summary.overall_ok]')" "1 1,false"
ox router-check --timeout-sec 1
is "all" "$code $(at "$r" 'd.providers.map((p) => p.status)')" "0 up,down,skipped"
is "no key" "$(requests 'all.filter((r) => r.headers.authorization).length')" 0
ox router-check --lane L7
is "no such lane" "$code" 1
has "said" "$err" "there is no lane L7; there are: L0, L1, L2"
ox router-lanes-status --timeout-sec 1
is "lanes" "$code" 0
has "lanes" "$out" '{"all_healthy": false, "degraded_lanes": 2, "healthy_lanes": 1'
is "unknown" "$(at "$root/artifacts/lanes_status.json" 'd.lanes[2].providers[0].status')" unknown
ox --strict router-lanes-status --timeout-sec 1
is "strict" "$code" 1
mkdir -p "$root/router_profiles"
echo '{"required_providers": ["near"], "lanes": {"L2": ["near"], "L0": ["near"]}, "router": {"fallback_order": ["L2", "L0"]}}' >"$root/router_profiles/local.json"
ox --strict router-check --profile local
is "with a profile" "$code" 0
is "its result" "$(at "$r" '[d.profile, d.profile_result.ok, d.config_path.endsWith("config/router.active.yaml")]')" local,true,true
is "R52: required" "$(at "$root/config/router.active.yaml" 'd.providers.map((p) => p.required)')" true,false,false
is "their order stays" "$(at "$root/config/router.active.yaml" 'Object.keys(d.lanes)')" L2,L0
ox --strict router-lanes-status
is "the active file is taken" "$code" 0
cp "$root/config/router.active.yaml" "$work/before"
echo '{"required_providers": ["near", "who"]}' >"$root/router_profiles/bad.json"
ox router-profile-apply bad
is "R52: strangers" "$code $out" '1 {"error": "profile includes unknown providers: who", "ok": false}'
cmp -s "$work/before" "$root/config/router.active.yaml" || fail "a profile that is refused changed the active file"
ox router-profile-apply ""
is "blank" "$code" 1
ox router-profile-apply
is "usage" "$code" 2

finish_tests
