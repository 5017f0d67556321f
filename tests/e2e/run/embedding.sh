#!/bin/bash
# embedding.sh: routers that learned with the vectors of a provider: `route train --embed`, and the vector of each
# task at the moment of its decision, from a server that is well, slow, away, or has another model.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents and JavaScript are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

fakes=$(cd "$(dirname "$0")/../../fake" && pwd)
node -e 'process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)' 2>/dev/null || {
    echo "skipped: node 20 or newer is needed for tests/fake" >&2
    exit 77
}
command -v curl >/dev/null || exit 77
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
servers=()
trap 'kill "${servers[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
node "$fakes/lmstudio.mjs" --port 0 --port-file "$work/port" --idle-exit 300 >"$work/server.log" 2>&1 &
servers+=($!)
node "$fakes/gemini.mjs" --port 0 --port-file "$work/google-port" --idle-exit 300 --key goog-1234 >"$work/google.log" 2>&1 &
servers+=($!)
until_true "the servers" test -s "$work/port" -a -s "$work/google-port"
at=http://127.0.0.1:$(<"$work/port")
google=http://127.0.0.1:$(<"$work/google-port")
source=vec/text-embedding-fake-v1

# requests EXPRESSION: of `all`, the requests for vectors since the last reset
requests() {
    node -e 'fetch(process.argv[1] + "/_fake/requests").then((r) => r.json()).then((l) => {
        const all = l.filter((r) => /embeddings$|EmbedContents$/i.test(r.path)); console.log(eval(process.argv[2])) })' "${2:-$at}" "$1"
}
fresh() { curl -s --noproxy '*' "$at/_fake/reset" "$google/_fake/reset" >/dev/null; }

# rows N: outcomes of N made-up tasks by two models; small fails what is to be proved, big passes nearly all
rows() {
    awk -v n="$1" 'BEGIN {
        srand(7)
        for (i = 0; i < n; i++) {
            hard = i % 2
            text = (hard ? "prove the scheduler" : "rename the label") " of part " int(rand() * 100000)
            printf "{\"title\":\"a\",\"text\":\"%s\",\"acceptance\":[\"the check passes\"],\"model\":\"worker/small\",\"passed\":%s,\"cost\":1000000}\n", text, hard == (rand() < 0.05) ? "true" : "false"
            printf "{\"title\":\"a\",\"text\":\"%s\",\"acceptance\":[\"the check passes\"],\"model\":\"worker/big\",\"passed\":%s,\"cost\":9000000}\n", text, rand() < 0.95 ? "true" : "false"
        }
    }'
}

