#!/bin/bash
# litellm.sh: the deployments of a LiteLLM file (route.litellm_file) at work in real runs, against servers of
# tests/fake that each want a key of their own.
# shellcheck disable=SC2034 # lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"

fakes=$(cd "$(dirname "$0")/../../fake" && pwd)
node -e 'process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)' 2>/dev/null || {
    echo "skipped: node 20 or newer is needed for tests/fake" >&2
    exit 77
}
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
export FIRST_KEY=sk-first-0123456789 LARGE_KEY=sk-large-0123456789
servers=()
trap 'kill "${servers[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT
sandbox=host
"$build/libexec/orxaq-exec" --can-confine || sandbox=none

# serve NAME PROGRAM KEY: its address is then in the file url-NAME
serve() {
    node "$fakes/$2.mjs" --port 0 --port-file "$work/port-$1" --idle-exit 600 --key "$3" >"$work/server-$1.log" 2>&1 &
    servers+=($!)
    until_true "the server $1" test -s "$work/port-$1"
    echo "http://127.0.0.1:$(cat "$work/port-$1")" >"$work/url-$1"
}
url() { cat "$work/url-$1"; }
serve first openai "$FIRST_KEY"
serve second lmstudio sk-in-the-file-987
serve large openai "$LARGE_KEY"

fetched() { node -e 'fetch(process.argv[1], process.argv[2] ? { method: "POST", body: process.argv[2] } : {}).then((r) => r.text()).then((t) => console.log(t.trim()))' "$@"; }
# does NAME SCENARIO
does() { fetched "$(url "$1")/_fake/scenario" "$2" >/dev/null; }
# asked NAME: how many answers it was asked for in this case, and for which models
asked() {
    fetched "$(url "$1")/_fake/requests" | node -e 'const all = JSON.parse(require("fs").readFileSync(0)).filter((r) => r.path.endsWith("/chat/completions")).slice(Number(process.argv[1]));
        console.log(all.length, [...new Set(all.map((r) => r.body.model))].join(" "));' "$(cat "$work/before-$1")"
}
events() { "$orxaq" --root "$root" --json events --kind "$1"; }

# row NAME MODEL KEY [MORE]
row() {
    printf '  - model_name: %s\n    litellm_params:\n      model: %s\n      api_base: %s/v1\n      api_key: %s\n%s    model_info: {orxaq: {sandbox: %s}}\n' \
        "$1" "$2" "$(url "$3")" "$4" "${5:+      $5$'\n'}" "$sandbox"
}

# rooted: a root that names the LiteLLM file, which is standard input below `model_list:`
rooted() {
    mkdir -p "$root/config" "$root/repo"
    {
        echo 'model_list:'
        cat
    } >"$root/config/litellm.yaml"
    cat >"$root/orxaq.yaml" <<YAML
version: 1
repos: {impl: repo, test: repo}
retry: {flat_delay: 1ms, max_attempts: 3, backoff_base: 1ms}
recovery: off
agent: {grace: 300ms}
validation: {commands: ["true"], retries: 0}
route: {litellm_file: config/litellm.yaml}
providers: {worker: {plugin: command, settings: {argv: [/bin/false]}}}
YAML
    git -C "$root/repo" init -q -b main
    git -C "$root/repo" -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m base
    local name
    for name in first second large; do
        echo 0 >"$work/before-$name"
        asked $name | cut -d' ' -f1 >"$work/now"
        mv "$work/now" "$work/before-$name"
        does $name "tool-script,file=$root/answers.json"
    done
}

# jobs OWNER ID...: a queue, and what a model answers
jobs() {
    local owner=$1 id sep='[' answers='{'
    shift
    for id in "$@"; do
        printf '%s{"id": "%s", "owner": "%s", "priority": 1, "title": "Task %s", "description": "Do %s."}' "$sep" "$id" "$owner" "$id" "$id"
        sep=,
        answers+="\"$id\": [{\"calls\": [[\"write_file\", {\"path\": \"$id.txt\", \"content\": \"good\\n\"}]]}, {\"calls\": [[\"finish\", {\"status\": \"done\", \"summary\": \"$id\"}]]}],"
    done >"$root/config/tasks.json"
    echo ']' >>"$root/config/tasks.json"
    printf '%s}\n' "${answers%,}" >"$root/answers.json"
}

