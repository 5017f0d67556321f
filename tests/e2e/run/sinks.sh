#!/bin/bash
# sinks.sh: `orxaq run` with the plugin ndjson: what is in the files, and what a sink cannot spoil.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

good_agent() {
    make_root <<'SH'
echo good >"$task.txt"; finish done
SH
}

# sink YAML: the settings of ndjson
sink() {
    printf 'plugins:\n  - name: ndjson\n    settings:\n      files:\n%s\n' "$1" >>"$root/orxaq.yaml"
}

seqs() { sed -n 's/^{"seq":\([0-9]*\),.*/\1/p' "$@"; }
kinds() { sed 's/^{"seq":[0-9]*,"wall_ns":[0-9]*,"kind":"\([a-z._]*\)".*/\1/' "$1" | sort | uniq -c | tr -s ' \n' ' '; }
journal() { "$orxaq" --root "$root" --json events; }

case_is "everything, and a choice"
good_agent
sink '        - {path: out/deep/all.ndjson}
        - {path: out/some.ndjson, kinds: [attempt.settled, call.*]}'
tasks one two
ox run
is "exit code" "$code" 0
is "all events in order" "$(seqs "$root/out/deep/all.ndjson")" "$(journal | sed -n 's/^{"seq":\([0-9]*\),.*/\1/p')"
is "chosen kinds" "$(kinds "$root/out/some.ndjson")" " 2 attempt.settled 2 call.begun 2 call.exited 2 call.spawned "
has "a body" "$(grep '"task":"two"' "$root/out/some.ndjson" | tail -n 1)" '"verdict":"done"'
cp "$root/out/deep/all.ndjson" "$work/before"
tasks one two three
ox run
is "nothing again, nothing lost" "$(seqs "$root/out/deep/all.ndjson")" "$(journal | sed -n 's/^{"seq":\([0-9]*\),.*/\1/p')"
is "appended to" "$(head -c "$(wc -c <"$work/before")" "$root/out/deep/all.ndjson" | cmp - "$work/before" && echo yes)" yes

case_is "rotation"
good_agent
sink '        - {path: out/all.ndjson, rotate_size: 1KiB, keep: 100}'
tasks one
ox run
tasks one two
ox run
is "exit code" "$code" 0
mapfile -t rotated < <(find "$root/out" -name 'all.ndjson.*' | sort -V -r)
is "rotated" "$((${#rotated[@]} > 0))" 1
is "in order over the files" "$(seqs "${rotated[@]}" "$root/out/all.ndjson")" "$(journal | sed -n 's/^{"seq":\([0-9]*\),.*/\1/p')"

case_is "a file that cannot be written costs no task and no event"
good_agent
sink '        - {path: out/all.ndjson}'
echo "in the way" >"$root/out"
tasks one two
ox run
is "exit code" "$code" 0
is "state" "$(status_of two)" done
has "said" "$err" "sink ndjson failed and is tried again later"
is "said once" "$(grep -c "sink ndjson failed" "$work/err")" 1
has "as an event" "$(journal)" '"kind":"sink.failed"'
rm "$root/out"
ox run
is "later everything is there" "$(seqs "$root/out/all.ndjson")" "$(journal | sed -n 's/^{"seq":\([0-9]*\),.*/\1/p')"

case_is "bad settings, a switched-off sink, a missing one"
good_agent
sink '        - {kinds: [task.done]}'
tasks one
ox run
is "exit code" "$code" 0
has "says where" "$err" "plugins[0].settings"
sed -i 's/- {kinds: .*/- {path: out\/all.ndjson}/; s/- name: ndjson/- enabled: false\n    name: ndjson/' "$root/orxaq.yaml"
ox run
is "exit code" "$code" 0
is "no file" "$(ls "$root/out" 2>/dev/null || true)" ""
sed -i 's/enabled: false/enabled: true/; s/name: ndjson/name: nowhere/' "$root/orxaq.yaml"
ox run
is "exit code" "$code" 0
has "says what is missing" "$err" "nowhere"

case_is "a crash in the sink costs no task"
good_agent
cat >>"$root/orxaq.yaml" <<YAML
plugins: [{path: $build/tests/sinks/crashing.so}]
YAML
tasks one two
for _ in 1 2 3; do
    ox run
    is "died" "$((code > 128))" 1
done
has "from then on at the end" "$err" "fed when the work is over"
is "state" "$(status_of one) $(status_of two)" "done done"
ox run
is "then it is left alone" "$code" 0
has "said" "$err" "sink crashing is left alone"
is "commits" "$(git -C "$root/repo" log --format='%(trailers:key=Orxaq-Task,valueonly,separator=%x2C)' | grep -c .)" 2
ox events --verify
has "chain" "$out" "every hash is right"

finish_tests
