#!/bin/bash
# services.sh: what the supervisor runs again and again, with a supervisor that is killed.
# shellcheck disable=SC2016 # commands of services are quoted
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"

# What never came is waited for in vain: nothing of it may stay.
aftermath() { "$orxaq" --root "$root" stop --now; }

state() { "$orxaq" --root "$root" --json service "$1" status | sed -n 's/.*"state":"\([a-z]*\)".*/\1/p'; }
state_is() { [ "$(state "$1")" = "$2" ]; }
told() { "$orxaq" --root "$root" --json service "$1" status; }
told_is() { case $(told "$1") in *"$2"*) ;; *) return 1 ;; esac; }
runs() { if [ -e "$work/$1" ]; then wc -l <"$work/$1"; else echo 0; fi; }
runs_are() { [ "$(runs "$1")" -ge "$2" ]; }

# service_root: a root without tasks whose services are read from stdin
service_root() {
    mkdir -p "$root/config"
    echo '{"tasks": []}' >"$root/config/tasks.json"
    {
        echo 'restart: {delay: 1s, max_delay: 1s, jitter: none}'
        echo 'supervisor: {stop_timeout: 30s}'
        echo 'services:'
        cat
    } >"$root/orxaq.yaml"
    rm -f "$work"/ran "$work"/gate "$work"/*.began
}

ends() {
    ox stop
    is "stop" "$code" 0
    "$orxaq" --root "$root" events --verify >/dev/null 2>&1 || fail "the journal is damaged"
}

case_is "by an interval: again and again, none beside another"
service_root <<YAML
  tick:
    enabled: true
    every: 1s
    command: [sh, -c, 'mkdir $work/alone && echo >>$work/ran && rmdir $work/alone']
  other: {cron: "0 4 * * *", command: [orxaq, version]}
YAML
ox service
is "before" "$code" 0
has "before" "$out" "tick"
has "before" "$out" "every 1s"
has "before" "$out" "provider-cost-ingest"
has "before" "$out" "process-watchdog"
has "before says" "$err" "no supervisor is at work"
ox start
until_true "three runs" runs_are ran 3
until_true "between two" state_is tick idle
has "it ran well" "$(told tick)" '"outcome":"ok"'
has "next" "$(told tick)" '"next":"'
is "off" "$(state other)" stopped
has "never" "$(told other)" '"outcome":"never"'
has "its log" "$("$orxaq" --root "$root" logs tick)" "supervisor: tick ended: exit 0"
ox service tick stop
is "stop" "$code" 0
has "stop says" "$out" "tick is stopped"
was=$(runs ran)
ends
ox start
is "it stays so" "$(state tick)" stopped
is "no run" "$(runs ran)" "$was"
ox service tick start
is "start" "$code" 0
until_true "goes on" runs_are ran $((was + 1))
ox --json health
hasnt "healthy" "$out" '"unit.stopped"'
ends
ox service tick status
has "afterwards" "$out" unknown
has "the last run is known" "$(told tick)" '"outcome":"ok"'
ox service tick stop
is "stop without a supervisor" "$code" 0
has "stop without a supervisor" "$out" "tick is stopped"
was=$(runs ran)
ox start
is "the next one knows" "$(state tick)" stopped
is "no run" "$(runs ran)" "$was"
ends

case_is "once: one that is off, one that fails, one that runs"
service_root <<YAML
  ours: {every: 1h, command: [orxaq, config, show, budget]}
  where: {every: 1h, command: [sh, -c, 'pwd >>$work/ran.in']}
  bad: {every: 1h, command: [sh, -c, 'echo it went wrong >&2; echo >>$work/ran; exit 3']}
  slow: {every: 1h, command: [sh, -c, 'echo >$work/slow.began; while [ ! -e $work/gate ]; do sleep 0.1; done']}
YAML
echo ORXAQ_AUTONOMY_SWARM_DAILY_BUDGET_USD=77 >"$root/other.env"
code=0
"$orxaq" --root "$root" --env-file "$root/other.env" service ours once >"$work/out" 2>"$work/err" || code=$?
out=$(cat "$work/out") err=$(cat "$work/err")
is "ours" "$code" 0
has "it starts the supervisor" "$err" "the supervisor was started"
has "ours says" "$out" "ours ran: exit 0"
is "off again" "$(state ours)" stopped
has "this program, as the supervisor was called" "$("$orxaq" --root "$root" logs ours | tr -s ' ')" "budget.daily 77"
ox service where once
is "in the root" "$(cat "$work/ran.in")" "$root"
ox service bad once
is "bad" "$code" 1
has "bad says" "$err" "bad failed (exit 3)"
has "why" "$("$orxaq" --root "$root" logs bad)" "it went wrong"
is "not tried again" "$(state bad)" stopped
ox service slow once --no-wait
is "slow" "$code" 0
until_true began test -e "$work/slow.began"
ox service slow once
is "while it runs" "$code" 75
has "while it runs" "$err" "slow runs already"
touch "$work/gate"
until_true "off again" state_is slow stopped
is "one run each" "$(runs ran)" 1
ends
ox service nobody
is "unknown" "$code" 1
ox service slwo once
has "near" "$err" "did you mean slow?"
ox service slow fly
is "no verb" "$code" 2

case_is "a secret of ours is not for programs of others"
export OPENAI_API_KEY=sk-not-for-you
service_root <<YAML
  other: {every: 1h, command: [sh, -c, 'env >$work/ran']}
YAML
ox service other once
is "other" "$code" 0
hasnt "its environment" "$(cat "$work/ran")" "sk-not-for-you"
has "its environment" "$(cat "$work/ran")" "PATH="
ends
unset OPENAI_API_KEY

case_is "the supervisor is killed: in the middle of a run, and between two"
service_root <<YAML
  job:
    enabled: true
    every: 1h
    command: [sh, -c, 'echo began >>$work/job.began; while [ ! -e $work/gate ]; do sleep 0.1; done; echo >>$work/ran']
YAML
ox start
until_true began runs_are job.began 1
kill -KILL "$(cat "$root/artifacts/autonomy/supervisor.pid")"
ox start
is "begun anew at once" "$code" 0
until_true "made again" runs_are job.began 2
is "none has ended" "$(runs ran)" 0
touch "$work/gate"
until_true "over" told_is job '"outcome":"ok"'
is "once" "$(runs ran)" 1
for _ in 1 2 3; do
    kill -KILL "$(cat "$root/artifacts/autonomy/supervisor.pid")"
    ox start
    until_true "idle" state_is job idle
done
is "not doubled" "$(runs ran)" 1
is "begun" "$(runs job.began)" 2
ends

case_is "one that fails is tried again, then rests until its next time"
service_root <<YAML
  bad: {enabled: true, every: 1h, command: [sh, -c, 'echo >>$work/ran; exit 3']}
YAML
ox start
until_true "given up" state_is bad fatal
is "so often" "$(runs ran)" 5
ox --json health
has "it is a failure" "$out" '"unit.fatal"'
ends

case_is "wrong entries"
service_root <<'YAML'
  both: {every: 1h, cron: "* * * * *", command: [x]}
  wrong: {cron: "61 * * * *", command: [x]}
  never: {command: [x]}
  nothing: {every: 1h}
  primary: {every: 1h, command: [x]}
YAML
ox config check
is "refused" "$code" 1
for text in "services.both.cron: expected either this or every" \
    'services.wrong.cron: minute "61": expected 0 to 59' \
    "services.never: expected when it is to run" \
    "services.nothing: expected a command" \
    "the name primary is taken"; do
    has "check" "$out$err" "$text"
done

case_is "what a run may take: kept by its cgroup, or by each process as far as that goes, which is said"
service_root <<YAML
  weigh:
    command: [sh, -c, 'ulimit -d; cat "\$1\$(sed -n s/^0:://p /proc/self/cgroup)/memory.max"; echo >$work/ran; while [ ! -e $work/gate ]; do sleep 0.05; done', sh, '$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)']
    every: 1d
    memory_max: 96MiB
    tasks_max: 40
YAML
ox start
"$orxaq" --root "$root" service weigh once --no-wait
until_true "it ran" runs_are ran 1
has "the limits" "$(told weigh)" '"memory_max":100663296'
ox service weigh status
case $(told weigh) in
*'"memory_by":"cgroup"'*)
    has "the group keeps it" "$("$orxaq" --root "$root" logs weigh)" 100663296
    ;;
*)
    has "by each process" "$(told weigh)" '"memory_by":"process"'
    has "each process keeps it" "$("$orxaq" --root "$root" logs weigh)" 98304
    has "status says so" "$err" "weigh: memory_max holds for each of its processes alone: "
    is "the log says it once" "$(grep -c 'memory_max holds for each' "$root/artifacts/autonomy/supervisor.log")" 1
    ;;
esac
case $(told weigh) in
*'"tasks_by":"nobody"'*)
    has "status says so" "$err" "weigh: tasks_max does not hold: "
    is "the log says it once" "$(grep -c 'tasks_max does not hold' "$root/artifacts/autonomy/supervisor.log")" 1
    ;;
esac
touch "$work/gate"
until_true "over" told_is weigh '"outcome":"ok"'
ends

finish_tests