# The first of two: order keeps the drawing out of what is looked at.
two() {
    row coder openai/model-a first os.environ/FIRST_KEY 'order: 1'
    row coder lm_studio/fake-chat-7b second sk-in-the-file-987 'order: 2'
}

case_is "each is asked at its address, with its key, for its model"
rooted < <(two)
cat >>"$root/config/litellm.yaml" <<'YAML'
    dreams: 7
router_settings: {model_group_alias: {gpt-4: coder}}
YAML
jobs gpt-4 one
ox run
is "exit code" "$code" 0
is "status" "$(status_of one)" "done"
is "the first" "$(asked first)" "2 model-a"
is "the second" "$(asked second)" "0 "
has "the ignored member is named" "$err" "config/litellm.yaml:16:5: "
has "with its name" "$err" '"dreams"'
has "the literal key is pointed out" "$err" "config/litellm.yaml:13:16: "
hasnt "and not shown" "$err$out" "sk-in-the-file"
ox route explain 1
has "explained" "$(tr -s ' ' <<<"$out")" "coder/model-a"
has "with its source" "$out" "config/litellm.yaml:2:17"
has "the other as well" "$out" "config/litellm.yaml:9:17"
has "as data" "$("$orxaq" --root "$root" --json route explain 1)" '"source":"config/litellm.yaml:9:17"'
ox config check
is "checked" "$code" 0
has "with its source" "$out" "coder-2: plugin lmstudio"

case_is "429 with Retry-After: it rests, and the other takes over"
rooted < <(two)
does first 429,ra=600
jobs coder one two three
ox run
is "exit code" "$code" 0
for id in one two three; do is "$id" "$(status_of $id)" "done"; done
is "asked once and left alone" "$(asked first)" "1 model-a"
is "the other did the work" "$(asked second)" "6 fake-chat-7b"
has "its breaker" "$(events route.capacity)" '"breaker":"open"'
has "why it is not asked" "$("$orxaq" --root "$root" --json route explain --task three)" '"why":"cooldown"'
has "in the state of all" "$(cat "$root/artifacts/autonomy/parallel_capacity_state.json")" 'coder::model-a::127.0.0.1:'
hasnt "no key is kept" "$(cat "$root"/artifacts/autonomy/* "$root"/state/records/*/* 2>/dev/null | tr -d '\0')" "sk-in-the-file"
hasnt "none at all" "$(cat "$root"/artifacts/autonomy/* "$root"/state/records/*/* 2>/dev/null | tr -d '\0')" "$FIRST_KEY"

case_is "requests a minute are counted for each"
rooted < <(two)
sed -i 's/order: 1/order: 1\n      rpm: 1/' "$root/config/litellm.yaml"
jobs coder one two
ox run
is "exit code" "$code" 0
is "the first" "$(asked first)" "2 model-a"
is "the second" "$(asked second)" "2 fake-chat-7b"
has "the reason" "$("$orxaq" --root "$root" --json route explain --task two)" '"why":"rpm_limit"'

case_is "a prompt that does not fit goes to context_window_fallbacks"
rooted < <(two && row large openai/model-c large os.environ/LARGE_KEY)
sed -i 's/model: openai.model-c/&\n      input_cost_per_token: 0.000002\n      output_cost_per_token: 0.00001/' "$root/config/litellm.yaml"
echo 'router_settings: {context_window_fallbacks: [{coder: [large]}]}' >>"$root/config/litellm.yaml"
does first too-long
jobs coder one
ox run
is "exit code" "$code" 0
is "status" "$(status_of one)" "done"
is "the first" "$(asked first)" "1 model-a"
is "its neighbour has no larger window" "$(asked second)" "0 "
is "the large one" "$(asked large)" "2 model-c"
has "from the list" "$("$orxaq" --root "$root" --json route explain 1)" '"list":"context_fallback"'
ox --json attempt show 1
has "at the price of the file" "$out" '"price":"configured"'

