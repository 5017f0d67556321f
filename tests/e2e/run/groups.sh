#!/bin/bash
# groups.sh: units in cgroups of their own. What gets out of its process tree does not get out of these.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$work/tmp" "$work/home"
export TMPDIR=$work/tmp HOME=$work/home

# ---- A place for this test: supervisors are started from here, so their groups are made below it.
mount=$(awk '/ - cgroup2 / { print $5; exit }' /proc/self/mountinfo)
own=$(sed -n 's/^0:://p' /proc/self/cgroup)
here=$mount${own%/}/orxaq-e2e.$$
skip() {
    echo "skipped: $*"
    exit 77
}
if [ -z "$mount" ] || [ -z "$own" ]; then skip "this system has no cgroup version 2"; fi
mkdir "$here" "$here/shell" "$here/other" 2>/dev/null || skip "no cgroup is delegated: $mount$own cannot be written to"
home_group=$mount${own%/}
leave_place() {
    echo $$ >"$home_group/cgroup.procs" 2>/dev/null || true
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        find "$here" -mindepth 1 -depth -type d -exec sh -c 'echo 1 >"$1/cgroup.kill"; rmdir "$1"' _ {} \; 2>/dev/null || true
        rmdir "$here" 2>/dev/null && break
        sleep 0.1
    done
    rm -rf "$work"
}
trap leave_place EXIT
enter() { echo $$ >"$1/cgroup.procs"; }
enter "$here/shell" 2>/dev/null || skip "processes cannot be moved in $here"

state() { "$orxaq" --root "$root" --json units | sed -n 's/.*"name":"primary","kind":"runner","state":"\([a-z]*\)".*/\1/p'; }
state_is() { [ "$(state)" = "$1" ]; }
# The cgroup that orxaq says the unit is in.
group() { "$orxaq" --root "$root" --json units | sed -n 's/.*"name":"primary"[^}]*"cgroup":"\([^"]*\)".*/\1/p'; }
has_group() { [ -n "$(group)" ]; }
# How many groups of units are left anywhere below.
groups() { find "$here" -mindepth 1 -type d -name 'orxaq-*' | wc -l; }
no_groups() { [ "$(groups)" = 0 ]; }
# Whoever nobody collects is dead all the same.
gone() { ! grep -q '^State:.*[^Z] (' "/proc/$1/status" 2>/dev/null; }
commits() { git -C "$root/repo" rev-list --count HEAD; }
aftermath() { "$orxaq" --root "$root" units; tail -n 5 "$root/artifacts/autonomy/supervisor.log"; find "$here" -type d; }

