#!/bin/bash
# merge.sh: the merge queue with real repositories: what goes in, what is refused, and what is left when it dies.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads and sets
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"
# shellcheck source=tests/e2e/lane/lib.sh
. "$(dirname "$0")/lib.sh"

# shellcheck source=tests/e2e/lane/merge_lib.sh
. "$(dirname "$0")/merge_lib.sh"

case_is "nothing was delivered"
merge_root left
ox merge-queue
is "code" "$code" 0
has "said" "$out" "nothing to merge"
ox --json merge-queue left
is "by name" "$code $(verdict left)" "0 nothing nothing"
ox merge-queue nobody
is "unknown" "$code" 1
has "unknown" "$err" "Unknown lane id"

case_is "branches that are good go in together, and the checkout comes along"
merge_root left middle right
on_branch orxaq/left a.txt a
on_branch orxaq/middle b.txt b
on_branch orxaq/right c.txt c
on_branch orxaq/right d.txt d
tips=$(rev orxaq/left) tips+=$(rev orxaq/middle) tips+=$(rev orxaq/right)
before=$(rev main)
ox --json merge-queue --dry-run
is "dry run" "$code $(verdict left), $(verdict right)" "0 queued , queued "
is "dry run: nothing happened" "$(rev main) $(in_repo worktree list | wc -l)" "$before 1"
ox --json merge-queue
is "code" "$code: $err" "0: $err"
is "verdicts" "$(verdict left), $(verdict middle), $(verdict right)" "merged merged, merged merged, merged merged"
is "one check for all" "$(field validations)" 1
is "files" "$(files_of main)" "a.txt b.txt c.txt d.txt shared.md "
is "commits" "$(in_repo log --format=%s "$before..main" | tr '\n' ';')" \
    "orxaq/right: d.txt;orxaq/right: c.txt;orxaq/middle: b.txt;orxaq/left: a.txt;"
in_repo merge-base --is-ancestor "$before" main || fail "main was not moved forward"
clean || fail "the checkout: $(in_repo status --porcelain)"
is "the checkout" "$(cat "$root/repo/d.txt")" d
is "branches of lanes" "$(rev orxaq/left)$(rev orxaq/middle)$(rev orxaq/right)" "$tips"
is "events" "$(events queued) $(events rebased) $(events validated) $(events landing) $(events merged)" "1 3 1 1 3"
ox --json merge-queue
is "again" "$code $(verdict left), $(verdict right)" "0 nothing nothing, nothing nothing"
on_branch orxaq/middle e.txt e
ox --json merge-queue
is "what came later" "$code $(verdict middle) $(files_of main)" "0 merged merged a.txt b.txt c.txt d.txt e.txt shared.md "
is "and only that" "$(in_repo log --format=%s main | grep -c middle)" 2
"$orxaq" --root "$root" events --verify >/dev/null || fail "the journal is damaged"

case_is "a bad branch is found and refused, the others go in"
merge_root l1 l2 l3 l4 l5
for i in 1 2 3 4 5; do on_branch "orxaq/l$i" "f$i.txt" fine; done
on_branch orxaq/l3 f3.txt bad
ox --json merge-queue
is "code" "$code" 1
is "verdicts" "$(verdict l1) $(verdict l2) $(verdict l3) $(verdict l4) $(verdict l5)" \
    "merged merged merged merged refused validation_failed merged merged merged merged"
is "files" "$(files_of main)" "f1.txt f2.txt f4.txt f5.txt shared.md "
has "why" "$out" "validation \`./check\` ended with exit code 1"
[ "$(events bisected)" -ge 1 ] || fail "no bisection in the journal"
is "refused" "$(events refused)" 1
clean || fail "the checkout: $(in_repo status --porcelain)"
on_branch orxaq/l1 g1.txt fine
ox --json merge-queue
is "the next time it is tried apart" "$code $(verdict l1) $(verdict l3) $(field validations)" \
    "1 merged merged refused validation_failed 2"
on_branch orxaq/l3 f3.txt mended
ox --json merge-queue
is "mended" "$code $(verdict l3)" "0 merged merged"
is "f3" "$(in_repo show main:f3.txt)" mended

