#!/bin/bash
# network.sh: network-watch: who elsewhere can be reached, and whom work is given to then: nobody elsewhere while
# it is offline, those near first while it is degraded, as ever when it is back.
# shellcheck disable=SC2016,SC2034 # JavaScript and agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"

fakes=$(cd "$(dirname "$0")/../../fake" && pwd)
node -e 'process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)' 2>/dev/null || {
    echo "skipped: node 20 or newer is needed for tests/fake" >&2
    exit 77
}
command -v curl >/dev/null || exit 77
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
servers=() one='' two='' running=''
trap '[ -z "$running" ] || kill "$running" 2>/dev/null; kill "${servers[@]}" 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT

# serve NAME: a server whose address is in the variable NAME, on another machine by its name
serve() {
    node "$fakes/openai.mjs" --port 0 --port-file "$work/port-$1" --idle-exit 600 >"$work/server-$1.log" 2>&1 &
    servers+=($!)
    until_true "the server $1" test -s "$work/port-$1"
    printf -v "$1" 'http://127.1:%s' "$(cat "$work/port-$1")"
}
serve one
serve two
does() { curl -s --noproxy '*' -d "$2" "$1/_fake/scenario" >/dev/null; }
all_are() { does "$one" "$1" && does "$two" "$2"; }

state=artifacts/network_state.json
at() { node -e 'const d = JSON.parse(require("fs").readFileSync(process.argv[1])); console.log(process.argv.slice(2).map((e) => String(eval(e))).join("|"))' "$root/$state" "$@"; }
events() { "$orxaq" --root "$root" --json events --kind "$1"; }
called() { tr '\n' ';' <"$root/called"; }
endpoints() {
    local i=0 sep='' url
    {
        printf '{"model_list": ['
        for url in "$@"; do
            i=$((i + 1))
            printf '%s{"model_name": "m%d", "litellm_params": {"model": "m%d", "provider": "openai", "api_base": "%s", "endpoint_id": "e%d"}}' "$sep" $i $i "$url" $i
            sep=,
        done
        printf ']}\n'
    } >"$root/config/litellm_swarm_router.json"
}
# rooted: worker (hosted, with a group) and near (a model of one's own), whose agents say who was called
rooted() {
    make_root <<'SH'
echo "$task $who" >>"${0%/agent}/called"
echo good >"$task.txt"
finish done
SH
    sed -i '2i who=$1' "$root/agent"
    sed -i "s|^  worker:|  worker:\n    group: g|; s|argv: .*agent\"|&, worker|" "$root/orxaq.yaml"
    cat >>"$root/orxaq.yaml" <<YAML
  near: {plugin: command, repo: impl, group: g, watts: 90, rank: 9, settings: {argv: ["$root/agent", near], output: json}}
money: {kwh_price: 0.3}
YAML
    echo '[]' >"$root/config/tasks.json"
    endpoints "$one" "$two"
    all_are ok ok
}

case_is "two are online, one is degraded, none is offline; one look changes nothing"
rooted
ox --strict network-watch
is "exit code" "$code" 0
is "online" "$(at d.state d.look d.reachable d.asked d.orders.critical)" "online|online|2|2|L3,L2,L1"
is "who stands where" "$(at d.providers.worker.place d.providers.worker.lanes d.providers.near.place d.providers.near.lanes)" "hosted|L2|local|L0"
all_are ok list-500
ox --strict network-watch
is "a look" "$code $(at d.state d.look d.differing_looks)" "0 online|degraded|1"
ox --strict network-watch
is "another one" "$code $(at d.state d.look d.orders.high 'd.servers.map((s) => s.reachable)')" "1 degraded|degraded|L1,L2|true,false"
all_are list-500 list-html
ox network-watch --now
is "at once" "$code $(at d.state d.reachable d.orders.critical)" "0 offline|0|L1"
is "told" "$(events network.changed | grep -o '"before":"[a-z]*"' | tr '\n' ' ')" '"before":"" "before":"online" "before":"degraded" '
has "health" "$("$orxaq" --root "$root" --json health || true)" '"network.offline"'
has "status" "$("$orxaq" --root "$root" --json status || true)" '"state": "offline"'
ox model-router-connectivity
has "and where servers are looked at" "$out" '"network": "offline"'
all_are ok ok
ox network-watch
is "back: one look" "$(at d.state)" offline
ox network-watch
is "back" "$(at d.state)" online
has "health" "$("$orxaq" --root "$root" --json health || true)" '"network.online"'

case_is "whoever says no at the door is reachable; what is near, and the same server twice, do not count"
rooted
endpoints "$one" "$one/s/list-500" "$two" "${one/127.1/127.0.0.1}"
all_are list-401 list-500
ox network-watch
is "one of two" "$(at d.state d.asked 'd.servers[0].reachable')" "degraded|2|true"

