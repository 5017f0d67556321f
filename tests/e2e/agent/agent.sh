#!/bin/bash
# agent.sh: a model behind an endpoint as an agent, in real `orxaq run`: tests/fake plays the model, the
# plugin lmstudio talks to it, the tools are the real ones.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; models write $ and `; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"

here=$(cd "$(dirname "$0")" && pwd)
fake=$here/../../fake/lmstudio.mjs
node -e 'process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)' 2>/dev/null || {
    echo "skipped: node 20 or newer is needed for tests/fake" >&2
    exit 77
}
unset http_proxy HTTP_PROXY all_proxy ALL_PROXY
sandbox=host
"$build/libexec/orxaq-exec" --can-confine || sandbox=none

server=
stop_server() {
    [ -z "$server" ] || kill "$server" 2>/dev/null || true
    [ -z "$server" ] || wait "$server" 2>/dev/null || true
    server=
}
trap 'stop_server; rm -rf "$work"' EXIT

# serve SCENARIO: a model; its address is in $url
serve() {
    stop_server
    rm -f "$work/port"
    node "$fake" --port 0 --port-file "$work/port" --scenario "$1" --idle-exit 120 >"$work/server.log" 2>&1 &
    server=$!
    until_true "the port of the model" test -s "$work/port"
    [ -s "$work/port" ] || { cat "$work/server.log" >&2 && exit 1; }
    url=http://127.0.0.1:$(cat "$work/port")
}

ask() { node -e 'fetch(process.argv[1]).then((r) => r.text()).then((t) => console.log(t.trim()))' "$url/_fake/$1"; }

# seen JAVASCRIPT: an expression over all requests for an answer, `r`
seen() { node -e "fetch(process.argv[1]).then((x) => x.json()).then((all) => {
    const r = all.filter((one) => one.path.endsWith('/chat/completions')).map((one) => one.body);
    console.log(String($1)); })" "$url/_fake/requests"; }

# rooted MORE: a root whose worker is the model behind $url; MORE are further lines of the provider
rooted() {
    mkdir -p "$root/config" "$root/repo"
    cat >"$root/orxaq.yaml" <<YAML
version: 1
repos: {impl: repo, test: repo}
retry: {flat_delay: 1ms, max_attempts: 3, backoff_base: 1ms}
recovery: off
agent: {grace: 300ms}
validation: {commands: [sh check], retries: 0}
providers:
  worker:
    plugin: lmstudio
    model: fake-chat-7b
    sandbox: $sandbox
    secret: WORKER_KEY
${1:-}
    settings: {base_url: "$url/v1"}
YAML
    # The tests of every folder that was changed.
    cat >"$root/repo/check" <<'SH'
for dir in $(git status --porcelain -uall | cut -c4- | grep / | cut -d/ -f1 | sort -u); do
    (cd "$dir" && sh ./test) || exit 1
done
SH
    git -C "$root/repo" init -q -b main
    git -C "$root/repo" add -A
    git -C "$root/repo" -c user.name=t -c user.email=t@localhost commit -q -m base
}

# script TASK STEPS: one task, and what the model answers
script() {
    tasks "$1"
    printf '{"%s": %s}' "$1" "$2" >"$root/script.json"
}

events() { "$orxaq" --root "$root" --json events; }
count() { printf '%s\n' "$2" | grep -c "$1" || true; }
books() { [ ! -x "$build/tests/agents_books" ] || "$build/tests/agents_books" "$root/state/orxaq.db" "$@"; }

# same_tokens: every token the model stated is in the books, and none more
same_tokens() {
    [ -x "$build/tests/agents_books" ] || return 0
    is "tokens" "$(books sums | awk '{ print $1, $4 }')" \
        "$(ask usage | node -e 'const u = JSON.parse(require("fs").readFileSync(0)); console.log(u.input, u.output)')"
}

