# shellcheck shell=bash disable=SC2034 # variables are read by the program files
# lib.sh: what the scenarios of all programs share. Sourced by `run`.
#
# A program file PROGRAM.sh states which server of tests/fake it speaks to and how orxaq is told of
# it, and then describes scenarios in functions group_NAME, each of which becomes a test:
#
#   fake=openai.mjs
#   provider() {            # prints the YAML of the provider; the server's address is in $url
#       echo "plugin: codex"
#       echo "secret: AGENT_KEY"
#       echo "settings: {base_url: \"$url/v1\"}"
#   }
#   group_answers() {
#       case_is "plain answer"
#       make_root ok "answer=$(result done)"
#       tasks one
#       ox run
#       ...
#   }
#
# What a scenario finds:
#
#   $modules       node_modules with the programs; `node` on PATH is new enough for all of them
#   $key           the API key; the server refuses requests without it
#   $root $repo    the root made by make_root, and its repository
#   $total $idle $first   the deadlines the next make_root writes into orxaq.yaml
#   $attempts      how often a task is tried
#   $marker        what the command line of a process must not contain when nothing is left over
set -euo pipefail

orxaq=$ORX_BUILD_DIR/bin/orxaq
modules=$ORX_AGENTS_DIR/node_modules
PATH=$ORX_AGENTS_DIR/bin:$PATH
key=sk-fake-$RANDOM$RANDOM$RANDOM
total=60s idle=40s first=0s attempts=1
failures=0 checks=0 case_name=start
: "${fake:=}"
marker=
fake_pid='' work='' code=0 out='' err=''

# ---- checks ------------------------------------------------------------------------------------

fail() {
    failures=$((failures + 1))
    echo "FAILED in $case_name: $*" >&2
}

# is WHAT GOT EXPECTED / has WHAT TEXT PART / hasnt WHAT TEXT PART
is() {
    checks=$((checks + 1))
    [ "$2" = "$3" ] || fail "$1: got \"$2\", expected \"$3\""
}

has() {
    checks=$((checks + 1))
    case $2 in *"$3"*) ;; *) fail "$1: \"$3\" is not in: $2" ;; esac
}

hasnt() {
    checks=$((checks + 1))
    case $2 in *"$3"*) fail "$1: \"$3\" is in: $2" ;; esac
}

# ---- the group ---------------------------------------------------------------------------------

begin_group() {
    mkdir -p "$ORX_BUILD_DIR/agents-work"
    work=$(mktemp -d "$ORX_BUILD_DIR/agents-work/XXXXXX")
    tmp=$(mktemp -d "${TMPDIR:-/tmp}/orxaq-agents.XXXXXX")
    trap group_over EXIT
    export HOME=$work/home TMPDIR=$tmp GIT_CONFIG_GLOBAL=/dev/null AGENT_KEY=$key
    unset "${!XDG_@}" http_proxy https_proxy HTTP_PROXY HTTPS_PROXY
    mkdir "$HOME"
    fake_start
}

group_over() {
    [ -z "$fake_pid" ] || kill "$fake_pid" 2>/dev/null || true
    rm -rf "$work" "$tmp"
}

end_group() {
    if [ "$failures" -ne 0 ]; then
        echo "$failures of $checks checks failed" >&2
        exit 1
    fi
    echo "$checks checks passed in $SECONDS s"
}

