#!/bin/bash
# append_only.sh OLD NEW: compares two folders of public headers and fails when NEW is not OLD plus
# additions: every struct's members are a prefix of the new ones, word for word; every enumerator and
# every macro is still there with its value (versions may rise, MINOR and SDK_VERSION). Each finding
# is one line. abidiff cannot do this: it gives one exit code for members appended (allowed) and
# members inserted (fatal).
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
[ $# -eq 2 ] || { echo "usage: append_only.sh OLD NEW" >&2; exit 2; }

declarations() {
    local header
    for header in "$1"/*.h; do
        awk -f "$here/declarations.awk" "$header"
    done
}

declarations "$1" >"${TMPDIR:-/tmp}/orxaq-old.$$"
declarations "$2" >"${TMPDIR:-/tmp}/orxaq-new.$$"
trap 'rm -f "${TMPDIR:-/tmp}/orxaq-old.$$" "${TMPDIR:-/tmp}/orxaq-new.$$"' EXIT

awk '
    # What identifies a line, and what must not change about it. Macros that depend on the machine
    # are defined twice; their first definition counts, as the other follows it.
    function key() { return $1 == "struct" ? $1 " " $2 " " $3 : $1 " " $2 }
    function free_to_change() {
        return $1 == "define" && $2 ~ /^ORXAQ_(ABI_MINOR|SDK_VERSION|LAYOUT)$/
    }
    FNR == NR { if (!(key() in seen)) seen[key()] = $0; next }
    free_to_change() { next }
    !done[key()]++ {
        if (!(key() in seen)) { print "gone: " $0; bad = 1 }
        else if (seen[key()] != $0) { print "changed: " $0 "\n     to: " seen[key()]; bad = 1 }
    }
    END { exit bad }
' "${TMPDIR:-/tmp}/orxaq-new.$$" "${TMPDIR:-/tmp}/orxaq-old.$$"
