#!/bin/bash
# merge_faults.sh: the merge queue when it dies at each of its steps, when it is not alone, and while lanes work.
# Hooks, checks and filters say where it is and stop there until they are let go on or killed.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads and sets
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
# shellcheck source=tests/e2e/lane/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/lane/merge_lib.sh
. "$(dirname "$0")/merge_lib.sh"

# holding_root LANE...: hooks, checks and filters of this repository stop where $work/tmp/hold says
holding_root() {
    merge_root "$@"
    rm -rf "$work/tmp"/*
    echo 'env_pass: [ORX_SUPERVISE_MARK]' >>"$root/orxaq.yaml"
    cat >"$work/hold" <<SH
#!/bin/sh
[ "\$1" = "\$(cat "$work/tmp/hold" 2>/dev/null)" ] || exit 0
: >"$work/tmp/at"
while [ ! -e "$work/tmp/go" ]; do sleep 0.05; done
SH
    chmod +x "$work/hold"
    printf '#!/bin/sh\n%s rebase # %s\n' "$work/hold" "$root" >"$root/repo/.git/hooks/pre-rebase"
    printf '#!/bin/sh\n! grep -q " refs/heads/main$" || %s "ref-$1" # %s\n' "$work/hold" "$root" \
        >"$root/repo/.git/hooks/reference-transaction"
    chmod +x "$root/repo/.git/hooks/pre-rebase" "$root/repo/.git/hooks/reference-transaction"
    printf '#!/bin/sh\n%s check\n! grep -q bad ./*.txt\n' "$work/hold" >"$root/repo/check"
    printf '#!/bin/sh\n[ "$PWD" != "%s" ] || %s follow\ncat\n' "$root/repo" "$work/hold" >"$work/smudge"
    chmod +x "$work/smudge"
    in_repo config filter.hold.smudge "$work/smudge"
    in_repo config filter.hold.clean cat
    echo 'held.txt filter=hold' >"$root/repo/.gitattributes"
    in_repo add -A
    in_repo commit -qm "what holds"
}

# begin_queue POINT: runs the queue until it stops there; its pid is $pid
begin_queue() {
    echo "$1" >"$work/tmp/hold"
    "$orxaq" --root "$root" --json merge-queue >"$work/out" 2>"$work/err" &
    pid=$!
    until_true "$1" test -e "$work/tmp/at"
}
# end_queue: lets it go on; $code and $out
end_queue() {
    touch "$work/tmp/go"
    code=0
    wait "$pid" || code=$?
    out=$(cat "$work/out")
    err=$(cat "$work/err")
}

# dies_at POINT BASE: killed there, the base is before or after, and a second run goes on
dies_at() {
    local before tips
    holding_root left right worse
    on_branch orxaq/left held.txt a
    on_branch orxaq/right b.txt b
    on_branch orxaq/worse c.txt bad
    in_repo commit -q --allow-empty -m "so that there is something to rebase"
    before=$(rev main)
    tips="$(rev orxaq/left) $(rev orxaq/right) $(rev orxaq/worse)"
    [ "$1" = check ] || ox --json merge-queue worse # so that it is tried apart
    begin_queue "$1"
    kill -9 "$pid"
    wait "$pid" 2>/dev/null || true
    until_true "nobody left" nobody
    rm -f "$work/tmp/hold" "$work/tmp/at"
    case $2 in
    before) is "$1: the base" "$(rev main)" "$before" ;;
    after) [ "$(rev main)" != "$before" ] || fail "$1: the base is where it was" ;;
    esac
    in_repo merge-base --is-ancestor "$before" main || fail "$1: the base is no fast-forward"
    is "$1: branches" "$(rev orxaq/left) $(rev orxaq/right) $(rev orxaq/worse)" "$tips"
    ox --json merge-queue
    is "$1: the next run" "$code $(verdict worse)" "1 refused validation_failed"
    is "$1: files" "$(files_of main)" ".gitattributes b.txt held.txt shared.md "
    is "$1: once each" "$(in_repo log --format=%s "$before..main" | sort | tr '\n' ';')" "orxaq/left: held.txt;orxaq/right: b.txt;"
    clean || fail "$1: the checkout: $(in_repo status --porcelain)"
    is "$1: the checkout" "$(cat "$root/repo/held.txt" "$root/repo/b.txt")" "ab"
    is "$1: branches after that" "$(rev orxaq/left) $(rev orxaq/right) $(rev orxaq/worse)" "$tips"
    is "$1: each merged once in the journal" "$(events merged)" 2
    "$orxaq" --root "$root" events --verify >/dev/null || fail "$1: the journal is damaged"
    ox --json merge-queue left right
    is "$1: nothing is left to do" "$code $(verdict left), $(verdict right)" "0 nothing nothing, nothing nothing"
}

case_is "killed while commits are rebased"
dies_at rebase before

case_is "killed while the checks run"
dies_at check before

case_is "killed just before the base is moved"
dies_at ref-prepared before

case_is "killed when the base has moved and nobody wrote it down"
dies_at ref-committed after
has "it is told" "$("$orxaq" --root "$root" --json events --kind merge.)" '"kind":"merge.merged"'

case_is "killed while the checkout comes along"
dies_at follow after

case_is "two queues: the second says so and ends with 75"
holding_root left
on_branch orxaq/left a.txt a
begin_queue check
code=0
second=$(timeout 60 "$orxaq" --root "$root" merge-queue 2>&1) || code=$?
is "the second" "$code" 75
has "the second" "$second" "another merge queue is at work"
end_queue
is "the first" "$code $(verdict left)" "0 merged merged"

case_is "the base moves while the checks run: nobody is overtaken"
holding_root left
on_branch orxaq/left a.txt a
begin_queue check
echo mine >"$root/repo/mine.txt"
in_repo add -A
in_repo commit -qm mine
mine=$(rev main)
end_queue
is "merged" "$code $(verdict left) $(files_of main)" "0 merged merged .gitattributes a.txt mine.txt shared.md "
is "on top of it" "$(rev main~1)" "$mine"
has "told" "$err" "moved by somebody else"

case_is "the checkout gets changes while the checks run: nothing moves"
holding_root left
on_branch orxaq/left a.txt a
before=$(rev main)
begin_queue check
echo mine >>"$root/repo/shared.md"
end_queue
is "held" "$code $(verdict left) $(rev main) $(tail -n 1 "$root/repo/shared.md")" "1 held base_checked_out $before mine"

case_is "a signal ends it in good order"
holding_root left
on_branch orxaq/left a.txt a
before=$(rev main)
begin_queue check
kill -TERM "$pid"
code=0
wait "$pid" || code=$?
out=$(cat "$work/out")
is "TERM" "$code $(verdict left) $(rev main)" "143 held interrupted $before"
until_true "nobody left" nobody

case_is "an attempt under way counts for nothing, and what it delivers is merged afterwards"
commits='echo good >"$task.txt"; git add -A; git -c user.name=a -c user.email=a@localhost commit -qm "by itself"
echo >"$TMPDIR/committed"; while [ ! -e "$TMPDIR/go" ]; do sleep 0.05; done; finish done'
good=$commits holding_root left
sed -i 's/    plugin: command/&\n    sandbox: vendor/' "$root/orxaq.yaml" # it commits itself
lane_tasks left t1
"$orxaq" --root "$root" run --lane left >"$work/run.log" 2>&1 &
runner=$!
until_true "the agent's commit" test -e "$work/tmp/committed"
is "it is on the branch" "$(in_repo log --format=%s main..orxaq/left)" "by itself"
ox --json merge-queue
is "and not merged" "$code $(verdict left) $(files_of main)" "0 nothing nothing .gitattributes shared.md "
touch "$work/tmp/go"
wait "$runner" || fail "the run: $(cat "$work/run.log")"
ox --json merge-queue
is "then it is" "$code $(verdict left) $(files_of main)" "0 merged merged .gitattributes shared.md t1.txt "

finish_tests
