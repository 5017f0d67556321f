# shellcheck shell=bash disable=SC2034,SC2016,SC2028 # variables are read by the scripts; agents are quoted
# lib.sh: a fresh root with a repository and a scripted agent, and checks that say what they saw.
# Sourced by the scripts beside it.
set -euo pipefail

build=$(cd "$1" && pwd)
orxaq=$build/bin/orxaq
export GIT_CONFIG_GLOBAL=/dev/null
work=$(mktemp -d "${TMPDIR:-/tmp}/orxaq-e2e.XXXXXX")
trap 'rm -rf "$work"' EXIT
root=$work/root
failures=0
checks=0

fail() {
    failures=$((failures + 1))
    echo "FAILED in ${case_name:-?}: $*" >&2
}

case_is() {
    case_name=$1
    rm -rf "$work"/root*
    root=$work/root
}

# is WHAT GOT EXPECTED
is() {
    checks=$((checks + 1))
    [ "$2" = "$3" ] || fail "$1: got \"$2\", expected \"$3\""
}

# has WHAT TEXT PATTERN
has() {
    checks=$((checks + 1))
    case $2 in *"$3"*) ;; *) fail "$1: \"$3\" is not in: $2" ;; esac
}

hasnt() {
    checks=$((checks + 1))
    case $2 in *"$3"*) fail "$1: \"$3\" is in: $2" ;; esac
}

# until_true WHAT COMMAND...: waits for a state, three minutes at most: that says how slow a machine may be,
# not how quick it is. What is there to be seen when it never comes is printed by the function "aftermath", if there is one.
until_true() {
    local what=$1 begun=$SECONDS
    shift
    until "$@" >/dev/null 2>&1; do
        if [ $((SECONDS - begun)) -gt 180 ]; then
            fail "never came: $what $(! declare -F aftermath >/dev/null || aftermath 2>&1)"
            return 0
        fi
        sleep 0.1
    done
}

# agents: how many of make_root's agents are at work. A shell that is about to become another program looks like
# its parent for an instant, and does not count.
agents() {
    local pid parent all count=0
    all=$(pgrep -f "^/bin/sh $root/agent" || true)
    for pid in $all; do
        parent=$(ps -o ppid= -p "$pid" | tr -d ' ')
        [ -z "$parent" ] || grep -qx "$parent" <<<"$all" || count=$((count + 1))
    done
    echo $count
}

# ox ARGS...: runs orxaq on the root; $code, $out, $err
ox() {
    code=0
    "$orxaq" --root "$root" "$@" >"$work/out" 2>"$work/err" || code=$?
    out=$(tr -d '\0' <"$work/out")
    err=$(tr -d '\0' <"$work/err")
}

# A program with AddressSanitizer reserves terabytes of addresses, so only its time is bounded.
space=400000
data=100000
! grep -qa __asan_init "$orxaq" || space=unlimited data=unlimited

# refused WHAT WORDS ARGS...: orxaq refuses, in bounds, and says WORDS. The bounds are 5 s of processor time and
# 100 MB of memory that can be written to; a minute of real time, as others may be at work on this machine.
refused() {
    local what=$1 words=$2
    shift 2
    code=0
    (ulimit -t 5 && ulimit -v $space && ulimit -d $data && exec timeout 60 "$orxaq" --root "$root" "$@") >"$work/out" 2>"$work/err" || code=$?
    err=$(tr -d '\0' <"$work/err")
    checks=$((checks + 1))
    case $code in 1 | 2) ;; *) fail "$what: exit code $code: $err" ;; esac
    has "$what" "$err" "$words"
}

# make_root: a root whose agent is the shell script on standard input. It finds the task's id in $task
# and ends by printing a result itself; `finish STATUS` does that.
make_root() {
    mkdir -p "$root/config" "$root/repo"
    {
        echo '#!/bin/sh'
        echo 'prompt=$(cat)'
        echo "task=\$(printf '%s\n' \"\$prompt\" | sed -n 's/^id: //p' | head -n 1)"
        echo 'finish() { printf '"'"'{"status":"%s","summary":"%s","blocker":"%s"}\n'"'"' "$1" "$task by agent" "${2:-}"; }'
        cat
    } >"$root/agent"
    chmod +x "$root/agent"
    cat >"$root/orxaq.yaml" <<YAML
version: 1
repos: {impl: repo, test: repo}
retry: {flat_delay: 1ms, max_attempts: 2, backoff_base: 1ms}
recovery: off
agent: {grace: 300ms}
validation: {commands: [./check], retries: 0}
providers:
  worker:
    plugin: command
    settings: {argv: ["$root/agent"], output: json}
YAML
    printf '#!/bin/sh\n! grep -q bad ./*.txt 2>/dev/null\n' >"$root/repo/check"
    chmod +x "$root/repo/check"
    git -C "$root/repo" init -q -b main
    git -C "$root/repo" add -A
    git -C "$root/repo" -c user.name=t -c user.email=t@localhost commit -q -m base
}

# tasks ID...: a queue of tasks without dependencies
tasks() {
    local id sep=''
    {
        echo '['
        for id in "$@"; do
            printf '%s{"id": "%s", "owner": "worker", "priority": 1, "title": "Task %s", "description": "Do %s."}\n' \
                "$sep" "$id" "$id" "$id"
            sep=,
        done
        echo ']'
    } >"$root/config/tasks.json"
}

# status_of ID
status_of() {
    "$orxaq" --root "$root" --json tasks show "$1" | sed -n 's/.*"status":"\([a-z_]*\)".*/\1/p'
}

finish_tests() {
    if [ "$failures" -ne 0 ]; then
        echo "$failures of $checks checks failed" >&2
        exit 1
    fi
    echo "$checks checks passed"
}
