#!/bin/bash
# full_auto.sh: one task done in a worktree of its own.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/health/lib.sh
. "$(dirname "$0")/lib.sh"

head_of() { git -C "$root/repo" rev-parse "$1"; }
lane() { echo "$root/artifacts/autonomy/lanes/full-auto-$1"; }

case_is "discover: the tasks, and who would do them"
make_root <<<"$good"
tasks one two
ox full-auto discover
is "exit code" "$code" 0
is "ok" "$(field ok)" true
is "tasks" "$(printf '%s\n' "$out" | sed -n 's/^ *"id": "\(.*\)",/\1/p' | tr '\n' ' ')" "one two "
is "provider" "$(field provider)" '"worker"'
is "repository" "$(field repo)" "\"$root/repo\""
is "status" "$(field status)" '"pending"'
is "base" "$(field base_ref)" '"HEAD"'
[ ! -e "$root/state" ] || fail "something was written"

case_name="prepare: a worktree on a branch of its own"
base=$(head_of main)
echo change >"$root/repo/changed" # in the checkout of the operator, which is left alone
ox full-auto prepare --task two --base-ref main
is "exit code" "$code" 0
is "base" "$(field base)" "\"$base\""
is "branch" "$(field branch)" '"orxaq/full-auto-two"'
is "worktree" "$(field worktree)" "\"$(lane two)/worktrees/shared\""
is "new" "$(field worktree_reused)" false
is "its commit" "$(git -C "$(lane two)/worktrees/shared" rev-parse HEAD)" "$base"
ox full-auto prepare --task two --base-ref main
is "again" "$code" 0
is "again" "$(field worktree_reused)" true

case_name="dry-run: what run would do, and nothing done"
ox full-auto dry-run --task one
is "not prepared" "$code" 1
has "what to do" "$err" "orxaq full-auto prepare"
ox full-auto dry-run --task two
is "exit code" "$code" 0
has "the task" "$out$err" two
is "no commit" "$(head_of orxaq/full-auto-two)" "$base"
[ ! -e "$(lane two)/worktrees/shared/two.txt" ] || fail "the agent was called"

case_name="run: the task is done on the branch, and nowhere else"
ox full-auto run --task two --base-ref main
is "exit code" "$code" 0
has "where it is" "$out" "git merge orxaq/full-auto-two"
is "delivered" "$(git -C "$root/repo" show orxaq/full-auto-two:two.txt)" good
has "with its trailer" "$(git -C "$root/repo" log -1 --format=%B orxaq/full-auto-two)" "Orxaq-Task: two"
is "the checkout's branch" "$(head_of main)" "$base"
is "the checkout's change" "$(git -C "$root/repo" status --porcelain)" "?? changed"
ox full-auto discover
is "the queue of the root" "$(printf '%s\n' "$out" | grep -c '"status": "pending"')" 2
ox full-auto run --task two --base-ref main
is "again: it is done" "$code" 0
is "once" "$(git -C "$root/repo" rev-list --count "$base..orxaq/full-auto-two")" 1
ox --json full-auto run --task two --base-ref main
hasnt "as JSON no line for people" "$out" "git merge"
git -C "$root/repo" merge -q --ff-only orxaq/full-auto-two
is "brought back" "$(cat "$root/repo/two.txt")" good

case_name="a prompt instead of a task"
echo "Write a file." >"$root/ask.md"
ox full-auto run --prompt-file ask.md --owner worker --task asked --base-ref main
is "exit code" "$code" 0
is "delivered" "$(git -C "$root/repo" show orxaq/full-auto-asked:asked.txt)" good
has "as the task says" "$(cat "$(lane asked)/full_auto_tasks.json")" '"description": "Write a file."'

case_name="in place"
rm "$root/repo/changed"
ox full-auto run --task one --no-worktree-isolation
is "exit code" "$code" 0
is "in the checkout" "$(cat "$root/repo/one.txt")" good
is "without a branch" "$(git -C "$root/repo" branch --list 'orxaq/full-auto-one')" ""

case_is "what fails says so"
make_root <<<'finish blocked "no way"'
tasks one
ox full-auto run --task one
is "a blocked task" "$code" 4
git -C "$root/repo" rev-parse -q --verify orxaq/full-auto-one >/dev/null || fail "no branch"
ox full-auto prepare --task nobody
is "a task that is not there" "$code" 1
has "said" "$err" 'no task "nobody"'
ox full-auto prepare --task one --base-ref nowhere
is "a base that is not there" "$code" 1
has "said" "$err" "nowhere"
ox full-auto prepare
is "no task" "$code" 2
has "said" "$err" "--task ID or --prompt-file FILE"
: >"$root/empty.md"
ox full-auto prepare --prompt-file empty.md --owner worker
is "an empty prompt" "$code" 1
has "said" "$err" "is empty"
ox full-auto prepare --prompt-file nothing.md --owner worker
is "no prompt" "$code" 1
ox full-auto prepare --prompt-file ask.md --owner stranger
is "no prompt, no provider" "$code" 1
echo hello >"$root/ask.md"
ox full-auto prepare --prompt-file ask.md --owner stranger
has "no provider" "$err" 'no provider serves the owner "stranger"'
ox full-auto prepare --task ../../../../evil --prompt-file ask.md --owner worker
is "a name that would lead out" "$code" 0
[ -s "$(lane '')$(field lane | tr -d '"' | sed 's/^full-auto-//')/full_auto.json" ] || fail "it is not where it belongs: $out"
ox full-auto sing
is "another word" "$code" 2
ox full-auto run --help
has "help" "$out" "--no-worktree-isolation"
code=0
err=$("$orxaq" --root "$work/no-such-root" full-auto discover 2>&1) || code=$?
is "a root that is not there" "$code" 1

finish_tests
