#!/bin/bash
# bad_roots.sh: roots that nothing can be written to, or that are no place for a repository. Each
# gives a clear error on stderr, exit code 1 or 2, and nothing is lost.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

fresh() {
    case_is "$1"
    make_root <<'SH'
echo good >"$task.txt"; finish done
SH
    tasks one
}

fresh "not a git repository"
mv "$root/repo/.git" "$root/kept"
refused "run" "is not in a git repository" run
has "which setting" "$err" "providers.worker.repo"
is "nothing is lost" "$(status_of one)" pending
mv "$root/kept" "$root/repo/.git"
ox run
is "afterwards all is well" "$code" 0

fresh "a program without the one that starts others"
mkdir "$work/alone"
cp "$orxaq" "$work/alone/orxaq"
cp -r "$build/plugins" "$work/plugins"
installed=$orxaq
orxaq=$work/alone/orxaq
refused "run" "orxaq-exec is missing" run
hasnt "and the repository is not blamed" "$err" "git repository"
orxaq=$installed

fresh "a root that is a file"
rm -rf "$root"
echo text >"$root"
refused "run" "$root" run

# Mounts of our own need a mount namespace; containers often allow none.
if unshare -m true 2>/dev/null; then
    namespace="unshare -m"
elif unshare -Urm true 2>/dev/null; then
    namespace="unshare -Urm"
else
    echo "no mount namespaces here: read-only and full roots are not tried"
    finish_tests
    exit 0
fi

# within COMMANDS: run in a mount namespace; they call ox_in WHAT ARGS...
within() {
    checks=$((checks + 1))
    $namespace bash -euo pipefail -c "
        orxaq='$orxaq' root='$root' work='$work'
        try() { local name=\$1; shift; code=0
            timeout 20 \"\$orxaq\" --root \"\$root\" \"\$@\" >\"\$work/\$name.out\" 2>\"\$work/\$name.err\" || code=\$?
            echo \$code >\"\$work/\$name.code\"; }
        $1" || fail "the namespace's commands"
}
# said NAME CODE WORDS
said() {
    is "$1: exit code" "$(cat "$work/$1.code")" "$2"
    has "$1" "$(cat "$work/$1.err")" "$3"
}

fresh "a read-only root"
ox run
is "before" "$code" 0
before=$(cd "$root" && find . -type f -exec sha256sum {} + | sort)
tasks one two
within 'mount --bind "$root" "$root"
    mount -o remount,ro,bind "$root"
    try ro-run run
    try ro-status status
    try ro-init init'
said ro-run 1 "Read-only file system"
has "ro-run names the file" "$(cat "$work/ro-run.err")" "$root/state/"
# Reading works when the journal was closed well; when not, its index would have to be written.
[ "$(cat "$work/ro-status.code")" = 0 ] || said ro-status 1 "cannot be written"
said ro-init 1 "Read-only file system"
tasks one
is "untouched" "$(cd "$root" && find . -type f -exec sha256sum {} + | sort)" "$before"

fresh "a full root"
tasks one two
cp -r "$root" "$work/root-content"
within 'mount -t tmpfs -o size=4m none "$root"
    cp -r "$work/root-content/." "$root"
    dd if=/dev/zero of="$root/fill" bs=4k 2>/dev/null || true
    try full-first run
    rm "$root/fill"
    "$orxaq" --root "$root" --quiet run --max-cycles 1 >"$work/one" 2>&1 || true
    dd if=/dev/zero of="$root/fill" bs=4k 2>/dev/null || true
    try full-run run
    rm "$root/fill"
    try again run
    "$orxaq" --root "$root" events --verify >"$work/verify"
    git -C "$root/repo" status --porcelain >"$work/tree"
    git -C "$root/repo" log --format=%s >"$work/log"'
said full-first 1 "full"
has "what to do" "$(cat "$work/full-first.err")" "make room"
said full-run 1 "full"
is "again" "$(cat "$work/again.code")" 0
has "chain" "$(cat "$work/verify")" "every hash is right"
is "tree" "$(cat "$work/tree")" ""
is "each once" "$(sort "$work/log" | tr '\n' ',')" "Task one,Task two,base,"

finish_tests
