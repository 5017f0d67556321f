#!/bin/bash
# recover.sh: journals that are really damaged, after real runs, made good by `orxaq project recover`.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

db() { echo "$root/state/orxaq.db"; }

# A queue with tasks that were done, one that is blocked, one that depends on a done one; and one
# more that is added when the damage is done.
run_once() {
    local saved=$work/saved-${1:-12}.tar
    if [ -e "$saved" ]; then
        tar -C "$work" -xf "$saved"
    else
        run_really "${1:-12}"
        tar -C "$work" -cf "$saved" root
    fi
    commits=$(git -C "$root/repo" rev-list --count HEAD)
    ran=$(sort "$root/ran" | uniq -c)
}

run_really() {
    make_root <<'SH'
case $task in
stuck) finish blocked "no idea" ;;
*) echo good >"$task.txt"; echo "$task" >>"$(dirname "$0")/ran"; finish done ;;
esac
SH
    {
        echo '['
        for i in $(seq -w 1 "$1"); do
            printf '{"id": "t%s", "owner": "worker", "priority": 1, "title": "T", "description": "d"},\n' "$i"
        done
        echo '{"id": "stuck", "owner": "worker", "priority": 2, "title": "T", "description": "d"},'
        echo '{"id": "after", "owner": "worker", "priority": 3, "title": "T", "description": "d", "depends_on": ["t01"]}'
        echo ']'
    } >"$root/config/tasks.json"
    sed -i 's/max_attempts: 2/max_attempts: 1/' "$root/orxaq.yaml"
    ox run
    is "run" "$code" 4
    # All of it in the file itself.
    [ ! -e "$(db)-wal" ] || fail "the -wal is still there"
}

# scribble OFFSET BYTES: nonsense into the database
scribble() {
    head -c "$2" /dev/urandom | dd of="$(db)" bs=1 seek="$1" conv=notrunc status=none
}

# pages_of TABLE: the pages that hold its rows, one per line
pages_of() { "$build/tests/run_pages" "$(db)" "$1"; }

aside_sums() { find "$root/state" -name 'orxaq.db.damaged-*' -exec sha256sum {} + | sort; }

# recovered: recover, then everything that must hold whatever was damaged
recovered() {
    local before
    ox project recover
    is "recover" "$code" 0
    [ "$code" = 0 ] || echo "$err" >&2
    report=$out
    before=$(aside_sums)
    ox project recover
    is "again" "$code" 0
    has "again" "$out" "the journal is sound"
    is "the damaged file" "$(aside_sums)" "$before"
    [ ! -e "$root/state/recover" ] || fail "state/recover is left"
    ox events --verify
    is "chain" "$code" 0
    ox tasks list
    is "tasks" "$code" 0
    ox run
    is "next run" "$code" 4
    is "nothing is committed twice" "$(git -C "$root/repo" rev-list --count HEAD)" "$commits"
    is "nothing is done twice" "$(sort "$root/ran" | uniq -c)" "$ran"
    is "t01" "$(status_of t01)" done
    is "t12" "$(status_of t12)" done
    is "after" "$(status_of after)" done
    is "stuck" "$(status_of stuck)" blocked
    ox tasks add more --owner worker
    ox run
    is "goes on" "$(status_of more)" done
    ox events --verify
    has "chain" "$out" "every hash is right"
    ox events --kind journal.
    has "event" "$out" "journal.recovered"
}

case_is "a sound journal"
run_once
before=$(sha256sum "$(db)")
ox project recover
is "exit code" "$code" 0
has "says so" "$out" "the journal is sound"
is "untouched" "$(sha256sum "$(db)")" "$before"

case_is "a runner is at work"
run_once
ox tasks add late --owner worker
printf '#!/bin/sh\n: >"$(dirname "$0")/begun"\nexec sleep 60\n' >"$root/agent"
"$orxaq" --root "$root" run >/dev/null 2>&1 &
pid=$!
until_true "the call began" test -e "$root/begun"
ox project recover
is "exit code" "$code" 75
has "says so" "$err" "a runner holds"
kill -TERM $pid
wait $pid || true

