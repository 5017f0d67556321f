# shellcheck shell=bash disable=SC2154,SC2034,SC2016 # root, work, orxaq come from run/lib.sh
# lib.sh: roots with lanes whose supervisor is at work. Sourced by the scripts beside it, after run/lib.sh.

mkdir -p "$work/tmp" "$work/home"
export ORX_SUPERVISE_MARK=$$
export TMPDIR=$work/tmp HOME=$work/home

marked() { grep -lz "^ORX_SUPERVISE_MARK=$$\$" /proc/[0-9]*/environ 2>/dev/null | grep -v -e "/$$/" -e "/$BASHPID/" || true; }
# Those that orxaq started: this script's own children carry the mark, too.
ours() {
    local file
    for file in $(marked); do
        tr '\0' ' ' <"${file%/environ}/cmdline" 2>/dev/null | grep -q "orxaq\|$root" && echo "${file%/environ}"
    done
    true
}
nobody() { [ -z "$(ours)" ]; }

aftermath() { "$orxaq" --root "$root" units; }

# lane_tasks LANE ID...: its queue
lane_tasks() {
    local lane=$1 id sep=''
    shift
    mkdir -p "$root/config/lanes"
    {
        echo '['
        for id in "$@"; do
            printf '%s{"id": "%s", "owner": "worker", "priority": 1, "title": "%s", "description": "d"}\n' "$sep" "$id" "$id"
            sep=,
        done
        echo ']'
    } >"$root/config/lanes/$lane.json.new"
    mv "$root/config/lanes/$lane.json.new" "$root/config/lanes/$lane.json"
}

# entry LANE [MEMBERS]: a lane of the lanes file
entry() { printf '{"id": "%s", "owner": "worker", "tasks_file": "config/lanes/%s.json", "validate_commands": ["./check"]%s}' "$1" "$1" "${2:+, $2}"; }

# lanes ENTRY...: the lanes file, replaced at once
lanes() {
    local IFS=,
    printf '[%s]' "$*" >"$root/config/lanes.new"
    mv "$root/config/lanes.new" "$root/config/lanes.json"
}

lane_dir() { echo "$root/artifacts/autonomy/lanes/$1"; }
unit() { "$orxaq" --root "$root" --json units | tr '{' '\n' | grep "\"name\":\"$1\""; }
unit_state() { unit "$1" | sed -n 's/.*"state":"\([a-z]*\)".*/\1/p'; }
state_is() { [ "$(unit_state "$1")" = "$2" ]; }
starts_of() { unit "$1" | sed -n 's/.*"starts":\([0-9]*\).*/\1/p'; }
# lane_task LANE TASK: its status
lane_task() { sed -n "/\"$2\"/,/}/s/.*\"status\": \"\([a-z_]*\)\".*/\1/p" "$(lane_dir "$1")/state.json" 2>/dev/null; }
task_is() { [ "$(lane_task "$1" "$2")" = "$3" ]; }
commits_of() { git -C "$root/repo" log --format=%s "main..orxaq/$1" 2>/dev/null | wc -l; }

# lane_root: as make_root, under a supervisor; the agent's script on standard input
lane_root() {
    make_root
    cat >>"$root/orxaq.yaml" <<YAML
env_pass: [ORX_SUPERVISE_MARK]
restart: {delay: 1s, jitter: none}
supervisor: {stop_timeout: 10s}
YAML
    rm -rf "$work/tmp"/*
    echo '[]' >"$root/config/tasks.json"
}

# An agent that says that it began and waits for a file of the task's name, or for "go".
slow='echo good >"$task.txt"; echo >"$TMPDIR/$task.began"; while [ ! -e "$TMPDIR/go" ] && [ ! -e "$TMPDIR/$task.go" ]; do sleep 0.05; done; finish done'
good='echo good >"$task.txt"; finish done'

# ends: the supervisor goes, and nothing of it stays
ends() {
    ox stop
    is "stop" "$code" 0
    until_true "nothing left" nobody
    "$orxaq" --root "$root" events --verify >/dev/null 2>&1 || fail "the journal is damaged"
}
