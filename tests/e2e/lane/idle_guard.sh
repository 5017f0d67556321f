#!/bin/bash
# idle_guard.sh: local-idle-guard brings back lanes of local models that stand still, and leaves alone what it must.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # agents and JavaScript are quoted; lib.sh reads and sets
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
# shellcheck source=tests/e2e/lane/lib.sh
. "$(dirname "$0")/lib.sh"

fakes=$(cd "$(dirname "$0")/../../fake" && pwd)
node -e 'process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)' 2>/dev/null || exit 77
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
env -u ORX_SUPERVISE_MARK node "$fakes/lmstudio.mjs" --port 0 --port-file "$work/port" --idle-exit 300 >"$work/server.log" 2>&1 &
server=$!
trap 'kill $server 2>/dev/null; wait 2>/dev/null; rm -rf "$work"' EXIT
until_true "the server" test -s "$work/port"
one=http://127.0.0.1:$(cat "$work/port")

files=artifacts/autonomy/local_models
# at EXPRESSION...: of the report, `d`, and of the state, `s`
at() { node -e 'const f = require("fs"), d = JSON.parse(f.readFileSync(process.argv[1] + "/idle_guard_report.json")); let s = {}; try { s = JSON.parse(f.readFileSync(process.argv[1] + "/idle_guard_state.json")); } catch {} console.log(process.argv.slice(2).map((e) => String(eval(e))).join("|"))' "$root/$files" "$@"; }
# guarded_root MEMBERS < AGENT: local-only, with one server of one's own
guarded_root() {
    lane_root
    sed -i 's/^    plugin: command$/    plugin: command\n    watts: 50/' "$root/orxaq.yaml"
    printf 'run: {local_only: true}\n' >>"$root/orxaq.yaml"
    printf '{"endpoints": [{"id": "one", "base_url": "%s/v1"}], "benchmark": {"timeout_sec": 5}, "capability_scan": {"timeout_sec": 3}}' \
        "${endpoint:-$one}" >"$root/config/local_model_fleet.json"
    printf '{%s}' "$1" >"$root/config/local_model_idle_guard.json"
}
# paused LANE SECONDS TEXT: its flag is that old
paused() {
    printf '%s' "$3" >"$(lane_dir "$1")/paused.flag"
    touch -d "@$(($(date +%s) - $2))" "$(lane_dir "$1")/paused.flag"
}
lane_root_of_a() { lanes "$(entry a)" "$(entry b)"; lane_tasks a a1; lane_tasks b b1; }

case_is "R62: a stale pause without a reason ends, others last"
guarded_root '"stale_manual_pause_sec": 100000' <<<"$slow"
lane_root_of_a
ox lanes-start
until_true "at work" test -e "$work/tmp/a1.began" -a -e "$work/tmp/b1.began"
ox lanes-stop
until_true "a stands still" state_is a stopped
until_true "b stands still" state_is b stopped
until_true "the flag" test -e "$(lane_dir a)/paused.flag" -a -e "$(lane_dir b)/paused.flag"
ox local-idle-guard
is "exit code" "$code" 0
is "young pauses" "$(at 'd.skipped.map((x) => x.lane_id + " " + x.reason)' d.started_count d.local_lane_total d.healthy_endpoint_count)" \
    "a manual_pause_active,b manual_pause_active|0|2|1"
is "who answers" "$(at 'd.healthy_endpoint_keys')" "${one#http://}"
is "one idle cycle" "$(at d.consecutive_idle_cycles 'd.anomalies')" "1|idle_while_endpoints_healthy"
is "the scan was made" "$(at 'd.fleet_refresh_events.map((e) => e.kind + e.ok)')" capability_scantrue
paused a 100001 manual
paused b 100001 "the disk is being replaced"
ox local-idle-guard
is "exit code" "$code" 0
is "a is back" "$(at 'd.unpaused.map((x) => x.lane_id + " " + x.reason)' 'd.started.map((x) => x.lane_id + " " + x.score)' 'd.skipped.map((x) => x.lane_id + " " + x.reason)')" \
    "a stale_manual_pause|a 100|b manual_pause_active"
