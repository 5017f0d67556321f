#!/bin/bash
# signals.sh: how a run is ended from outside, at each moment that can take long.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

mkdir "$work/tmp" "$work/home"

# begins: starts a run in the background; $runner. Its processes carry a mark.
begins() {
    rm -f "$work/tmp"/*
    TMPDIR=$work/tmp HOME=$work/home ORX_SIGNALS_MARK=$$ "$orxaq" --root "$root" run "$@" >"$work/out" 2>"$work/err" &
    runner=$!
}

seen() { grep -q "$1" "$work/err"; }
marked() { grep -lz "^ORX_SIGNALS_MARK=$$\$" /proc/[0-9]*/environ 2>/dev/null || true; }

# ends CODE: the run ends, and what it leaves is in order
ends() {
    wait "$runner" && code=0 || code=$?
    is "exit code" "$code" "$1"
    is "processes left" "$(marked)" ""
    is "the tree" "$(git -C "$root/repo" status --porcelain)" ""
    has "phase" "$(cat "$root/artifacts/autonomy/heartbeat.json")" '"phase": "stopped"'
    "$orxaq" --root "$root" events --verify >/dev/null 2>&1 || fail "the journal is damaged"
}

signals_root() {
    make_root
    echo 'env_pass: [ORX_SIGNALS_MARK]' >>"$root/orxaq.yaml"
    tasks one
}

# An agent that ignores what it can, and so does what it started.
stubborn='echo good >"$task.txt"; (trap "" TERM INT HUP; setsid sleep 600 & sleep 600) & trap "" TERM INT HUP; echo >"$TMPDIR/started"; while :; do sleep 600; done'

case_is "B4: a stubborn agent gets its grace"
signals_root <<<"$stubborn"
begins
until_true started test -e "$work/tmp/started"
kill -TERM "$runner"
ends 143
is "state" "$(status_of one)" pending
is "kept" "$(git -C "$root/repo" show orxaq/parked/1:one.txt)" good
has "told" "$(cat "$work/err")" "A second signal waits for nobody"

case_is "a second signal waits for no grace"
signals_root <<<"$stubborn"
sed -i 's/grace: 300ms/grace: 1h/' "$root/orxaq.yaml"
begins
until_true started test -e "$work/tmp/started"
kill -TERM "$runner"
until_true told seen "A second signal"
kill -TERM "$runner"
ends 143
is "state" "$(status_of one)" pending
is "kept" "$(git -C "$root/repo" show orxaq/parked/1:one.txt)" good

case_is "USR1 lets the task in hand be finished and begins no other"
signals_root <<<'echo good >"$task.txt"; echo >"$TMPDIR/started"; while [ ! -e "$TMPDIR/go" ]; do sleep 0.05; done; finish done'
tasks one two
begins
until_true started test -e "$work/tmp/started"
kill -USR1 "$runner"
until_true told seen "no other is begun"
kill -USR1 "$runner" # asking twice changes nothing
touch "$work/tmp/go"
ends 143
is "states" "$(status_of one) $(status_of two)" "done pending"
is "delivered" "$(git -C "$root/repo" show HEAD:one.txt)" good

case_is "the keyboard's signal has its own exit code"
signals_root <<<"$stubborn"
begins
until_true started test -e "$work/tmp/started"
kill -INT "$runner"
ends 130

# Each program is asked with the signal that it cleans up on.
for how in terminate interrupt; do
    case_is "the first signal of a program: $how"
    signals_root <<'SH'
trap 'echo int >"$1/got"; exit 0' INT; trap 'echo term >"$1/got"; exit 0' TERM
echo >"$TMPDIR/started"; while :; do sleep 0.1; done
SH
    sed -i "s|/agent\"\\]|/agent\", \"{state_dir}\"], stop: $how|; s/grace: 300ms/grace: 20s/" "$root/orxaq.yaml"
    begins
    until_true started test -e "$work/tmp/started"
    kill -TERM "$runner"
    ends 143
    is "got" "$(cat "$root/state/providers/worker/got")" "$([ $how = interrupt ] && echo int || echo term)"