case_is "header"
run_once
scribble 0 100
recovered
has "no event lost" "$report" "lost       no event"

case_is "the first page"
run_once
scribble 0 4096
recovered
has "tables" "$report" "could not be read at all"
has "from records" "$report" "from records 14"
has "commits" "$report" "tasks      14;"

case_is "a middle page of the events"
run_once 40
page=$(pages_of event | sed -n 5p)
scribble $(((page - 1) * 4096)) 4096
ox events --verify
is "found" "$code" 1
recovered
has "lost events" "$report" "lost       "
hasnt "lost events" "$report" "no event"
has "exported" "$report" "moved to state/segments"
hasnt "no attempt is lost" "$report" "nothing is left"

case_is "a flipped byte in an event"
run_once
at=$(grep -abo '"verdict":"done"' "$(db)" | tail -n 1 | cut -d: -f1)
printf 'g' | dd of="$(db)" bs=1 seek=$((at + 12)) conv=notrunc status=none
recovered
has "left out" "$report" "1 left out because their hash is wrong"

case_is "the pages of the tasks"
run_once 40
for page in $(pages_of task); do scribble $(((page - 1) * 4096)) 4096; done
recovered
has "table" "$report" "table      task:"
has "from state" "$report" "state from state.json 42"

case_is "one page of the tasks, and no state file"
run_once 40
page=$(pages_of task | sed -n 2p)
scribble $(((page - 1) * 4096)) 4096
rm "$root/state/state.json"
sed -i '/stuck/d' "$root/config/tasks.json" # nothing but its row knows that it is blocked
ox project recover
is "recover" "$code" 0
is "t01" "$(status_of t01)" done
is "t40" "$(status_of t40)" done
has "by attempts" "$out" "from attempts "
ox run
is "nothing is committed twice" "$(git -C "$root/repo" rev-list --count HEAD)" "$commits"

case_is "attempts and calls"
run_once 40
for table in attempt call; do
    page=$(pages_of $table | sed -n 1p)
    scribble $(((page - 1) * 4096)) 4096
done
recovered
hasnt "none is lost" "$report" "nothing is left"
ox attempt show 3
has "restored" "$out" "command"

case_is "cut off"
run_once 40
pages=$(($(stat -c %s "$(db)") / 4096))
dd of="$(db)" bs=4096 seek=$((pages / 2)) count=0 status=none
recovered

case_is "the -wal is missing"
run_once
cp "$(db)" "$work/old"
ox tasks add late --owner worker
ox run
commits=$(git -C "$root/repo" rev-list --count HEAD)
ran=$(sort "$root/ran" | uniq -c)
cp "$work/old" "$(db)"
ox run
is "refused" "$code" 1
has "says what to do" "$err" "orxaq project recover"
recovered
has "lost" "$report" "lost       "
has "from records" "$report" "from records 1 "
is "late" "$(status_of late)" done

case_is "the file is gone"
run_once
rm "$(db)"
recovered
has "no file" "$report" "no damaged file"

case_is "in the middle of an attempt"
run_once
cat >"$root/agent" <<'SH'
#!/bin/sh
echo half >half.txt
: >"$(dirname "$0")/begun"
exec sleep 60
SH
ox tasks add late --owner worker
"$orxaq" --root "$root" run >/dev/null 2>&1 &
pid=$!
until_true "the call began" test -e "$root/begun"
kill -KILL $pid
wait $pid 2>/dev/null || true
rm -f "$(db)" "$(db)-wal" "$(db)-shm"
ox project recover
is "recover" "$code" 0
printf '#!/bin/sh\necho good >late.txt\necho %s\n' "'{\"status\":\"done\",\"summary\":\"x\"}'" >"$root/agent"
ox tasks add late --owner worker
ox run
is "its work was kept" "$(git -C "$root/repo" show orxaq/parked/15:half.txt)" half
is "done" "$(status_of late)" done

finish_tests
