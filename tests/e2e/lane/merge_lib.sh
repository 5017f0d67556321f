# shellcheck shell=bash disable=SC2154,SC2034,SC2016 # root, work, orxaq come from run/lib.sh
# merge_lib.sh: roots whose lanes have branches to merge. Sourced by merge*.sh, after lib.sh.

export GIT_AUTHOR_NAME=t GIT_AUTHOR_EMAIL=t@localhost GIT_COMMITTER_NAME=t GIT_COMMITTER_EMAIL=t@localhost
in_repo() { git -C "$root/repo" "$@"; }
rev() { in_repo rev-parse --verify -q "$1"; }
files_of() { in_repo ls-tree --name-only "$1" | grep -v '^check$' | tr '\n' ' '; }
clean() { [ -z "$(in_repo status --porcelain)" ]; }
# verdict LANE: as the last JSON output says
verdict() { printf %s "$out" | tr '{' '\n' | sed -n "s/^\"lane\":\"$1\".*\"verdict\":\"\([a-z]*\)\",\"reason\":\"\([a-z_]*\)\".*/\1 \2/p"; }
field() { printf %s "$out" | sed -n "s/.*\"$1\":\([0-9]*\).*/\1/p"; }
events() { "$orxaq" --root "$root" --json events --kind merge. | grep -c "\"kind\":\"merge.$1\"" || true; }

# on_branch BRANCH FILE TEXT: a commit on a branch, made where nobody works; the branch begins at main
on_branch() {
    local at=$work/root.tree
    rev "refs/heads/$1" >/dev/null || in_repo branch -q "$1" main
    in_repo worktree add -q --detach "$at" "$1"
    printf '%b' "$3" >"$at/$2"
    git -C "$at" add -A
    git -C "$at" commit -q -m "$1: $2"
    in_repo update-ref "refs/heads/$1" "$(git -C "$at" rev-parse HEAD)"
    in_repo worktree remove "$at"
}

# merge_root LANE...: a root with these lanes and no tasks
merge_root() {
    local list=() lane
    make_root <<<"$good"
    for lane in "$@"; do
        lane_tasks "$lane"
        list+=("$(entry "$lane")")
    done
    lanes "${list[@]}"
    printf 'one\ntwo\nthree\n' >"$root/repo/shared.md"
    in_repo add -A
    in_repo commit -q -m "shared"
}