done

good='echo good >"$task.txt"; finish done'

# check SCRIPT: the validation
check() {
    printf '#!/bin/sh\n%s\n' "$1" >"$root/repo/check"
    git -C "$root/repo" -c user.name=t -c user.email=t@localhost commit -qam check
}

case_is "whose orxaq-exec is killed leaves nobody behind who works on"
signals_root <<'AGENT'
if [ ! -e "$TMPDIR/started" ]; then
    setsid sh -c 'echo $$ >"$TMPDIR/orphan"; trap "" TERM INT HUP; while :; do date >stray.txt; sleep 0.05; done' &
    while [ ! -s "$TMPDIR/orphan" ]; do sleep 0.05; done
    echo "$PPID" >"$TMPDIR/exec"
    echo >"$TMPDIR/started"
    sleep 600
fi
if kill -0 "$(cat "$TMPDIR/orphan")" 2>/dev/null; then echo alive; else echo gone; fi >"$TMPDIR/saw"
echo good >"$task.txt"
finish done
AGENT
begins
until_true started test -e "$work/tmp/started"
is "who supervises" "$(cat "/proc/$(cat "$work/tmp/exec")/comm")" orxaq-exec
kill -KILL "$(cat "$work/tmp/exec")"
wait "$runner" && code=0 || code=$?
is "exit code" "$code" 0
is "processes left" "$(marked)" ""
is "the tree" "$(git -C "$root/repo" status --porcelain)" ""
is "state" "$(status_of one)" done
is "the next agent saw it" "$(cat "$work/tmp/saw")" gone
has "kept" "$(git -C "$root/repo" log --all --format=%s --name-only)" stray.txt

case_is "while a check runs"
signals_root <<<"$good"
check 'trap "" TERM; echo >"$TMPDIR/started"; while :; do sleep 600; done'
sed -i 's/grace: 300ms/grace: 1h/' "$root/orxaq.yaml"
begins
until_true started test -e "$work/tmp/started"
kill -TERM "$runner"
until_true told seen "A second signal"
kill -TERM "$runner"
ends 143
is "state" "$(status_of one)" pending
is "attempts that count" "$("$orxaq" --root "$root" --json tasks show one | sed -n 's/.*"reason":"\([a-z_]*\)".*/\1/p')" interrupted

case_is "a delivery that began is finished"
signals_root <<<"$good"
printf '#!/bin/sh\necho >"%s/started"; sleep 1\n' "$work/tmp" >"$root/repo/.git/hooks/pre-commit"
chmod +x "$root/repo/.git/hooks/pre-commit"
begins
until_true started test -e "$work/tmp/started"
kill -TERM "$runner"
ends 143
is "state" "$(status_of one)" done
is "delivered" "$(git -C "$root/repo" rev-list --count HEAD)" 2

case_is "a hook that never ends"
signals_root <<<"$good"
printf '#!/bin/sh\necho >"%s/started"; trap "" TERM; while :; do sleep 600; done\n' "$work/tmp" >"$root/repo/.git/hooks/pre-commit"
chmod +x "$root/repo/.git/hooks/pre-commit"
begins
until_true started test -e "$work/tmp/started"
kill -TERM "$runner"
until_true told seen "A second signal"
kill -TERM "$runner"
ends 143
is "state" "$(status_of one)" pending
rm "$root/repo/.git/hooks/pre-commit"
ox run
is "the next run" "$code" 0
is "delivered once" "$(git -C "$root/repo" rev-list --count HEAD)" 2

case_is "while nothing is to be done"
signals_root <<<"$good"
: >"$root/queue.ndjson"
begins --task-queue-file "$root/queue.ndjson"
until_true waiting seen "waiting for new tasks"
kill -HUP "$runner"
ends 143
has "stop report" "$(cat "$root/artifacts/autonomy/stop_report.md")" "terminated"

finish_tests