# case_is NAME: a new scenario; the old one's root is gone and the server counts from 0.
case_is() {
    case_name=$1
    rm -rf "$work"/root*
    total=60s idle=40s first=0s attempts=1 marker=
    control reset >/dev/null
    rm -f "$work"/requests/*
}

# ---- the model server --------------------------------------------------------------------------

fake_start() {
    node "$ORX_SOURCE_DIR/tests/fake/$fake" --port 0 --port-file "$work/port" --key "$key" \
        --log "$work/requests" >"$work/fake.out" 2>&1 &
    fake_pid=$!
    wait_until 20 test -s "$work/port" || {
        cat "$work/fake.out" >&2
        exit 1
    }
    port=$(cat "$work/port")
}

# wait_until SECONDS COMMAND...
wait_until() {
    local end=$((SECONDS + $1))
    shift
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# control WORD: what the server answers to /_fake/WORD
control() {
    local line
    exec 8<>"/dev/tcp/127.0.0.1/$port"
    printf 'GET /_fake/%s HTTP/1.0\r\n\r\n' "$1" >&8
    while IFS= read -r line <&8 && [ "$line" != $'\r' ]; do :; done
    cat <&8
    exec 8>&-
}

# requests [PATTERN]: how many requests have reached the server, or those whose path matches
requests() {
    grep -c "\"path\":\"[^\"]*${1:-}" "$work/requests/requests.jsonl" 2>/dev/null || true
}

# asked PATTERN: true once a request whose path matches has arrived
asked() { [ "$(requests "$1")" != 0 ]; }

# encoded TEXT: percent-encoded twice, because the path is decoded once and then each value again
encoded() {
    local LC_ALL=C i c
    for ((i = 0; i < ${#1}; i++)); do
        c=${1:i:1}
        case $c in
        [A-Za-z0-9._-]) printf '%s' "$c" ;;
        *) printf '%%25%02X' "'$c" ;;
        esac
    done
}

# scenario_url NAME [KEY=VALUE...]: the base address under which the server plays that scenario
scenario_url() {
    local path=$1 pair
    shift
    for pair in "$@"; do
        path=$path,${pair%%=*}=$(encoded "${pair#*=}")
    done
    echo "http://127.0.0.1:$port/s/$path"
}

# result STATUS [SUMMARY]: the object that an agent is asked to answer with
result() {
    printf '{"status":"%s","summary":"%s","commit":"","validations":[],"next_actions":[],"blocker":""}' \
        "$1" "${2:-the work}"
}

# ---- the root ----------------------------------------------------------------------------------

# make_root SCENARIO [KEY=VALUE...]: a root with one provider that works against the scenario, and a
# repository whose check refuses files that say "bad".
make_root() {
    url=$(scenario_url "$@")
    make_root_at "$url"
}

# make_root_at URL: as make_root, at an address of its own
make_root_at() {
    url=$1
    root=$work/root repo=$work/root/repo
    mkdir -p "$root/config" "$repo"
    {
        echo "version: 1"
        echo "repos: {impl: repo, test: repo}"
        echo "retry: {flat_delay: 1ms, max_attempts: $attempts, max_retryable: $((attempts - 1)), backoff_base: 1ms, backoff_max: 1ms}"
        echo "recovery: off"
        echo "agent: {grace: 3s, timeout: $total, idle_timeout: $idle, first_byte_timeout: $first}"
        echo "validation: {commands: [./check], retries: 0}"
        echo "providers:"
        echo "  worker:"
        provider | sed 's/^/    /'
    } >"$root/orxaq.yaml"
    printf '#!/bin/sh\n! grep -q bad ./*.txt 2>/dev/null\n' >"$repo/check"
    chmod +x "$repo/check"
    git -C "$repo" init -q -b main
    git -C "$repo" add -A
    git -C "$repo" -c user.name=t -c user.email=t@localhost commit -q -m base
}

# tasks ID...: a queue of tasks without dependencies. $description, if set, is what is to be done.
tasks() {
    local id sep=''
    {
        echo '['
        for id in "$@"; do
            printf '%s{"id": "%s", "owner": "worker", "priority": 1, "title": "Task %s", "description": "%s"}\n' \
                "$sep" "$id" "$id" "${description:-Do $id.}"
            sep=,
        done
        echo ']'
    } >"$root/config/tasks.json"
}

# long_task BYTES: a queue of the task "one" with a description of so many bytes, all x
long_task() { description=$(head -c "$1" /dev/zero | tr '\0' x) tasks one; }

# arrived_whole BYTES PATTERN: the program was given all of that description, not in its arguments,
# and a request whose name matches carried it to the server
arrived_whole() {
    is "outcome" "$(call kind)" ok
    is "arrived whole" "$(cat "$work"/requests/*"$2"*.json | grep -o 'x\{10000\}' | wc -l)" $(($1 / 10000))
    is "in the arguments" "$(grep -a '^{"k":"effect".*"argv":' "$root"/state/records/*/*.rec | grep -c xxxxx)" 0
    books_match
    nothing_left
}

# ox ARGS...: runs orxaq on the root; $code, $out, $err
ox() {
    code=0
    timeout 120 "$orxaq" --root "$root" "$@" >"$work/out" 2>"$work/err" </dev/null || code=$?
    out=$(<"$work/out")
    err=$(<"$work/err")
}

# status_of ID
status_of() {
    "$orxaq" --root "$root" --json tasks show "$1" | sed -n 's/.*"status":"\([a-z_]*\)".*/\1/p'
}

# commit_count: commits in the repository besides the first
commit_count() { echo $(($(git -C "$repo" rev-list --count HEAD) - 1)); }

# ---- the books ---------------------------------------------------------------------------------

# call FIELD [N]: a field of the last (or the N-th) call in the books, see books.c for the names
call() {
    "$ORX_BUILD_DIR/tests/agents_books" "$root/state/orxaq.db" "$1" "${2:-0}"
}

# books_match: every token the server says it served, and none more, is in the books
books_match() {
    local served booked
    served=$(control usage | sed -E 's/\{"requests":[0-9]+,//; s/"[a-z]+"://g; s/[,}]+/ /g; s/ *$//')
    booked=$("$ORX_BUILD_DIR/tests/agents_books" "$root/state/orxaq.db" sums)
    is "books (input, of it cached and written, output, of it reasoning)" "$booked" "$served"
}

# served FIELD: a number that the event call.relayed of the last call states
served() {
    "$orxaq" --root "$root" --json events --kind call.relayed | tail -n 1 | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"
}

# ended KIND [STATUS]: how the only call ended, and what became of the task "one"
ended() {
    is "outcome" "$(call kind)" "$1"
    is "task" "$(status_of one)" "${2:-blocked}"
    is "commits" "$(commit_count)" 0
    nothing_left
}

# ---- processes ---------------------------------------------------------------------------------

# left_over: processes that the scenario left behind: those in our network namespace, and those whose
# command line names the root or contains $marker (a tool's own sandbox may have another namespace).
left_over() {
    local pid words net
    net=$(readlink /proc/self/ns/net)
    for pid in /proc/[0-9]*; do
        words=$({ tr '\0' ' ' <"$pid/cmdline"; } 2>/dev/null) || continue
        [ -n "$words" ] || continue
        case ${pid#/proc/} in "$$" | "$BASHPID" | "$fake_pid") continue ;; esac
        case $words in
        *tests/agents/run*) continue ;;
        *"${marker:-$work/root}"* | *"$work/root"*) echo "${pid#/proc/}: $words" ;;
        *)
            [ -n "${ORX_AGENTS_ISOLATED:-}" ] || continue
            [ "$(readlink "$pid/ns/net" 2>/dev/null)" != "$net" ] || echo "${pid#/proc/}: $words"
            ;;
        esac
    done
}

nothing_left() {
    is "processes left behind" "$(left_over)" ""
}