case_is "when all of a group rest, its fallbacks do the work, without being held up"
rooted < <(two && row large openai/model-c large os.environ/LARGE_KEY)
echo 'router_settings: {fallbacks: [{coder: [large]}]}' >>"$root/config/litellm.yaml"
does first 429,ra=600
does second 429,ra=600
jobs coder one two
ox run
is "exit code" "$code" 0
is "the first" "$(asked first)" "1 model-a"
is "the second" "$(asked second)" "1 fake-chat-7b"
is "who stands in" "$(asked large)" "4 model-c"
is "nothing waited" "$(events route.held)" ""
has "from the list" "$("$orxaq" --root "$root" --json route explain --task two)" '"list":"fallback"'

case_is "who declines is followed by content_policy_fallbacks"
rooted < <(two && row large openai/model-c large os.environ/LARGE_KEY)
echo 'litellm_settings: {content_policy_fallbacks: [{coder: [large]}], fallbacks: [{large: [coder]}]}' >>"$root/config/litellm.yaml"
does first refused
jobs coder one
ox run
is "exit code" "$code" 0
is "its neighbour is not asked" "$(asked second)" "0 "
is "the other vendor" "$(asked large)" "2 model-c"

case_is "what is known of windows beforehand spares the call"
rooted < <(two && row large openai/model-c large os.environ/LARGE_KEY)
sed -i "s/model_info: {orxaq/model_info: {max_input_tokens: 5, orxaq/" "$root/config/litellm.yaml"
sed -i '$ s/max_input_tokens: 5, //' "$root/config/litellm.yaml"
echo 'router_settings: {context_window_fallbacks: [{coder: [large]}]}' >>"$root/config/litellm.yaml"
jobs coder a-task-with-more-than-a-few-words-in-it
ox run
is "exit code" "$code" 0
is "the first" "$(asked first)" "0 "
is "the large one" "$(asked large)" "2 model-c"

case_is "num_retries: so many others"
rooted < <(two)
does first 503
does second 503
echo 'router_settings: {num_retries: 0}' >>"$root/config/litellm.yaml"
jobs coder one
sed -i 's/max_attempts: 3/max_attempts: 1, max_retryable: 0/' "$root/orxaq.yaml"
ox run
is "the first" "$(asked first)" "1 model-a"
is "the second" "$(asked second)" "0 "

case_is "a file that is wrong is refused with its place, before anything is done"
rooted < <(two)
echo 'router_settings: {fallbacks: [{coder: [codr]}]}' >>"$root/config/litellm.yaml"
jobs coder one
for command in "config check" run; do
    # shellcheck disable=SC2086 # two words
    ox $command
    is "$command" "$code" 1
    has "$command" "$err" 'config/litellm.yaml:16:40: '
    has "$command" "$err" 'model_list has no group "codr"; did you mean coder?'
done
is "nobody was asked" "$(asked first)" "0 "

case_is "a setting that its plugin does not know is refused at its place"
rooted < <(row coder openai/model-a first os.environ/FIRST_KEY)
sed -i 's/model_info: {orxaq: {/&settings: {api: nonsense}, /' "$root/config/litellm.yaml"
jobs coder one
ox run
has "its place" "$out$err" 'config/litellm.yaml:7:42: providers.coder.settings.api'
is "nobody was asked" "$(asked first)" "0 "

case_is "the shipped file loads as it is"
rooted < <(two)
cp "$fakes/../../config/litellm_swarm_router.json" "$root/config/"
sed -i 's/litellm.yaml/litellm_swarm_router.json/' "$root/orxaq.yaml"
ox config check
is "exit code" "$code" 0
is "without a word" "$err" ""
for name in openai-primary gemini-primary claude-primary lmstudio-node-1 lmstudio-node-2 lmstudio-node-3; do
    has "$name" "$out" "$name: plugin lmstudio"
done

finish_tests
