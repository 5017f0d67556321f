#!/bin/bash
# monitor.sh: everything on one page, once, and watched through a pipe and on a terminal.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/health/lib.sh
. "$(dirname "$0")/lib.sh"

pids=()
# shellcheck disable=SC2329 # called by the trap
end_all() {
    for pid in "${pids[@]}"; do kill -KILL "$pid" 2>/dev/null || :; done
    "$orxaq" --root "$root" stop --now >/dev/null 2>&1 || :
    rm -rf "$work"
}
trap end_all EXIT
is_gone() { ! kill -0 "$1" 2>/dev/null; }

case_is "an empty root"
mkdir -p "$root/config"
touch "$root/orxaq.yaml"
ox monitor
is "exit code" "$code" 0
has "processes" "$out" "supervisor=False runner=False heartbeat_age=-1s"
has "nobody is at work" "$out" "finding: fail supervisor.absent supervisor:"
has "a repository that is not there" "$out" "impl_repo: error="
has "the file" "$out" "monitor_file: $(artifacts monitor.json)"
ox monitor --strict
is "--strict" "$code" 1
ox --json monitor
is "--json" "$code" 0
is "ok" "$(field monitor_file)" "\"$(artifacts monitor.json)\""

case_is "one look at a root at work"
a_root <<<"$good"
cat >"$root/config/lanes.json" <<JSON
[{"id": "lane-a", "owner": "worker", "impl_repo": "repo", "test_repo": "repo", "tasks_file": "config/lane.json"},
 {"id": "lane-b", "owner": "nobody-is-called-so", "tasks_file": "config/lane.json"}]
JSON
echo '[{"id": "in-a-lane", "owner": "worker", "priority": 1, "title": "T", "description": "D"}]' >"$root/config/lane.json"
echo "# objective" >"$root/config/objective.md"
echo '{}' >"$root/config/codex_result.schema.json"
ox start
is "start" "$code" 0
all_done() { "$orxaq" --root "$root" monitor | grep -q '^tasks: done=2 in_progress=0 pending=0'; }
until_true "both tasks are done" all_done
until_true "the runner rests" state_is idle
until_true "the lane rests" state_is idle lane-a
ox --json monitor
is "exit code" "$code" 0
said() { printf '%s\n' "$out" | grep -c "$1" || :; }
for key in timestamp status runtime progress lanes parallel_capacity local_model_fleet response_metrics \
    conversations repos handoffs latest_log_line diagnostics monitor_file findings units ok; do
    is "$key" "$(said "^  \"$key\": ")" 1
done
is "done in a day" "$(said '"completed_last_24h": 2,')" 1
is "merged" "$(said '"source": "merged_states"')" 1
is "lanes of the file" "$(field total_count)" 2
is "whose row says what is wrong" \
    "$(sed -n '/^  "lanes"/,/^  }/p' <<<"$out" | grep -c '"error": "config/lanes.json:2:.*unknown owner')" 1
is "a lane that cannot be used" "$(finding unit.error)" fail
sed '/"monitor_file"/d' <<<"$out" >"$work/said"
sed 's/^  "monitor_file".*//' "$(artifacts monitor.json)" | diff - "$work/said" >"$work/diff" || :
is "the file is the document without its name" "$(cat "$work/diff")" ""
doc=$out
ox health
is "health agrees" "$(field ok)" "$(printf '%s\n' "$doc" | sed -n 's/^  "ok": \(.*\),/\1/p')"
is "with the same findings" "$(printf '%s\n' "$out" | grep '"id"')" "$(printf '%s\n' "$doc" | sed -n '/"findings"/,/^  ]/p' | grep '"id"')"
ox --json lanes-status
is "lanes-status agrees" "$(printf '%s\n' "$out" | grep '"health":')" \
    "$(printf '%s\n' "$doc" | sed -n '/^  "lanes"/,/^  }/p' | grep '"health":' | sed 's/^  //')"

