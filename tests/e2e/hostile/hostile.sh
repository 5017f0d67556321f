#!/bin/bash
# hostile.sh: twenty ways in which an agent misbehaves, each through a whole run: stopped in time, no
# process left, bounded memory, the right state, the right books.
#
# usage: hostile.sh BUILD
# shellcheck disable=SC1010,SC2034 # "done" is a status; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"

seconds=90 # a run that takes longer never ends
memory_kib=65536

# hostile_root: one provider, whose way to misbehave is the task's id
hostile_root() {
    make_root </dev/null
    sed -i -e 's|max_attempts: 2|max_attempts: 1, max_retryable: 0|' \
        -e 's|agent: {grace: 300ms}|agent: {grace: 300ms, idle_timeout: 30s, timeout: 1m, output_max: 64MiB}|' \
        -e "s|argv: .*|argv: [\"$build/tests/fake-agent\", \"{task}\"], output: jsonl}|" "$root/orxaq.yaml"
    echo 'env_pass: [ORX_FAKE_AGENT]' >>"$root/orxaq.yaml"
}

# limit KEY TIME: another deadline. Only ways that never end have short ones: the others take as long as
# they take on a busy machine.
limit() {
    sed -i "s/ $1: [0-9A-Za-z]*/ $1: $2/" "$root/orxaq.yaml"
}

# way NAME: a root with one task for this way
way() {
    case_is "$1"
    hostile_root
    tasks "$1"
}

# misbehave: one run; $code, $rss and $left besides $out and $err
misbehave() {
    mkdir -p "$work/tmp"
    TMPDIR=$work/tmp "$build/tests/measure" "$seconds" "$orxaq" --root "$root" run \
        3>"$work/measured" >"$work/out" 2>"$work/err"
    read -r code rss left <"$work/measured"
    err=$(tr -d '\0' <"$work/err")
    [ "$code" -ge 0 ] || fail "did not end within $seconds s"
    is "processes left" "$left" 0
    [ "$space" = unlimited ] || [ "$rss" -le "$memory_kib" ] || fail "memory: $rss KiB"
}

# member KEY FILE...: values of a key in JSON lines
member() {
    sed -n 's/.*"'"$1"'": *\("[^"]*"\|[^,}]*\).*/\1/p' | tr -d '"'
}

# ended CODE STATUS KIND: how the run ended, what state.json says, and how the call ended
ended() {
    is "exit code" "$code" "$1"
    is "state" "$(member status <"$root/state/state.json")" "$2"
    "$orxaq" --root "$root" --json events >"$work/events"
    is "kind" "$(grep '"call.exited"' "$work/events" | member kind | tail -n 1)" "$3"
    is "the chain" "$("$orxaq" --root "$root" events --verify >/dev/null 2>&1; echo $?)" 0
    is "the tree" "$(git -C "$root/repo" status --porcelain)" ""
}

# booked INPUT OUTPUT NANO_USD, "null" = nobody stated any
booked() {
    "$orxaq" --root "$root" --json tasks show "$case_name" >"$work/task"
    is "input" "$(member input_tokens <"$work/task")" "$1"
    is "output" "$(member output_tokens <"$work/task")" "$2"
    is "cost" "$(member cost_nano_usd <"$work/task")" "$3"
}


# The disk of the repository is full, then that of the journal as well. Nothing can be settled then;
# once there is room again, the next run takes it up. Runs in a namespace where it may mount.
fill_disk() {
    local small
    for small in repo root; do
        way fill-disk
        small=$root/${small#root}
        mv "$small" "$work/content"
        mkdir "$small"
        mount -t tmpfs -o size=16m tmpfs "$small"
        cp -a "$work/content/." "$small/"
        misbehave
        is "exit code" "$code" 1
        has "message" "$err" "disk"
        [ "$small" = "$root/" ] || booked 100 10 2000000
        rm "$root/repo/filler"
        sed -i 's|fake-agent", "{task}"|fake-agent", "bad-utf8"|' "$root/orxaq.yaml"
        misbehave
        ended 0 done ok
        umount "$small"
        rm -rf "$work/content"
    done
}

if [ "${2:-}" = fill-disk ]; then
    fill_disk
    finish_tests
    exit
fi

for name in hang spin ignore-term close-stdout stop-self fork-bomb; do
    way "$name"
    limit idle_timeout 1s
    misbehave
    ended 4 blocked no_progress
    booked 100 10 2000000
done

way drip
limit timeout 3s
misbehave
ended 4 blocked timeout
booked 100 10 2000000

# The work is good and the agent said so; what it left behind does not matter.
confined=write-outside
"$build/libexec/orxaq-exec" --can-confine || confined=
for name in double-fork keep-stdout bad-utf8 $confined; do
    way "$name"
    before=$(sha256sum "$root/orxaq.yaml" "$root/config/tasks.json")
    misbehave
    ended 0 done ok
    booked 100 10 2000000
    is "files outside" "$(sha256sum "$root/orxaq.yaml" "$root/config/tasks.json")" "$before"
    is "escaped" "$(ls "$root/escaped" 2>/dev/null || true)" ""
    iconv -f utf-8 -t utf-8 "$root/artifacts/autonomy/conversations.ndjson" >/dev/null || fail "not UTF-8"
done

way no-newline
limit output_max 2GiB
misbehave
ended 0 done ok
booked 100 10 2000000

for name in flood noise error-text; do
    way "$name"
    misbehave
    ended 4 blocked protocol
    booked 100 10 2000000
done

# Numbers that cannot be are no numbers, however often they are said.
for name in fake-usage negative-cost; do
    way "$name"
    sed -i 's|output: jsonl|output: jsonl, usage_mode: delta|' "$root/orxaq.yaml"
    misbehave
    ended 0 done ok
    booked null null null
done

# With the repository gone there is nothing to park in; a person has to look before anything goes on.
way unlink-cwd
misbehave
is "exit code" "$code" 1
has "message" "$err" "changed git's configuration or hooks"
is "state" "$(member status <"$root/state/state.json")" blocked
booked 100 10 2000000

# A worktree of the lane's own is put in order again, and the lane goes on.
way unlink-cwd
tasks unlink-cwd work-again
echo 'git: {isolation: worktree}' >>"$root/orxaq.yaml"
sed -i 's|\["\([^"]*\)", "{task}"\]|["/bin/sh", "-c", "case {task} in unlink*) exec \1 {task} ;; *) exec \1 bad-utf8 ;; esac"]|' \
    "$root/orxaq.yaml"
misbehave
is "exit code" "$code" 4
is "the one that did it" "$(status_of unlink-cwd)" blocked
is "the next" "$(status_of work-again)" "done"
is "the checkout" "$(git -C "$root/repo" status --porcelain)" ""
booked 100 10 2000000

# Whoever can read a file can lock it: orxaq must not wait for an agent that waits to be stopped. The
# locks that it left in the repository are nobody's.
way steal-lock
limit idle_timeout 2500ms
misbehave
ended 4 blocked no_progress
booked 100 10 2000000
is "locks" "$(find "$root/repo/.git" -name '*.lock')" ""
is "kept" "$(git -C "$root/repo" show orxaq/parked/1:half.txt)" half

if unshare -Urm true 2>/dev/null; then
    unshare -Urm "$0" "$1" fill-disk || failures=$((failures + 1))
else
    echo "no namespaces here: a full disk is not tried" >&2
fi

finish_tests