case_is "twenty repairs, ten after mistakes"
mkdir -p "$root"
node "$here/repairs.mjs" "$root"
serve "tool-script,file=$root/script.json"
rooted
ox run
is "exit code" "$code" 0
while read -r id; do
    is "$id" "$(status_of "$id")" done
    is "$id first time" "$("$orxaq" --root "$root" --json tasks show "$id" | sed -n 's/.*"attempts":\([0-9]*\).*/\1/p')" 1
    (cd "$root/repo/$id" && sh ./test) || fail "$id is not repaired"
done <"$root/ids"
is "a commit each" "$(git -C "$root/repo" log --format='%(trailers:key=Orxaq-Task,valueonly)' | grep -c .)" 20
is "nothing uncommitted" "$(git -C "$root/repo" status --porcelain)" ""
for file in "$root/outside.txt" /etc/orxaq-outside; do
    [ ! -e "$file" ] || fail "$file was written"
done
[ ! -e "$root/repo/.git/hooks/pre-commit" ] || fail "a hook was written"
for attempt in 1 7 10 12 20; do
    ox attempt replay $attempt
    is "the record of $attempt is what happened" "$code" 0
done
is "a step is an event" "$(seen r.length)" "$(($(count '"kind":"call.step"' "$(events)") - 20))"
same_tokens
is "errors came back" "$(seen "r.flatMap((b) => b.messages).filter((m) => m.role === 'tool' && m.content.startsWith('error:')).length > 9")" true
is "the key is not asked for" "$(seen "r.every((b) => b.tools.length === 7)")" true

case_is "the provider's key does not reach commands, the rest of its environment does"
serve "tool-script,file=$root/script.json"
rooted '    env_pass: [WORKER_WORD]'
script show '[{"calls": [["run_command", {"command": "env; cat /proc/[0-9]*/environ 2>/dev/null | tr \\\\0 \\\\n | grep -a ^WORKER_ ; printf good >a.txt"}]]}]'
WORKER_KEY=sk-very-secret WORKER_WORD=hello ox run
is "exit code" "$code" 0
said=$(seen "r.at(-1).messages.at(-1).content")
has "its words" "$said" "WORKER_WORD=hello"
hasnt "its key" "$said" "sk-very-secret"

case_is "a failed check is what the user says next, in the same conversation"
serve "tool-script,file=$root/script.json"
mkdir -p "$root/repo/d"
echo 'grep -qx good a.txt' >"$root/repo/d/test"
rooted
script d '[{"calls": [["write_file", {"path": "d/a.txt", "content": "bad\n"}]]},
  {"calls": [["finish", {"status": "done", "summary": "first"}]]},
  {"calls": [["write_file", {"path": "d/a.txt", "content": "good\n"}]]},
  {"calls": [["finish", {"status": "done", "summary": "second"}]]}]'
ox run
is "exit code" "$code" 0
is "content" "$(git -C "$root/repo" show HEAD:d/a.txt)" good
is "four requests" "$(seen r.length)" 4
is "one conversation" "$(seen "r[2].messages.length")" 7
has "the reason" "$(seen "r[2].messages.at(-1).content")" "It failed with"
same_tokens
# What came back over HTTP is in the record, and read today as then.
ox attempt show 1
has "record" "$out" "requested  POST $url/v1/chat/completions"
ox attempt show 1 --json
has "the tool that was run" "$out" '"k":"ran"'
hasnt "the key" "$(cat "$root"/state/records/000000/1-*.rec)" "${WORKER_KEY:-no key is set}"
stop_server
ox attempt replay 1
is "replay" "$code" 0
has "replay" "$out" "as recorded"

case_is "a request that fails is gone on from"
serve "tool-script,file=$root/script.json"
rooted
script x '[{"calls": [["run_command", {"command": "echo once >>a.txt"}]]},
  {"fail": 503},
  {"calls": [["finish", {"status": "done", "summary": "x"}]]}]'
ox run
is "exit code" "$code" 0
is "content" "$(git -C "$root/repo" show HEAD:a.txt)" once
is "attempts" "$("$orxaq" --root "$root" --json tasks show x | sed -n 's/.*"attempts":\([0-9]*\).*/\1/p')" 2
is "what the model has said is there" "$(seen "r[2].messages.filter((m) => m.role === 'assistant').length")" 1
is "nothing was said in between" "$(seen "r[2].messages.at(-1).role")" tool
same_tokens