# vector_root MORE: a root with weights learned from vectors of the server, and MORE in its configuration
vector_root() {
    make_root <<'SH'
echo "$task $1" >>"${0%/agent}/called"; echo good >"$task.txt"; finish done
SH
    sed -i "s|argv: .*|argv: [\"$root/agent\", \"{model}\"], output: json}|; s|^  worker:|  worker:\n    models: [big, small]\n    model: big|" "$root/orxaq.yaml"
    printf '  vec: {plugin: lmstudio, routed: false, settings: {base_url: "%s/v1"}}\n' "$at" >>"$root/orxaq.yaml"
    rows 200 >"$root/rows.jsonl"
    fresh
}
routed() { # MORE
    printf 'run: {router: learned}\nrouters:\n  learned:\n    plugin: routellm\n    settings: {weights: artifacts/autonomy/routellm_weights.json, share: 0.5}\n%s\n' "${1:-}" >>"$root/orxaq.yaml"
}
server_is() { sed -i "s|base_url: \"[^\"]*\"|base_url: \"$1\"|" "$root/orxaq.yaml"; }
queue() { # ID=DESCRIPTION...
    local sep=[ one
    for one; do
        printf '%s{"id": "%s", "owner": "worker", "priority": 1, "title": "a", "description": "%s", "acceptance": ["the check passes"]}' \
            "$sep" "${one%%=*}" "${one#*=}"
        sep=,
    done >"$root/config/tasks.json"
    printf ']\n' >>"$root/config/tasks.json"
}
planned() { "$orxaq" --root "$root" --json events | grep '"kind":"route.planned"' | tail -n 1; }
number() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p" <<<"$out"; }

case_is "no text is asked for twice"
vector_root
ox --json route train --import rows.jsonl --embed "$source"
is "exit code" "$code" 0
texts=$(number texts_embedded)
has "different texts, without those kept aside" "$((texts > 130 && texts < 200))" 1
is "all of them were asked for" "$(number texts_asked)" "$texts"
is "many at a time" "$(requests "all.length < $texts / 8")" true
is "each once" "$(requests 'all.flatMap((r) => r.body.input).length')" "$texts"
is "the model" "$(requests 'new Set(all.map((r) => r.body.model)).size + all[0].body.model')" 1text-embedding-fake-v1
has "who made them" "$out" "\"embedding\":\"$source\",\"dimensions\":16"
has "in the file" "$(<"$root/artifacts/autonomy/routellm_weights.json")" "$source"
cp "$root/artifacts/autonomy/routellm_weights.json" "$root/first.json"
fresh
ox --json route train --import rows.jsonl --embed "$source"
is "the second time nothing" "$(number texts_asked) $(requests all.length)" "0 0"
cmp -s "$root/first.json" "$root/artifacts/autonomy/routellm_weights.json" || fail "the same rows and seed gave other bytes"
ox --json costs --by task
has "in the books" "$out" '"key":"local-fleet/embed"'
rows 210 >"$root/rows.jsonl"
ox route train --import rows.jsonl --embed "$source"
has "told" "$out" "embedding  $source, 16 numbers: of "
is "only the new ones" "$(requests 'all.flatMap((r) => r.body.input).length <= 20')" true
ox --json route report --import rows.jsonl
is "judged with them" "$code" 0
mf=$(sed -n 's/.*"apgr":{"value":0\.\([0-9][0-9]\).*/\1/p' <<<"$out")
has "half of the money buys nearly everything" "$((10#$mf > 65))" 1

case_is "what cannot be asked is refused before anything is learned"
vector_root
ox route train --import rows.jsonl --embed nobody/model
is "no such provider" "$code" 1
has "named" "$err" 'there is no enabled provider "nobody"'
ox route train --import rows.jsonl --embed vec
has "no model" "$err" "expected PROVIDER/MODEL"
ox route train --import rows.jsonl --embed worker/big
has "makes no vectors" "$err" "plugin command makes none"
ox route train --import rows.jsonl --embed "$source" --router linear
is "no use for them" "$code" 2
has "said so" "$err" "linear looks at no vector"
server_is "$at/s/500/v1"
ox route train --import rows.jsonl --embed "$source"
is "the server fails" "$code" 1
has "named it" "$err" "vectors of $source"
[ ! -e "$root/artifacts/autonomy/routellm_weights.json" ] || fail "a refused training wrote weights"

case_is "a decision goes by the vector of its task"
vector_root
ox route train --import rows.jsonl --embed "$source"
routed
queue 'a=prove the scheduler of part 7' 'b=rename the label of part 8'
fresh
ox run
is "exit code" "$code" 0
is "who was asked" "$(sort "$root/called" | tr '\n' ';')" "a big;b small;"
has "by the router" "$(planned)" '"reason":"mf_'
hasnt "who only makes vectors is no candidate" "$(planned)" '"deployment":"vec'
has "from the provider" "$(planned)" "\"embedding\":{\"dimensions\":16,\"from\":\"provider\",\"source\":\"$source\""
is "title, text and acceptance, and nothing else" "$(requests 'all[0].body.input[0]')" "$(printf 'a\nprove the scheduler of part 7\nthe check passes')"
ox route explain --task a
has "explained" "$out" "embedding  $source, 16 numbers, from the provider"
ox --json route explain --task a
has "explained to programs" "$out" "\"source\":\"$source\""
ox --json route simulate "$root/orxaq.yaml"
has "simulated with what is kept" "$out" '"failed":0'
is "and nobody was asked" "$(requests all.length)" 2
queue 'c=prove the scheduler of part 7'
fresh
ox run
has "the same text again" "$(planned)" '"from":"journal"'
is "was not asked for again" "$(requests all.length)" 0

case_is "secrets are not sent"
vector_root
ox route train --import rows.jsonl --embed "$source"
routed
sed -i 's|  vec: {plugin: lmstudio,|  vec: {plugin: lmstudio, secret: VEC_KEY,|' "$root/orxaq.yaml"
queue 'a=prove it with hunter2hunter2 as the key'
fresh
VEC_KEY=hunter2hunter2 ox run
is "exit code" "$code" 0
is "blotted out" "$(requests 'all[0].body.input[0].split("\n")[1]')" "prove it with ************** as the key"

# late NAME REASON MORE: a task whose vector cannot be had is done in the static order, and says why
late() {
    queue "$1=prove $1 of part 9"
    rm -f "$root/called"
    ox run
    is "$1: exit code" "$code" 0
    is "$1: done" "$(status_of "$1")" done
    is "$1: the static order" "$(<"$root/called")" "$1 big"
    has "$1: reason" "$(planned)" "\"reason\":\"$2\",\"requested_model\""
    ox route explain --task "$1"
    has "$1: explained" "$out" ": none, $2 ("
}

case_is "no vector, no harm"
vector_root
ox route train --import rows.jsonl --embed "$source"
routed 'route: {embed_timeout: 300ms}'
sed -i 's|share: 0.5|share: 0|' "$root/orxaq.yaml" # the router would ask small for everything
queue ok='prove the scheduler'
ox run
is "the router's own choice" "$(<"$root/called")" "ok small"
server_is "$at/s/slow,ms=5000/v1"
late slow embedding_timeout
server_is "$at/s/hang/v1"
late hangs embedding_timeout
server_is "$at/s/ok,dims=8/v1"
late narrow embedding_dimensions
has "says what came" "$out" "is not of 16 numbers as expected"
server_is "http://127.0.0.1:9/v1"
late down embedding_failed
server_is "$at/s/html/v1"
late html embedding_failed
server_is "$at/v1"
queue again='prove slow of part 9'
rm -f "$root/called"
ox run
is "what failed was not kept" "$(<"$root/called")" "again small"
sed -i 's|  vec: {|  vec: {enabled: false, |' "$root/orxaq.yaml"
late off embedding_unavailable
sed -i 's|enabled: false, ||' "$root/orxaq.yaml"
queue before='prove the scheduler of part 11'
ox run
sed -i 's|  vec: {|  vec: {enabled: false, |' "$root/orxaq.yaml"
queue after='prove the scheduler of part 11'
rm -f "$root/called"
ox run
is "what was kept needs nobody" "$(<"$root/called")" "after small"

case_is "no money, no vector"
vector_root
printf 'version: 1\nprices:\n  - {model: text-embedding-fake-v1, input: 1000, output: 0}\n  - {model: "big", input: 1, output: 1}\n  - {model: "small", input: 1, output: 1}\n' >"$root/config/prices.yaml"
ox route train --import rows.jsonl --embed "$source"
routed
ox --json costs --by task
has "what it cost" "$((10#$(sed -n 's/.*"key":"local-fleet\/embed".*"cost_nano_usd":\([0-9]*\).*/\1/p' <<<"$out") > 500000000))" 1
printf 'caps: {v: {provider: vec, daily: 0.5}}\n' >>"$root/orxaq.yaml"
fresh
late capped embedding_budget
is "nobody was asked" "$(requests all.length)" 0
rows 210 >"$root/more.jsonl"
ox route train --import more.jsonl --embed "$source"
is "nor for training" "$code $(requests all.length)" "1 0"
sed -i '/^caps/d; s|daily: 0.5||' "$root/orxaq.yaml"
printf 'money: {unknown_price: deny}\n' >>"$root/orxaq.yaml"
sed -i '/embedding/d' "$root/config/prices.yaml"
late unpriced embedding_budget
is "and nobody was asked" "$(requests all.length)" 0

case_is "vectors that came with the rows have a source when one is named"
vector_root
rows 100 | awk '{ v = /prove/ ? "[0.1,0.9,0.2]" : "[0.9,-0.1,0.3]"; sub(/}$/, ",\"embedding\":" v "}"); print }' >"$root/rows.jsonl"
ox --json route train --import rows.jsonl --embed "$source"
is "exit code" "$code" 0
is "nothing to ask for" "$(number texts_embedded) $(requests all.length)" "0 0"
has "named" "$out" "\"embedding\":\"$source\",\"dimensions\":3"
ox route train --import rows.jsonl
routed
late unnamed embedding_unavailable

case_is "offline nobody elsewhere is asked"
vector_root
ox route train --import rows.jsonl --embed "$source"
routed 'money: {kwh_price: 0.3}'
sed -i "s|base_url: \"$at/v1\"|&, local: false|; s|^  worker:|&\n    watts: 90|" "$root/orxaq.yaml"
echo '{"model_list": [{"model_name": "m", "litellm_params": {"model": "m", "provider": "openai", "api_base": "http://127.1:9", "endpoint_id": "e"}}]}' \
    >"$root/config/litellm_swarm_router.json"
ox network-watch --now
fresh
late apart embedding_unavailable
has "why" "$out" "the network is offline"
is "nobody was" "$(requests all.length)" 0

case_is "Google's own API"
vector_root
sed -i "s|plugin: lmstudio, routed: false, settings: {[^}]*}|plugin: gemini, routed: false, secret: GOOGLE_KEY, settings: {base_url: \"$google\"}|" "$root/orxaq.yaml"
source=vec/gemini-embedding-001
ox route train --import rows.jsonl --embed "$source"
is "no key" "$code" 1
has "said so" "$err" "set the provider's secret"
export GOOGLE_KEY=goog-1234
ox --json route train --import rows.jsonl --embed "$source"
is "exit code" "$code" 0
is "each once" "$(requests 'all.flatMap((r) => r.body.requests).length' "$google")" "$(number texts_asked)"
is "the model" "$(requests 'all[0].body.requests[0].model' "$google")" models/gemini-embedding-001
ox --json costs --by task
has "nobody counted the tokens" "$(number input_tokens | head -n 1 | grep -c '[1-9]')" 1
routed
queue 'a=prove the scheduler of part 7' 'b=rename the label of part 8'
ox run
is "who was asked" "$(sort "$root/called" | tr '\n' ';')" "a big;b small;"
has "from the provider" "$(planned)" "\"from\":\"provider\",\"source\":\"$source\""
for one in 500=embedding_failed 401=embedding_failed html=embedding_failed reset=embedding_failed ok,dims=8=embedding_dimensions; do
    server_is "$google/s/${one%=*}"
    late "g${one%%[,=]*}" "${one##*=}"
done
unset GOOGLE_KEY

finish_tests