case_is "two that are good alone and fail together: the first goes in"
merge_root left right
printf '#!/bin/sh\n[ ! -e a.txt ] || [ ! -e b.txt ]\n' >"$root/repo/check"
in_repo commit -qam check
on_branch orxaq/left a.txt a
on_branch orxaq/right b.txt b
ox --json merge-queue
is "verdicts" "$code $(verdict left), $(verdict right)" "1 merged merged, refused validation_failed"
is "files" "$(files_of main)" "a.txt shared.md "

case_is "a conflict with the base is refused with its files; the branch stays"
merge_root left right
on_branch orxaq/left shared.md 'LEFT\ntwo\nthree\n'
on_branch orxaq/right other.txt o
printf 'ONE\ntwo\nthree\n' >"$root/repo/shared.md"
in_repo commit -qam "moved on"
tip=$(rev orxaq/left)
ox --json merge-queue
is "verdicts" "$code $(verdict left), $(verdict right)" "1 refused conflict, merged merged"
has "files" "$out" '"files":["shared.md"]'
has "text" "$out" "conflicts in shared.md"
is "the branch" "$(rev orxaq/left)" "$tip"
has "the journal" "$("$orxaq" --root "$root" --json events --kind merge.refused)" '"files":["shared.md"]'
ox merge-queue
has "for people" "$out" "refused  orxaq/left -> main (1 commit)"
# As a person would: the base goes into the branch.
in_repo worktree add -q "$work/root.mend" orxaq/left
git -C "$work/root.mend" merge -q main >/dev/null 2>&1 || true
printf 'BOTH\ntwo\nthree\n' >"$work/root.mend/shared.md"
git -C "$work/root.mend" commit -qam resolved
ox --json merge-queue
is "resolved" "$code $(verdict left) $(in_repo show main:shared.md | head -n 1)" "0 merged merged BOTH"

case_is "two branches that do not fit together: the second is to blame, unless the first is bad"
merge_root left right
on_branch orxaq/left shared.md 'LEFT\ntwo\nthree\n'
on_branch orxaq/right shared.md 'RIGHT\ntwo\nthree\n'
ox --json merge-queue
is "both good" "$code $(verdict left), $(verdict right)" "1 merged merged, refused conflict"
merge_root_again() { rm -rf "$root"; merge_root left right; }
merge_root_again
on_branch orxaq/left shared.md 'LEFT\ntwo\nthree\n'
on_branch orxaq/left x.txt bad
on_branch orxaq/right shared.md 'RIGHT\ntwo\nthree\n'
ox --json merge-queue
is "the first is bad" "$code $(verdict left), $(verdict right)" "1 refused validation_failed, merged merged"
is "right is in" "$(in_repo show main:shared.md | head -n 1)" RIGHT

case_is "the base fails by itself: no branch is to blame, and one that mends it goes in"
merge_root left mend
printf bad >"$root/repo/x.txt"
in_repo add -A
in_repo commit -qm broken
on_branch orxaq/left a.txt a
ox --json merge-queue left
is "held" "$code $(verdict left)" "1 held base_fails"
is "nobody is told" "$(events refused)" 0
on_branch orxaq/mend x.txt fine
ox --json merge-queue
is "mended" "$code $(verdict left), $(verdict mend)" "0 merged merged, merged merged"

case_is "the base is checked out with changes: nothing moves, and what is in the way is said"
merge_root left
on_branch orxaq/left a.txt a
echo mine >>"$root/repo/shared.md"
before=$(rev main)
ox --json merge-queue
is "held" "$code $(verdict left) $(rev main)" "1 held base_checked_out $before"
has "what" "$out" "shared.md"
is "mine" "$(tail -n 1 "$root/repo/shared.md")" mine
ox --json merge-queue --dry-run
is "a dry run says it, too" "$code $(verdict left)" "1 held base_checked_out"
in_repo checkout -q -- shared.md
echo mine >"$root/repo/a.txt"
ox --json merge-queue
is "an untracked file in the way" "$code $(verdict left) $(rev main) $(cat "$root/repo/a.txt")" \
    "1 held base_checked_out $before mine"
mv "$root/repo/a.txt" "$root/repo/notes"
ox --json merge-queue
is "an untracked file elsewhere" "$code $(verdict left) $(cat "$root/repo/notes" "$root/repo/a.txt")" "0 merged merged mine
a"

