# shellcheck shell=bash disable=SC1010,SC2034,SC2154,SC2209 # "done" is a status; variables are lib.sh's
# codex.sh: OpenAI's Codex CLI, by both of its interfaces.
fake=openai.mjs
program=$modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex
interface=app-server
sandbox=vendor
settings=
relay=false

# codex's own sandbox needs user namespaces; where there are none, nothing of codex's is tested with it.
bwrap_works() {
    [ -e "$work/bwrap" ] || { unshare -U true 2>/dev/null && echo yes || echo no; } >"$work/bwrap"
    [ "$(<"$work/bwrap")" = yes ]
}

provider() {
    [ "$sandbox" != vendor ] || bwrap_works || sandbox=none
    cat <<YAML
plugin: codex
secret: AGENT_KEY
sandbox: $sandbox
relay: $relay
settings:
  program: $program
  interface: $interface
  base_url: "$url/v1"
  stream_idle: 4s
  idle: $idle
$settings
YAML
}

# both NAME: the scenario function NAME by both interfaces
both() {
    for interface in app-server exec; do
        case_is "$1 ($interface)"
        settings=
        "case_$1"
    done
}

group_answers() {
    both answer
    both edit
    both schema
    both confined
    both secret
}

case_answer() {
    make_root ok "answer=$(result done)"
    tasks one
    ox run
    is "outcome" "$(call kind)" ok
    is "no evidence, so not done" "$(status_of one)" blocked
    is "requests" "$(requests /responses)" 1
    has "told while running" "$err" "the work"
    has "session" "$(call session)" -
    books_match
    nothing_left
}

case_edit() {
    make_root tool-edit file=one.txt text=good "answer=$(result done)"
    tasks one
    ox run
    is "exit code" "$code" 0
    is "task" "$(status_of one)" done
    is "commits" "$(commit_count)" 1
    is "file" "$(git -C "$repo" show HEAD:one.txt)" good
    is "trailer" "$(git -C "$repo" log -1 --format='%(trailers:key=Orxaq-Task,valueonly,separator=)')" one
    has "check" "$("$orxaq" --root "$root" --json events --kind attempt.)" '"command":"./check"'
    books_match
    nothing_left
}

# The server answers with the smallest object that fits the schema it was given.
case_schema() {
    make_root tool-edit file=one.txt text=good
    cp "$ORX_SOURCE_DIR/config/codex_result.schema.json" "$root/config/"
    tasks one
    ox run
    is "task" "$(status_of one)" done
    has "schema in the request" "$(cat "$work"/requests/*responses.json)" '"codex_output_schema"'
}

# Inside the host's confinement codex's own sandbox is off, and the host's holds.
case_confined() {
    local outside=$work/outside
    "$ORX_BUILD_DIR/libexec/orxaq-exec" --can-confine || return 0
    sandbox=host
    make_root tool-shell "cmd=echo good >one.txt; echo bad >$outside" "answer=$(result done)"
    sandbox=vendor
    tasks one
    ox run
    is "task" "$(status_of one)" done
    is "outside" "$([ -e "$outside" ] && echo written)" ""
    nothing_left
}

# What a command of the model sees of the environment: not the key, under whatever name.
case_secret() {
    make_root tool-shell "cmd=env >env.txt" "answer=$(result done)"
    tasks one
    HARMLESS=no ox run
    is "task" "$(status_of one)" done
    has "path" "$(git -C "$repo" show HEAD:env.txt)" PATH=
    hasnt "key" "$(git -C "$repo" show HEAD:env.txt)" "$key"
    hasnt "others" "$(git -C "$repo" show HEAD:env.txt)" HARMLESS
    hasnt "key in the journal" "$("$orxaq" --root "$root" --json events)" "$key"
    is "key on disk" "$(grep -rl "$key" "$root" || true)" ""
}

group_errors() {
    interface=app-server
    failing 401 auth
    failing 402 quota
    failing 403 auth
    failing 404 bad_model
    failing 413 context_too_long
    failing 429,ra=3600 rate_limit
    failing 429-quota quota
    failing 500 overloaded
    failing 502 overloaded
    failing 503 overloaded
    failing too-long context_too_long
    failing fail-policy refused
    failing refused refused
    failing malformed network
    failing cut network
    failing incomplete protocol
    failing fail-rate,ra=7 rate_limit
    is "delay that the server asked for" "$(call retry_after_ms)" 7000
}

group_words() {
    interface=exec
    failing 401 auth
    failing 404 bad_model
    failing 429,ra=3600 rate_limit
    failing 429-quota quota
    failing 500 overloaded
    failing too-long context_too_long
    failing refused refused
    failing malformed network
    failing incomplete protocol
    failing fail-rate,ra=7 rate_limit
    is "delay that the server asked for" "$(call retry_after_ms)" 7000
}