is "nothing was asked again" "$(at 'd.fleet_refresh_events.length' 'd.healthy_endpoint_count')" "0|1"
until_true "it works" state_is a ready
[ ! -e "$(lane_dir a)/paused.flag" ] || fail "the flag of a is still there"
ox local-idle-guard
is "no idle cycle any more" "$(at d.consecutive_idle_cycles d.local_running_before)" "0|1"
ox local-idle-guard --force-unpause
until_true "forced" state_is b ready
is "why" "$(at 'd.unpaused[0].reason')" force_unpause
touch "$work/tmp/go"
ends

case_is "R63: nothing starts, and nothing is changed, while no endpoint answers"
endpoint=http://127.0.0.1:9
guarded_root '"stale_manual_pause_sec": 0' <<<"$good"
lanes "$(entry a)"
lane_tasks a backlog-1
ox lanes-start
until_true "done" task_is a backlog-1 done
ox lanes-stop
until_true "the flag" test -e "$(lane_dir a)/paused.flag"
ox local-idle-guard --force-unpause
is "exit code" "$code" 0
is "the floor" "$(at 'd.skipped.map((x) => x.lane_id + " " + x.reason)' d.started_count d.consecutive_idle_cycles d.backlog_recycled_count)" \
    "* healthy_endpoint_floor_not_met,a healthy_endpoint_floor_not_met|0|0|0"
is "still done" "$(lane_task a backlog-1)" "done"
[ -e "$(lane_dir a)/paused.flag" ] || fail "the pause was taken away"
ends
endpoint=

case_is "R60: the backlog begins again when nothing else is there to do"
guarded_root '"backlog_recycle_delay_sec": 1, "stale_manual_pause_sec": 0' <<<"echo x >>\"$work/tmp/\$task.times\"; echo good >>\"\$task.txt\"; finish done"
lanes "$(entry a)"
lane_tasks a live-1 backlog-1
ox lanes-start
until_true "done" task_is a backlog-1 done
until_true "idle" state_is a idle
ox local-idle-guard
is "exit code" "$code" 0
is "what began" "$(at 'd.backlog_recycled.map((x) => [x.lane_id, x.reason, x.count])' 'd.started.map((x) => x.lane_id + " " + x.score)' d.anomalies s.last_backlog_recycled_lane_ids)" \
    "a,backlog_recycled,1|a 80|backlog_recycled|a"
twice() { [ "$(wc -l <"$work/tmp/backlog-1.times")" -ge 2 ]; }
until_true "a second time" twice
is "live work once" "$(wc -l <"$work/tmp/live-1.times")" 1
ends

case_is "R64: six cycles in which nothing runs"
guarded_root '' <<<"$good"
for i in 1 2 3 4 5 6; do ox local-idle-guard; done
is "persistent" "$(at d.consecutive_idle_cycles 'd.anomalies' 's.last_anomalies.length')" "6|idle_while_endpoints_healthy,persistent_idle_condition|2"
is "history" "$(wc -l <"$root/$files/idle_guard_history.ndjson")" 6
ends

case_is "as a service; switched off; wrong files"
guarded_root '"enabled": false' <<<"$good"
ox local-idle-guard-once
is "once" "$code" 0
is "off" "$(at d.enabled d.reason)" "false|guard_disabled"
ox local-idle-guard-status
has "status" "$out" "every 30s"
ends
echo '{"enabled": "yes"}' >"$root/config/local_model_idle_guard.json"
refused "a wrong one" "local_model_idle_guard.json:1: enabled: expected true or false" local-idle-guard
rm "$root/config/local_model_idle_guard.json"
refused "none" "local_model_idle_guard.json" local-idle-guard
mkdir "$work/root-new"
"$orxaq" --root "$work/root-new" init >/dev/null
[ -s "$work/root-new/config/local_model_idle_guard.json" ] || fail "init writes no file of the guard"

finish_tests