case_is "killed in the middle of a step, it goes on behind the last complete one"
serve "tool-script,file=$root/script.json"
rooted
script k '[{"calls": [["write_file", {"path": "a.txt", "content": "one\n"}]]},
  {"calls": [["run_command", {"command": "[ -e b.txt ] || { echo two >b.txt; sleep 1000; }; echo ready"}]]},
  {"calls": [["finish", {"status": "done", "summary": "k"}]]}]'
"$orxaq" --root "$root" run >"$work/out" 2>"$work/err" &
pid=$!
until_true "the command began" test -e "$root/repo/b.txt"
kill -9 $pid
wait $pid 2>/dev/null || true
before=$(seen r.length)
ox run
is "exit code" "$code" 0
is "asked before" "$before" 2
is "first question after" "$(seen "r[2].messages.filter((m) => m.role === 'assistant').length")" 1
has "it is told" "$(seen "r[2].messages.at(-1).content")" "You were interrupted here"
is "asked three times more at most" "$(seen "r.length <= 5")" true
is "what it wrote before" "$(git -C "$root/repo" show HEAD:a.txt)" one
is "and what the kill left" "$(git -C "$root/repo" show HEAD:b.txt)" two
is "no process is left" "$(pgrep -cxf 'sleep 1000')" 0
same_tokens

case_is "TERM ends a model at work, and the next run goes on"
serve "tool-script,file=$root/script.json"
rooted
script t '[{"calls": [["run_command", {"command": "[ -e b.txt ] || { echo two >b.txt; sleep 1004; }; echo ready"}]]},
  {"calls": [["finish", {"status": "done", "summary": "t"}]]}]'
"$orxaq" --root "$root" run >"$work/out" 2>"$work/err" &
pid=$!
until_true "the command began" test -e "$root/repo/b.txt"
kill -TERM $pid
code=0
wait $pid || code=$?
is "exit code" "$code" 143
is "no process is left" "$(pgrep -cxf 'sleep 1004')" 0
ox run
is "exit code" "$code" 0
is "status" "$(status_of t)" done

case_is "limits"
serve "tool-loop,max=1000"
rooted '    max_steps: 3'
tasks loop
ox run
is "exit code" "$code" 4
has "the reason" "$err$out" "max_steps"

# The loop is ours: what each step cost is known before the next one is made.
case_is "a model that goes on for ever comes to the cap"
serve "tool-loop,max=1000"
rooted '    max_steps: 1000'
mkdir -p "$root/config"
printf 'version: 1\nprices:\n  - {model: fake-chat-7b, input: 100, output: 100}\n' >"$root/config/prices.yaml"
printf 'no_progress: {same_call: 0, spend_factor: 0}\nbudget: {daily: 0.5, call_reserve: 0.1}\n' >>"$root/orxaq.yaml"
tasks loop
ox run
is "exit code" "$code" 6
has "ended" "$err" "today's budget does not allow it to cost more"
spent=$("$orxaq" --root "$root" --json budget | sed -n 's/.*"key":"budget.daily".*"spent_nano_usd":\([0-9]*\).*/\1/p')
is "within the cap and the last step: $spent" "$((spent > 300000000 && spent < 600000000))" 1

case_is "commands by list, and none"
serve "tool-script,file=$root/script.json"
rooted '    run_command: list
    allow_commands: [sh check, echo]'
script l '[{"calls": [["run_command", {"command": "echo $(id) > a.txt"}], ["run_command", {"command": "sh -c id"}]]},
  {"calls": [["write_file", {"path": "a.txt", "content": "x"}]]}]'
ox run
is "exit code" "$code" 0
has "no shell" "$(seen "r[1].messages.at(-2).content")" '$(id) > a.txt'
has "not listed" "$(seen "r[1].messages.at(-1).content")" "not allowed here"