# failing SCENARIO KIND: one request, that outcome, nothing committed. What the server counted in a
# turn that failed is in the books if the interface tells: exec does not.
failing() {
    case_is "$1 ($interface)"
    settings=
    make_root "$1"
    tasks one
    ox run
    ended "$2"
    is "requests" "$(requests /responses)" 1
    case $interface-$1 in
    exec-incomplete) ;;
    *) books_match ;;
    esac
}

group_trouble() {
    both nobody
    both silence
    both headers
    both large
    both missing
    both model
}

# No server at all: codex by itself would wait without end.
case_nobody() {
    make_root_at http://127.0.0.1:9
    tasks one
    ox run
    ended network
}

# A server that never answers: neither interface has a limit for that, ours ends it.
case_silence() {
    idle=4s
    make_root hang
    tasks one
    ox run
    ended no_progress
}

case_headers() {
    make_root hang-headers
    tasks one
    ox run
    ended timeout
}

# codex takes 1,048,576 characters. What is longer, but only by what may give way, is made to fit.
case_large() {
    make_root ok "answer=$(result done)"
    long_task 1000000
    ox run
    arrived_whole 1000000 responses
    case_is "a longer prompt gives way ($interface)"
    make_root ok "answer=$(result done)"
    head -c 60000 /dev/zero | tr '\0' o >"$root/config/objective.md"
    long_task 1020000
    ox run
    arrived_whole 1020000 responses
    has "left out" "$("$orxaq" --root "$root" --json events --kind call.shortened)" left_out_bytes
    case_is "too long for the program ($interface)"
    make_root ok
    long_task 1048576
    ox run
    ended context_too_long
    is "requests" "$(requests)" ""
    has "limit" "$(call message)" 1048576
}

case_missing() {
    local program=/nonexistent/codex
    make_root ok
    tasks one
    ox run
    ended crashed pending
    has "what to do" "$(call message)" "npm install"
}

case_model() {
    settings=
    make_root ok "answer=$(result done)"
    sed -i 's/^    plugin: codex/&\n    model: gpt-fake/' "$root/orxaq.yaml"
    tasks one
    ox run
    is "outcome" "$(call kind)" ok
    has "model in the request" "$(cat "$work"/requests/*responses.json)" '"model": "gpt-fake"'
}

# By both interfaces through the relay.
group_relay() {
    relay=true
    both answer
    both edit
    both relayed_limit
    sandbox=host
    both relayed_key
}

case_relayed_limit() {
    make_root 429 ra=3600
    tasks one
    ox run
    ended rate_limit
    is "retry after" "$(call retry_after_ms)" 3600000
    is "status" "$(served last_status)" 429
}

case_relayed_key() {
    local seen
    make_root tool-shell "cmd=cat /proc/[0-9]*/environ >env.txt 2>/dev/null; echo seen >>env.txt" \
        "answer=$(result done)"
    tasks one
    ox run
    is "task" "$(status_of one)" done
    seen=$(git -C "$repo" show HEAD:env.txt | tr '\0' '\n')
    has "command ran" "$seen" seen
    is "environments with the key" "$(grep -c "$key" <<<"$seen")" 0
    is "requests" "$(served requests)" "$(requests)"
    books_match
}

group_stops() {
    both term
    both resume
}

# TERM while a command of the model runs: nothing of the tree is left, and the task is taken up again.
case_term() {
    local secs=1${RANDOM}7
    marker="sleep $secs"
    make_root tool-sleep "secs=$secs"
    tasks one
    "$orxaq" --root "$root" run >"$work/out" 2>"$work/err" </dev/null &
    local pid=$!
    wait_until 30 command_runs || fail "the command did not start: $(cat "$work/err")"
    kill -TERM "$pid"
    code=0
    wait "$pid" || code=$?
    is "exit code" "$code" 143
    nothing_left
    is "task" "$(status_of one)" pending
}

command_runs() { [[ $(left_over) == *"$marker"* ]]; }

# The second try goes on in the session of the first. codex states the sum of both then, and the books
# count each token once.
case_resume() {
    attempts=2
    make_root tool-edit file=one.txt text=bad "answer=$(result done)"
    tasks one
    ox run
    is "first try" "$(call kind 1)" ok
    is "second try" "$(call kind 2)" ok
    is "its session" "$(call session 2)" "$(call session 1)"
    is "task" "$(status_of one)" blocked
    books_match
    nothing_left
}
