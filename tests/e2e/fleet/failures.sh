#!/bin/bash
# failures.sh: two nodes of LM Studio and three servers of the hosted shape, of which some are always failing:
# no task is lost, none is done twice.
#
#   failures.sh BUILD [SECONDS [SEED]]    rounds until so many seconds are over (one round); the seed is printed
#
# A script takes servers down and brings them back while the queue is worked on: errors, rate limits, resets,
# pages of a proxy, answers that are none; in rounds of a soak also servers that say nothing at all. One of the
# five is always well, another one each time.
# shellcheck disable=SC2034 # lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"

fakes=$(cd "$(dirname "$0")/../../fake" && pwd)
node -e 'process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)' 2>/dev/null || {
    echo "skipped: node 20 or newer is needed for tests/fake" >&2
    exit 77
}
command -v curl >/dev/null || exit 77
seconds=${2:-0}
seed=${3:-$(od -An -N2 -tu2 /dev/urandom | tr -d ' ')}
echo "failures: seed $seed"
RANDOM=$seed
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
export HOSTED_KEY='sk-hosted-0123456789'
servers=()
failing=
trap '[ -z "$failing" ] || kill "$failing" 2>/dev/null || true; kill "${servers[@]}" 2>/dev/null || true; wait 2>/dev/null || true; rm -rf "$work"' EXIT

strategies=(priority least-busy latency simple-shuffle)
sandbox=host
"$build/libexec/orxaq-exec" --can-confine || sandbox=none
names=(node1 node2 host1 host2 host3)
kinds=(500 503 '429,ra=0' reset malformed-json html empty cut)
[ "$seconds" -eq 0 ] || kinds+=(hang hang-mid)
tasks_of_a_round=$((seconds == 0 ? 8 : 40))

# serve NAME PROGRAM [OPTIONS]: its address is then in the file url-NAME
serve() {
    local name=$1 program=$2
    shift 2
    node "$fakes/$program.mjs" --port 0 --port-file "$work/port-$name" --idle-exit 600 "$@" >"$work/server-$name.log" 2>&1 &
    servers+=($!)
    until_true "the server $name" test -s "$work/port-$name"
    echo "http://127.0.0.1:$(cat "$work/port-$name")" >"$work/url-$name"
}
url() { cat "$work/url-$1"; }
good="tool-script,file=$work/answers.json"
does() { curl -s --noproxy '*' --max-time 30 -d "$2" "$(url "$1")/_fake/scenario" >/dev/null || true; }

for name in node1 node2; do serve $name lmstudio; done
for name in host1 host2 host3; do serve $name openai --key "$HOSTED_KEY"; done

provider() {
    printf '  %s: {plugin: lmstudio, model: fake-chat-7b, sandbox: %s, group: pool, rank: %s, timeout: 20s, context_tokens: 32000%s, settings: {base_url: "%s/v1"}}\n' \
        "$1" "$sandbox" "$2" "${3:-}" "$(url "$1")"
}

# a_round: a fresh root whose tasks any of the five can do
a_round() {
    local i sep='' answers=''
    rm -rf "$root"
    mkdir -p "$root/config" "$root/repo"
    {
        printf 'version: 1\nrepos: {impl: repo, test: repo}\nrecovery: off\nagent: {grace: 300ms}\n'
        printf 'retry: {flat_delay: 10ms, backoff_base: 10ms, max_attempts: 50, max_retryable: 50}\n'
        printf 'route: {strategy: %s, cooldown: 50ms, cooldown_max: 500ms}\n' "${strategies[rounds % 4]}"
        printf 'validation: {commands: ["true"], retries: 0}\nproviders:\n'
        provider node2 0
        provider node1 1
        for i in 1 2 3; do provider "host$i" $((i + 1)) ', secret: HOSTED_KEY'; done
    } >"$root/orxaq.yaml"
    for ((i = 1; i <= tasks_of_a_round; i++)); do
        printf '%s{"id": "t%d", "owner": "%s", "priority": 1, "title": "Task t%d", "description": "Do t%d."}' \
            "${sep:-[}" "$i" "${names[i % 5]}" "$i" "$i"
        answers+="${sep:-{}\"t$i\": [{\"calls\": [[\"write_file\", {\"path\": \"t$i.txt\", \"content\": \"good\\n\"}]]}, {\"calls\": [[\"finish\", {\"status\": \"done\", \"summary\": \"t$i\"}]]}]"
        sep=,
    done >"$root/config/tasks.json"
    echo ']' >>"$root/config/tasks.json"
    printf '%s}\n' "$answers" >"$work/answers.json"
    git -C "$root/repo" init -q -b main
    git -C "$root/repo" -c user.name=t -c user.email=t@localhost commit -q --allow-empty -m base
}

# strike: another one is well, and of the others each fails in some way or is well, too
strike() {
    local well=$((RANDOM % 5)) i
    for i in 0 1 2 3 4; do
        if [ "$i" -eq "$well" ] || [ $((RANDOM % 3)) -eq 0 ]; then
            does "${names[i]}" "$good"
        else
            does "${names[i]}" "${kinds[RANDOM % ${#kinds[@]}]}"
        fi
    done
}
# Not before somebody was asked in vain: of the first round that is node2, which is the first of all.
strikes() {
    RANDOM=$1
    until [ "$rounds" -gt 0 ] || curl -s --noproxy '*' "$(url node2)/_fake/requests" | grep -q '"method":"POST"'; do
        sleep 0.1
    done
    while :; do
        strike
        sleep 0.5
    done
}

rounds=0
while [ "$rounds" -eq 0 ] || [ "$SECONDS" -lt "$seconds" ]; do
    case_is "round $rounds, seed $seed"
    a_round
    does node1 "$good"
    does node2 500
    for name in host1 host2 host3; do does "$name" "${kinds[RANDOM % 8]}"; done
    strikes $((seed + rounds)) &
    failing=$!
    ox run
    kill "$failing" 2>/dev/null || true
    wait "$failing" 2>/dev/null || true
    failing=
    is "exit code" "$code" 0
    for ((i = 1; i <= tasks_of_a_round; i++)); do
        is "t$i" "$(git -C "$root/repo" log --format=%B | grep -c "^Orxaq-Task: t$i\$" || true)" 1
    done
    calls=$("$orxaq" --root "$root" --json events --kind call.begun | wc -l)
    [ "$rounds" -gt 0 ] || [ "$calls" -gt "$tasks_of_a_round" ] || fail "nothing failed: $calls calls"
    "$orxaq" --root "$root" events --verify >/dev/null 2>&1 || fail "the journal is damaged"
    is "files with a key" "$(grep -rl 0123456789 "$root" "$work/out" "$work/err" || true)" ""
    rounds=$((rounds + 1))
    if [ "$failures" -ne 0 ]; then
        cat "$work/err" >&2
        break
    fi
done
echo "failures: $rounds rounds of $tasks_of_a_round tasks, seed $seed, $calls calls in the last one"

finish_tests