case_is "nothing elsewhere to ask is an error, and nothing is forbidden by it"
rooted
endpoints http://127.0.0.1:9
refused "only near ones" "expected at least one endpoint in another network" network-watch
rm "$root/config/litellm_swarm_router.json"
refused "no file" "litellm_swarm_router.json is missing" network-watch
is "no state" "$([ -e "$root/$state" ] && echo there)" ""
tasks one
ox run
is "work goes on" "$code $(called)" "0 one worker;"

case_is "offline: whoever is elsewhere is left out with the reason, and others do the work"
rooted
printf 'route: {strategy: priority}\n' >>"$root/orxaq.yaml"
all_are list-500 list-500
ox network-watch
tasks one
ox run
is "exit code" "$code" 0
is "asked" "$(called)" "one near;"
has "why" "$(events route.planned)" '"filtered":[{"deployment":"worker","wait_ms":5000,"why":"network_offline"}]'
has "explained" "$("$orxaq" --root "$root" route explain 1 | tr -s ' ')" "network offline since"
has "of the one left out" "$("$orxaq" --root "$root" route explain 1 | tr -s ' ')" "worker - filtered network_offline"
all_are ok ok
ox network-watch --now
tasks one two
ox run
is "back" "$(called)" "one near;two worker;"

case_is "offline: a task that has nobody else waits, and loses no attempt"
rooted
all_are list-500 list-500
ox network-watch
tasks one
"$orxaq" --root "$root" run >"$work/waiting" 2>&1 &
running=$!
until_true "it is held" eval 'events route.held | grep -q network_offline'
is "nobody is called" "$(cat "$root/called" 2>/dev/null)" ""
has "explained" "$("$orxaq" --root "$root" route explain --task one)" "network_offline"
all_are ok ok
ox network-watch --now
wait "$running" || fail "the run: $(cat "$work/waiting")"
running=
is "done" "$(called) $(status_of one)" "one worker; done"
is "attempts" "$("$orxaq" --root "$root" --json attempt list | grep -o '"number":' | wc -l)" 1
has "no failure of the model" "$(cat "$root/artifacts/autonomy/parallel_capacity_state.json")" '"signal_total": 0'

case_is "degraded: easy work stays near, hard work takes the way that is left"
rooted
printf 'route: {strategy: priority}\n' >>"$root/orxaq.yaml"
all_are ok list-500
ox network-watch
printf '[{"id": "easy", "owner": "worker", "priority": 1, "title": "Rename it", "description": "Do it."},
 {"id": "hard", "owner": "worker", "priority": 2, "title": "Security audit", "description": "Do it."}]' >"$root/config/tasks.json"
ox run
is "exit code" "$code" 0
is "asked" "$(called)" "easy near;hard worker;"
has "the reason" "$(events route.planned)" '"reason":"network_degraded"'
has "the order" "$(events route.planned)" '"order":"L0 L1"'

case_is "degraded: a profile for another place says who stands where, and a router's plan is put in order, too"
rooted
cat >>"$root/orxaq.yaml" <<'YAML'
run: {router: order}
routers: {order: {plugin: static, settings: {candidates: [{provider: worker}, {provider: near}]}}}
YAML
mkdir -p "$root/router_profiles"
printf 'lanes: {L0: [near]}\nproviders:\n  - {name: near, base_url: "%s"}\n  - {name: worker, base_url: "%s"}\n' "$one" "$two" >"$root/config/router.example.yaml"
printf 'name: away\nrequired_providers: [worker]\nlanes: {L0: [worker], L1: [near]}\n' >"$root/router_profiles/away.yaml"
all_are ok list-500
ox network-watch
tasks one
sed -i 's/Task one/Rename it/' "$root/config/tasks.json"
ox run
is "before" "$(called)" "one near;"
has "as it was used" "$(events route.planned)" '"used":[{"deployment":"near","model":""},{"deployment":"worker","model":""}]'
has "explained" "$("$orxaq" --root "$root" route explain 1 | tr -s ' ')" "1 near"
ox router-profile-apply away
is "applied" "$code" 0
ox network-watch
is "where they stand" "$(at d.providers.worker.lanes d.providers.near.lanes)" "L0|L1"
tasks one two
sed -i 's/Task two/Rename it/' "$root/config/tasks.json"
ox run
is "after" "$(called)" "one near;two worker;"

case_is "degraded: an escalation stays behind, however near it is"
rooted
cat >>"$root/orxaq.yaml" <<'YAML'
run: {router: order}
routers: {order: {plugin: static, settings: {candidates: [{provider: worker}, {provider: near, fallback: true}]}}}
YAML
all_are ok list-500
ox network-watch
tasks one
sed -i 's/Task one/Rename it/' "$root/config/tasks.json"
ox run
is "asked" "$(called)" "one worker;"

case_is "calls say who can be reached, too; as a service"
rooted
all_are list-500 list-500
tasks one
ox run
ox network-watch
is "its call was good a moment ago" "$(at d.state d.asked 'd.servers[2].name')" "degraded|3|worker"
ox network-watch-once
is "once" "$code" 0
ox --json service
has "listed" "$out" '"name":"network-watch"'
ox network-watch-status
is "status" "$code" 0
ox stop

finish_tests