case_name="watched through a pipe: a block for each change"
mkdir -p "$work/tmp"
"$orxaq" --root "$root" monitor --watch --interval 200ms >"$work/blocks" 2>"$work/watch.err" &
watch=$!
pids+=("$watch")
block() { [ "$(grep -c '^monitor_file:' "$work/blocks")" -ge "$1" ]; }
until_true "the first block" block 1
# A heartbeat gets older, which is no change: so many looks have passed.
age() { "$orxaq" --root "$root" --json status | sed -n 's/.*"heartbeat_age_sec": \(.*\),/\1/p'; }
from=$(age)
older() { [ "$(age)" -ge $((from + 2)) ]; }
until_true "time passes" older
"$orxaq" --root "$root" stop >/dev/null
says_stopped() { grep -q 'supervisor=False' "$work/blocks"; }
until_true "the change is told" says_stopped
kill -TERM "$watch"
wait "$watch" && code=0 || code=$?
is "exit code" "$code" 0
is "nothing on stderr" "$(cat "$work/watch.err")" ""
hasnt "no escape sequences" "$(cat "$work/blocks")" $'\x1b'
# Each block differs from the one before in more than times.
same=$(sed 's/^\[[^]]*+00:00\] //; s/ heartbeat_age=.*//; /^finding:/s/: .*//' "$work/blocks" |
    awk 'BEGIN { RS = "" } { sub(/\nmonitor_file:.*/, ""); if (NR > 1 && $0 == before) n++; before = $0 } END { print n + 0 }')
is "blocks that tell nothing new" "$same" 0

case_name="watched as JSON: a line for each change"
"$orxaq" --root "$root" --json monitor --watch --interval 200ms >"$work/lines" &
watch=$!
pids+=("$watch")
line() { [ "$(grep -c '^{.*}$' "$work/lines")" -ge "$1" ]; }
until_true "the first line" line 1
"$orxaq" --root "$root" start >/dev/null
says_started() { grep -q '"supervisor_running": true' "$work/lines"; }
until_true "the change is told" says_started
kill -INT "$watch" # a process in the background ignores it until it watches for it
kill -TERM "$watch" 2>/dev/null || true # INT may have been enough
wait "$watch" || fail "ended with $?"

# ---- On a terminal -------------------------------------------------------------------------------

# on_terminal: a watch on a terminal of its own, 24 x 80; keys go to fd 7, what it draws to $work/drawn
cat >"$work/session" <<SH
#!/bin/sh
trap : INT
stty rows 24 cols 80
tty >"$work/tty"
stty -g >"$work/before"
sh -c 'echo \$\$ >"$work/pid"; exec "$orxaq" --root "\$0" --color always monitor --watch --interval 200ms' "$root"
echo \$? >"$work/ended"
stty -g >"$work/after"
SH
on_terminal() {
    rm -f "$work/keys" "$work/drawn" "$work/pid" "$work/ended" "$work/after"
    mkfifo "$work/keys"
    script -qfec "sh $work/session" "$work/drawn" <"$work/keys" >/dev/null 2>&1 &
    terminal=$!
    pids+=("$terminal")
    exec 7>"$work/keys"
    until_true "a page" grep -q 'UNIT' "$work/drawn"
}
# frame: the newest whole page, without its sequences
frame() {
    awk 'BEGIN { RS = "\033\\[\\?2026h" } /\033\[\?2026l/ { last = $0 } END { print last }' "$work/drawn" |
        sed 's/\x1b\[[?0-9;]*[a-zA-Z]//g; s/\r//g'
}
shows() { frame | grep -q "$1"; }
fits() { frame | awk -v rows="$1" -v cols="$2" 'length($0) > cols { bad = 1 } NF { n = NR } END { exit bad || n > rows }'; }
wider() { frame | awk -v cols="$1" 'length($0) > cols { found = 1 } END { exit !found }'; }
ended() { [ -s "$work/after" ]; }
# given_back CODE: the terminal is as it was
given_back() {
    until_true "it ended" ended
    is "exit code" "$(cat "$work/ended")" "$1"
    is "the terminal's modes" "$(cat "$work/after")" "$(cat "$work/before")"
    is "the other screen, taken once" "$(grep -o $'\x1b\\[?1049h' "$work/drawn" | wc -l)" 1
    is "and left once" "$(grep -o $'\x1b\\[?1049l' "$work/drawn" | wc -l)" 1
    is "the cursor is back" "$(grep -o $'\x1b\\[?25[hl]' "$work/drawn" | tail -n 1)" $'\x1b[?25h'
    is "lines wrap again" "$(grep -o $'\x1b\\[?7[hl]' "$work/drawn" | tail -n 1)" $'\x1b[?7h'
    is "nothing was drawn behind it" "$(tail -c 10 "$work/drawn" | grep -c 2026h)" 0
    exec 7>&-
    wait "$terminal" 2>/dev/null || :
}

