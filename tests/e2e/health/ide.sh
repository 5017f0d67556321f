#!/bin/bash
# ide.sh: the workspace file, and editors that are stood in for by scripts.
# shellcheck disable=SC1010,SC2016,SC2034,SC2154 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/health/lib.sh
. "$(dirname "$0")/lib.sh"

# launcher NAME: a program that writes down what it is to open
launcher() {
    mkdir -p "$root/bin"
    printf '#!/bin/sh\necho "$PWD $*" >"%s/opened-with-%s"\n' "$root" "$1" >"$root/bin/$1"
    chmod +x "$root/bin/$1"
}
# opened NAME: what it was given; waits for it
opened() {
    until_true "$1 began" test -s "$root/opened-with-$1"
    cat "$root/opened-with-$1"
    rm "$root/opened-with-$1"
}
file="orxaq-dual-agent.code-workspace"

case_is "the workspace names both repositories and the root"
make_root <<<"$good"
ox workspace
is "exit code" "$code" 0
is "said" "$out" "workspace generated: $root/$file"
is "content" "$(cat "$root/$file")" "{
  \"folders\": [
    {
      \"name\": \"orxaq\",
      \"path\": \"$root/repo\"
    },
    {
      \"name\": \"orxaq_gemini\",
      \"path\": \"$root/repo\"
    },
    {
      \"name\": \"orxaq_ops\",
      \"path\": \"$root\"
    }
  ]
}"
ox workspace --output mine.code-workspace
is "elsewhere" "$(cmp "$root/$file" "$root/mine.code-workspace" && echo same)" same
ox workspace --output nowhere/mine.code-workspace
is "a folder that is not there" "$code" 1
has "said" "$err" "nowhere/mine.code-workspace"

case_is "editors"
make_root <<<"$good"
PATH=/usr/bin:/bin ox open-ide
is "none is there" "$code" 1
has "tried" "$err" "code, code-insiders"
has "what to do" "$err" "open $root/$file by hand"
export PATH=$root/bin:$PATH
launcher code-insiders
ox open-ide
is "the second candidate" "$code" 0
has "said" "$out" "opened with: code-insiders $root/$file (pid="
is "opened" "$(opened code-insiders)" "$root $root/$file"
launcher code
echo mine >"$root/$file"
ox open-vscode
is "the first candidate" "$(opened code)" "$root $root/$file"
is "a workspace that is there stays" "$(cat "$root/$file")" mine
launcher cursor
ox open-cursor --workspace other.code-workspace
is "another workspace" "$(opened cursor)" "$root $root/other.code-workspace"
[ -s "$root/other.code-workspace" ] || fail "no workspace was written"
launcher charm
ox open-ide --ide pycharm
is "the root" "$(opened charm)" "$root $root"
ox open-pycharm
is "the same" "$(opened charm)" "$root $root"
ox open-ide --ide emacs
is "an editor that is none of them" "$code" 2
has "said" "$err" "vscode, cursor or pycharm"
chmod -x "$root/bin/code"
ox open-vscode
has "one that cannot be run" "$out$err" "code"

finish_tests