case_is "the base is checked out in another worktree, or nowhere"
merge_root left
on_branch orxaq/left a.txt a
in_repo checkout -q --detach
in_repo worktree add -q "$work/root.other" main
ox --json merge-queue
is "elsewhere" "$code $(verdict left) $(cat "$work/root.other/a.txt")" "0 merged merged a"
is "clean" "$(git -C "$work/root.other" status --porcelain)" ""
in_repo worktree remove "$work/root.other"
on_branch orxaq/left b.txt b
ox --json merge-queue
is "nowhere" "$code $(verdict left) $(files_of main)" "0 merged merged a.txt b.txt shared.md "
[ ! -e "$root/repo/b.txt" ] || fail "the detached checkout was touched"

case_is "a branch behind its twin on origin is built on the twin; one that went its own way is not moved"
merge_root left
git clone -q --bare "$root/repo" "$root.git"
in_repo remote add origin "$root.git"
on_branch orxaq/left a.txt a
on_branch ahead far.txt far
in_repo push -q origin ahead:main
in_repo branch -qD ahead
in_repo fetch -q origin
ox --json merge-queue
is "behind" "$code $(verdict left) $(files_of main)" "0 merged merged a.txt far.txt shared.md "
clean || fail "the checkout: $(in_repo status --porcelain)"
is "nothing is pushed" "$(git -C "$root.git" ls-tree --name-only main | grep -c a.txt || true)" 0
on_branch ahead apart.txt apart
in_repo update-ref refs/remotes/origin/main "$(in_repo commit-tree -p "$(rev main~1)" -m apart 'main^{tree}')"
on_branch orxaq/left b.txt b
before=$(rev main)
ox --json merge-queue
is "diverged" "$code $(verdict left) $(rev main)" "1 held base_diverged $before"

case_is "hooks run as for a person, and may refuse"
merge_root left
on_branch orxaq/left a.txt a
git -C "$root/repo" commit -q --allow-empty -m "so that there is something to rebase"
printf '#!/bin/sh\necho "not on a friday" >&2\nexit 1\n' >"$root/repo/.git/hooks/pre-rebase"
chmod +x "$root/repo/.git/hooks/pre-rebase"
ox --json merge-queue
is "pre-rebase" "$code $(verdict left)" "1 refused rebase_failed"
has "its words" "$out" "not on a friday"
rm "$root/repo/.git/hooks/pre-rebase"
printf '#!/bin/sh\n[ "$1" != prepared ] || ! grep -q refs/heads/main\n' >"$root/repo/.git/hooks/reference-transaction"
chmod +x "$root/repo/.git/hooks/reference-transaction"
before=$(rev main)
ox --json merge-queue
is "reference-transaction" "$code $(verdict left) $(rev main)" "1 held base_denied $before"
is "it is settled" "$(events abandoned)" 1
rm "$root/repo/.git/hooks/reference-transaction"
ox --json merge-queue
is "without hooks" "$code $(verdict left)" "0 merged merged"

case_is "checks have their deadline, see no earlier leftovers, and may not touch git"
merge_root left right
printf '#!/bin/sh\n[ ! -e slow.txt ] || exec sleep 600\n[ ! -e left.over ] || exit 1\ntouch left.over\n' >"$root/repo/check"
in_repo commit -qam check
echo 'validation: {commands: [./check], retries: 0, timeout: 10s}' >"$root/validation"
sed -i '/^validation:/d' "$root/orxaq.yaml"
cat "$root/validation" >>"$root/orxaq.yaml"
on_branch orxaq/left slow.txt s
on_branch orxaq/right b.txt b
ox --json merge-queue
is "deadline" "$code $(verdict left), $(verdict right)" "1 refused validation_timeout, merged merged"
printf '#!/bin/sh\ngit config user.email evil@localhost\n' >"$root/repo/check"
in_repo commit -qam check
sed -i 's/    plugin: command/&\n    sandbox: vendor/' "$root/orxaq.yaml" # else they could not
before=$(rev main)
on_branch orxaq/right c.txt c
ox merge-queue right
is "git was touched" "$code $(rev main)" "1 $before"
has "said" "$err" "git's configuration or hooks changed"

finish_tests