case_name="on a terminal: redrawn in place"
until_true "the runner rests" state_is idle
on_terminal
until_true "the root" shows "$root"
until_true "a lane" shows '^lane-a '
until_true "the finding" shows 'fail  lane lane-b'
"$orxaq" --root "$root" stop >/dev/null
until_true "the change is shown" shows 'supervisor not running'
is "the screen was wiped once, at the beginning" "$(grep -o $'\x1b\\[2J' "$work/drawn" | wc -l)" 1
stty -F "$(cat "$work/tty")" rows 9 cols 40
until_true "a smaller window" fits 9 39
stty -F "$(cat "$work/tty")" rows 40 cols 150
until_true "a bigger window" wider 80
until_true "a bigger window" fits 40 149
kill -0 "$(cat "$work/pid")" || fail "it ended by itself"
printf '\003' >&7
given_back 0

case_name="on a terminal: q, and TERM"
on_terminal
printf 'xq' >&7
given_back 0
on_terminal
kill -TERM "$(cat "$work/pid")"
given_back 0

case_name="in the background of a terminal: blocks, and the terminal is left alone"
mv "$work/session" "$work/session.front"
sed 's/^sh -c/timeout 60 sh -c/' "$work/session.front" >"$work/session"
rm -f "$work/drawn" "$work/pid" "$work/ended" "$work/after"
mkfifo "$work/keys.behind"
script -qfec "sh $work/session" "$work/drawn" <"$work/keys.behind" >/dev/null 2>&1 &
terminal=$!
pids+=("$terminal")
exec 7>"$work/keys.behind"
until_true "a block" grep -q '^monitor_file:' "$work/drawn"
hasnt "no page" "$(cat "$work/drawn")" 1049h
kill -TERM "$(cat "$work/pid")"
until_true "it ended" ended
is "the terminal's modes" "$(cat "$work/after")" "$(cat "$work/before")"
exec 7>&-
mv "$work/session.front" "$work/session"

case_name="on a terminal that goes away"
on_terminal
pid=$(cat "$work/pid")
kill -KILL "$terminal"
until_true "it ends" is_gone "$pid"
exec 7>&-

case_is "what cannot be"
make_root <<<"$good"
for interval in 0 -1s soon 100ms 2d; do
    ox monitor --watch --interval "$interval"
    is "--interval $interval" "$code" 2
    has "said" "$err" "--interval needs a length from 200ms to 1d"
done
ox monitor everything
is "an argument" "$code" 2
ox monitor --help
has "help" "$out" "monitor.json"
code=0
err=$("$orxaq" --root "$work/no-such-root" monitor 2>&1) || code=$?
is "a root that is not there" "$code" 1
mkdir "$root/state"
printf 'this is no database, and long enough to be looked at by whoever opens it\n' >"$root/state/orxaq.db"
ox --json monitor
is "a journal that cannot be read" "$code" 0
is "is a finding" "$(finding journal.unreadable)" fail
rm "$(artifacts monitor.json)"
mkdir "$(artifacts monitor.json)"
ox monitor
is "a file that cannot be written" "$code" 0
has "said" "$err" "monitor.json is not written"

finish_tests