group_root() {
    make_root
    cat >>"$root/orxaq.yaml" <<YAML
restart: {delay: 1s, jitter: none}
supervisor: {stop_timeout: 10s}
YAML
    rm -f "$work/tmp"/*
    tasks one
}

# ends: the supervisor goes, and no group of it stays
ends() {
    ox stop
    is "stop" "$code" 0
    is "groups" "$(groups)" 0
    "$orxaq" --root "$root" events --verify >/dev/null 2>&1 || fail "the journal is damaged"
}

# An agent that leaves somebody behind who is in no session, group or tree of it, and hears no signal.
escape='echo good >"$task.txt"
(setsid sh -c '"'"'(trap "" TERM INT HUP; echo $$ >/dev/null; exec setsid sh -c "trap \"\" TERM INT HUP; echo \$\$ >$TMPDIR/escaped.new; mv $TMPDIR/escaped.new $TMPDIR/escaped; while :; do sleep 600; done") & '"'"' >/dev/null 2>&1 </dev/null &)
while [ ! -e "$TMPDIR/escaped" ]; do sleep 0.05; done
while [ ! -e "$TMPDIR/go" ]; do sleep 0.05; done
finish done'

case_is "who daemonised himself is gone when his unit is stopped"
group_root <<<"$escape"
ox start
until_true escaped test -e "$work/tmp/escaped"
until_true "told" has_group
escaped=$(cat "$work/tmp/escaped")
is "it is in the group of its unit" "$mount$(sed -n 's/^0:://p' "/proc/$escaped/cgroup")" "$(group)"
is "as is its runner" "$mount$(sed -n 's/^0:://p' "/proc/$(cat "$root/artifacts/autonomy/runner.pid")/cgroup")" "$(group)"
is "its supervisor is not" "$mount$(sed -n 's/^0:://p' "/proc/$(cat "$root/artifacts/autonomy/supervisor.pid")/cgroup")" "$here/shell"
ox stop primary
is "stop" "$code" 0
gone "$escaped" || fail "it is still there"
is "no group without a process" "$(groups)" 0
has "none is told" "$("$orxaq" --root "$root" --json units)" '"cgroup":null'
ends

# The supervisor, the runner of this pid and every orxaq-exec of theirs, all at once: none of them
# may hear of the end of another. What escaped from the agent's tree lives on.
kill_watchers() {
    local super watchers
    super=$(cat "$root/artifacts/autonomy/supervisor.pid")
    watchers="$super $1 $(pgrep -x orxaq-exec | while read -r pid; do
        parent=$(ps -o ppid= -p "$pid" | tr -d ' ')
        [ "$parent" != "$super" ] && [ "$parent" != "$1" ] || echo "$pid"
    done | tr '\n' ' ')"
    # shellcheck disable=SC2086 # several
    kill -STOP $watchers
    # shellcheck disable=SC2086
    kill -KILL $watchers
    until_true "the supervisor is gone" gone "$super"
    gone "$escaped" && fail "it was not out of the tree: nothing is tested"
    return 0
}

case_is "everybody who watched it is killed: the next supervisor ends what is left before it starts the unit"
for place in shell other; do
    group_root <<<"$escape"
    enter "$here/shell"
    ox start
    until_true escaped test -e "$work/tmp/escaped"
    escaped=$(cat "$work/tmp/escaped")
    kill_watchers "$(cat "$root/artifacts/autonomy/runner.pid")"
    rm "$work/tmp/escaped"
    enter "$here/$place"
    ox start
    is "start" "$code" 0
    until_true "at work again" test -e "$work/tmp/escaped"
    gone "$escaped" || fail "it is still there beside the new one"
    is "one agent" "$(agents)" 1
    is "one group" "$(groups)" 1
    touch "$work/tmp/go"
    until_true idle state_is idle
    is "once" "$(commits)" 2
    ends
    rm -rf "$root"
done
enter "$here/shell"

case_is "a lane is taken out while nobody keeps it: what is left of it is ended all the same"
group_root <<<"$escape"
tasks
mkdir "$root/config/lanes"
echo '[{"id": "a", "owner": "worker", "priority": 1, "title": "a", "description": "d"}]' >"$root/config/lanes/left.json"
echo '[{"id": "left", "owner": "worker", "tasks_file": "config/lanes/left.json"}]' >"$root/config/lanes.json"
ox start
until_true escaped test -e "$work/tmp/escaped"
escaped=$(cat "$work/tmp/escaped")
kill_watchers "$(cat "$root/artifacts/autonomy/lanes/left/lane.pid")"
echo '[]' >"$root/config/lanes.json"
ox start
until_true "what escaped is gone" gone "$escaped"
until_true "and its group" no_groups
has "told" "$("$orxaq" --root "$root" events --kind unit.emptied)" '"left"'
has "the log says it" "$(cat "$root/artifacts/autonomy/supervisor.log")" "left is not kept any more; what was left in its cgroup is ended"
ends

case_is "two roots have groups of their own: the end of one is none of the other"
root=$work/root-a
group_root <<<"$escape"
mkdir "$work/tmp/b"
ox start
until_true escaped test -e "$work/tmp/escaped"
first=$(cat "$work/tmp/escaped")
root=$work/root-b
TMPDIR=$work/tmp/b
make_root <<<"$escape"
tasks one
ox start
until_true "escaped, too" test -e "$work/tmp/b/escaped"
is "groups" "$(groups)" 2
ox stop --now
is "stop" "$code" 0
gone "$(cat "$work/tmp/b/escaped")" || fail "the second is still there"
gone "$first" && fail "the first is gone, too"
is "groups" "$(groups)" 1
root=$work/root-a
TMPDIR=$work/tmp
ends
gone "$first" || fail "the first is still there"
rm -r "$work/tmp/b"

case_is "a kernel without clone3"
if "$build/tests/run_no_clone3" /bin/true; then
    group_root <<<"$escape"
    "$build/tests/run_no_clone3" "$orxaq" --root "$root" start 2>/dev/null
    until_true escaped test -e "$work/tmp/escaped"
    until_true "told" has_group
    escaped=$(cat "$work/tmp/escaped")
    is "group" "$mount$(sed -n 's/^0:://p' "/proc/$escaped/cgroup")" "$(group)"
    ox stop primary
    gone "$escaped" || fail "it is still there"
    ends
fi

case_is "groups that cannot be made: said once, and everything works as without"
group_root <<<"$escape"
tasks one two
echo 0 >"$here/shell/cgroup.max.descendants"
ox start
until_true escaped test -e "$work/tmp/escaped"
escaped=$(cat "$work/tmp/escaped")
has "none is told" "$("$orxaq" --root "$root" --json units)" '"cgroup":null'
ox restart primary
until_true "ready again" state_is ready
ox stop primary
is "stop" "$code" 0
gone "$escaped" || fail "it is still there"
is "said once" "$(grep -c 'units run without cgroups of their own' "$root/artifacts/autonomy/supervisor.log")" 1
ends
echo max >"$here/shell/cgroup.max.descendants"

case_is "doctor says what limits are worth here"
group_root <<<"$escape"
can=cannot
! grep -qw memory "$here/shell/cgroup.controllers" || ! grep -qw pids "$here/shell/cgroup.controllers" || can=can
ox doctor
has "doctor" "$out" "$here/shell, which $can keep memory_max and tasks_max"

case_is "limits: the supervisor hands controllers down from a leaf, and leaves nothing behind"
if grep -qw memory "$here/cgroup.controllers" && grep -qw pids "$here/cgroup.controllers"; then
    group_root <<<"$escape"
    echo 'limits: {memory_max: 512MiB, tasks_max: 300}' >>"$root/orxaq.yaml"
    echo "+memory +pids" >"$here/cgroup.subtree_control"
    mkdir "$here/alone"
    sh -c 'echo $$ >"$1/cgroup.procs" && shift && exec "$@"' sh "$here/alone" "$orxaq" --root "$root" supervise >/dev/null 2>&1 &
    until_true escaped test -e "$work/tmp/escaped"
    until_true "told" has_group
    super=$(cat "$root/artifacts/autonomy/supervisor.pid")
    has "a leaf" "$(sed -n 's/^0:://p' "/proc/$super/cgroup")" "/alone/orxaq-"
    is "memory" "$(cat "$(group)/memory.max")" 536870912
    is "processes" "$(cat "$(group)/pids.max")" 300
    has "told" "$("$orxaq" --root "$root" --json units)" '"memory_by":"cgroup"'
    ends
    until_true "the supervisor is gone" gone "$super"
    is "nothing is handed down" "$(cat "$here/alone/cgroup.subtree_control")" ""
else
    echo "skipped: the controllers memory and pids are not handed down to $here"
fi

case_is "a machine that shows no cgroups"
if unshare -m umount "$mount" 2>/dev/null; then
    group_root <<<'echo good >"$task.txt"; finish done'
    code=0
    unshare -m sh -c 'umount "$1" && shift && exec "$@"' sh "$mount" "$orxaq" --root "$root" start >/dev/null 2>&1 || code=$?
    is "start" "$code" 0
    until_true idle state_is idle
    is "done" "$(status_of one)" done
    has "said" "$(cat "$root/artifacts/autonomy/supervisor.log")" "units have no cgroups of their own: the cgroup "
    ends
fi

finish_tests