case_is "a model without tools writes its calls"
serve "tool-script,file=$root/script.json"
rooted
sed -i 's/fake-chat-7b/fake-vision-12b/' "$root/orxaq.yaml" # not trained for tools, as its server says
script w '[{"text": "```tool\n{\"name\": \"write_file\", \"arguments\": {\"path\": \"a.txt\", \"content\": \"x\"}}\n```"},
  {"text": "{\"status\": \"done\", \"summary\": \"w\"}"}]'
ox run
is "exit code" "$code" 0
is "no tools are sent" "$(seen "r.every((b) => !b.tools)")" true
has "they are explained" "$(seen "r[0].messages[0].content")" "apply_patch"
same_tokens

case_is "the window of the model as it is loaded"
serve "tool-script,file=$root/script.json"
rooted
script s '[{"calls": [["run_command", {"command": "seq 1 3000; echo x >a.txt"}]]}]'
ox run
is "exit code" "$code" 0
said=$(seen "r[1].messages.at(-1).content")
has "a result is cut to it" "$said" "they do not fit"
[ ${#said} -lt 4200 ] || fail "${#said} bytes of a result for a window of 4096 tokens"

# big BYTES: the task "big" with a description of so many times ^
big() {
    {
        printf '[{"id": "big", "owner": "worker", "priority": 1, "title": "Big", "description": "'
        head -c "$1" /dev/zero | tr '\0' '^'
        printf '"}]\n'
    } >"$root/config/tasks.json"
}
carets="b.messages.map((m) => (String(m.content).match(/\\^/g) || []).length).reduce((a, b) => a + b)"

case_is "a prompt of a megabyte"
serve "tool-script,file=$root/script.json"
rooted '    context_tokens: 600000'
script big '[{"calls": [["write_file", {"path": "a.txt", "content": "x"}]]}, {"calls": [["finish", {"status": "done", "summary": "b"}]]}]'
big 1000000
ox run
is "exit code" "$code" 0
is "arrived whole, each time" "$(seen "r.map((b) => $carets)")" "1000000,1000000"
same_tokens
ox attempt replay 1
is "replay" "$code" 0

case_is "a prompt that no window holds is not sent"
serve "tool-script,file=$root/script.json"
rooted
script big '[]'
big 100000
ox run
is "exit code" "$code" 4
has "reason" "$("$orxaq" --root "$root" tasks show big)" "do not fit the model's window of 4096"
is "requests" "$(seen r.length)" 0

case_is "a prompt gives way to the window of the model as it is loaded"
serve "tool-script,file=$root/script.json"
rooted
script g '[{"calls": [["write_file", {"path": "a.txt", "content": "x"}]]}]'
head -c 30000 /dev/zero | tr '\0' '^' >"$root/config/objective.md"
ox run
is "exit code" "$code" 0
is "the objective gives way" "$(seen "r.slice(0, 1).map((b) => ($carets) >= 4096 && ($carets) < 8000)")" true
has "it is told" "$(events)" '"kind":"call.shortened"'

case_is "old results are left out when the window fills up"
serve "tool-script,file=$root/script.json"
rooted '    context_tokens: 6000'
steps=$(node -e 'console.log(JSON.stringify([...Array.from({length: 8}, (_, i) => ({calls: [["run_command", {command: `seq ${i} 1500; echo x >a.txt`}]]})), {calls: [["finish", {status: "done", summary: "o"}]]}]))')
script o "$steps"
ox run
is "exit code" "$code" 0
is "some are one line" "$(seen "r.at(-1).messages.filter((m) => m.content.includes('left out to save room')).length > 0")" true
is "the last three are whole" "$(seen "r.at(-1).messages.filter((m) => m.role === 'tool').slice(-3).every((m) => m.content.length > 5000)")" true
has "the task is there" "$(seen "r.at(-1).messages[1].content")" "id: o"

case_is "a sandbox that there is not"
serve ok
rooted
sed -i 's/sandbox: .*/sandbox: vendor/' "$root/orxaq.yaml"
tasks v
ox run
is "exit code" "$code" 4
has "the reason" "$out$err" "works through our own tools"

finish_tests
