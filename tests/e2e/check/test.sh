#!/bin/bash
# scripts/check against two small trees made here: a clean one full of things that only look wrong,
# and one that breaks every rule once. The findings have to be exactly the expected ones, so a rule
# that misses and a rule that cries wolf both fail.
# shellcheck source-path=SCRIPTDIR source=../../lib/test.sh
. "$(dirname "$0")/../../lib/test.sh"

check=$ORX_SOURCE_DIR/scripts/check
for tool in ctags clang-format clang-tidy shellcheck g++; do
    if ! command -v $tool >/dev/null; then
        echo "skipped: $tool is not installed (scripts/install-deps --dev)"
        exit 77
    fi
done

put() { # FILE, content on stdin
    mkdir -p "$(dirname "$1")"
    cat >"$1"
}

# Words that the check looks for are put together here, so that it does not find them in this file.
todo=$(printf 'TO%s' DO)
machine=$(printf '/ro%s' ot/orxaq)

clean_tree() {
    mkdir "$1"
    cd "$1"
    cp "$ORX_SOURCE_DIR/.clang-format" "$ORX_SOURCE_DIR/.clang-tidy" .
    put docs/architecture.md <<<'    core/base   first
    core/data   second
    core/cli    last'
    put core/base/a.h <<'C'
#ifndef A_H
#define A_H
#include <stddef.h>
size_t a_len(const char *s);
#endif
C
    put core/base/a.c <<'C'
#include "base/a.h"

#include <string.h>

struct ops {
    int (*system)(int);
};

/* system("x"), strcpy(a, b) and
 * fork() in a comment */
static const char *const names[] = {"malloc(1)", "strcpy(a, b)", "\"system(\""};

size_t a_len(const char *s) {
    const struct ops none = {0};
    if (none.system)
        return (size_t)none.system(1);
    return strlen(s) + strlen(names[0]); // not atoi(s)
}
C
    put core/data/b.h <<<'int b(void);'
    put core/data/b.c <<'C'
#include "data/b.h"
#include "base/a.h"

#include <stdint.h>

int b(void) {
    return (int)a_len("b");
}
C
    put sdk/include/orxaq/x.h <<'C'
/* x.h: what it is for. */
#ifndef ORXAQ_X_H
#define ORXAQ_X_H
#include <stdint.h>
/* One of a kind. */
typedef struct orxaq_x {
    uint32_t struct_size; /* of this struct */
} orxaq_x;
/* What the
 * other end answers. */
#endif
C
    put plugins/demo/demo.c <<'C'
#include "demo.h"
#include <orxaq/x.h>
#include <stdlib.h>
void *demo(void) {
    return malloc(1);
}
C
    put plugins/demo/demo.h <<<'void *demo(void);'
    put libexec/exec.c <<'C'
#include "base/a.h"
#include <unistd.h>
int child(void);
int child(void) {
    return (int)fork();
}
C
    put tests/unit/test_a.c <<'C'
#include <stdlib.h>
#include <unistd.h>
int test_a(void);
int test_a(void) {
    return setenv("A", "B", 1) + system("true") + (int)fork();
}
C
    put tests/abi/bad/unsafe.c <<'C'
#include <string.h>
void unsafe(char *a, const char *b);
void unsafe(char *a, const char *b) {
    strcpy(a, b);
}
C
    put tests/abi/frozen/0.1/odd.c <<<'int  odd ;'
    put docs/paths.md <<<"The root /srv/ops and its sub/work/x, \${root}/x."
    put scripts/tool <<'SH'
#!/bin/sh
set -eu
echo "$1"
SH
}

# Compiles the trees as far as the rules look at binaries and the compilation database.
build_tree() {
    mkdir -p build/plugins build/bin build/core/CMakeFiles/orx_base.dir/base
    cc -Icore -c core/base/a.c -o build/core/CMakeFiles/orx_base.dir/base/a.c.o
    printf 'void orxaq_plugin_query(void) {}\n%s\n' "${1:-}" | cc -shared -fPIC -x c - -o build/plugins/demo.so
    # shellcheck disable=SC2086 # options are words
    echo 'int main(void) { return 0; }' | cc -x c - -o build/bin/orxaq ${2:-}
    local file
    for file in $(find . -name '*.c' | sed 's#^\./##'); do
        printf '{"directory": "%s", "file": "%s", "command": "cc -Icore -Isdk/include -D_GNU_SOURCE -c %s"}\n' \
            "$PWD" "$PWD/$file" "$PWD/$file"
    done | paste -sd, | sed 's/^/[/; s/$/]/' >build/compile_commands.json
    mv build ../"$(basename "$PWD")-build"
}

begin "a clean tree has no finding"
clean_tree "$T/clean"
build_tree
run "$check" --root "$T/clean" --build "$T/clean-build" --all
expect_eq "$out" ""
expect_status 0

begin "a tree that breaks each rule once has exactly those findings"
clean_tree "$T/bad"
expected=()
breaks() { expected+=("$1:$2: $3:"); }

put core/base/room.c <<<'#include "data/b.h"'
breaks core/base/room.c 1 rooms
put core/data/bare.c <<<'#include "b.h"'
breaks core/data/bare.c 1 rooms
put core/base/plugin.c <<<'#include <orxaq/x.h>'
breaks core/base/plugin.c 1 rooms
put core/attic/old.c <<<'int attic;'
breaks core/attic/old.c 1 rooms
mkdir libexec/data
put libexec/data/b.h <<<'int c(void);'
put libexec/data.c <<<'#include "data/b.h"'
breaks libexec/data.c 1 rooms
put plugins/demo/os.c <<<'#include <unistd.h>'
breaks plugins/demo/os.c 1 plugins
put plugins/demo/core.c <<<'#include "base/a.h"'
breaks plugins/demo/core.c 1 plugins
put core/data/os.c <<<'#include <signal.h>'
breaks core/data/os.c 1 os
put core/data/db.c <<<'#include <sqlite3.h>'
breaks core/data/db.c 1 fence
put core/data/tree.c <<<'#include <yajl/yajl_tree.h>'
breaks core/data/tree.c 1 fence

banned_in_core='strcpy(a, b)|strcat(a, b)|sprintf(a, b)|vsprintf(a, b, c)|gets(a)|strtok(a, b)|atoi(a)|atol(a)|atof(a)
sscanf(a, b)|system(a)|popen(a, b)|alloca(1)|fork()|malloc(1)|calloc(1, 1)|realloc(a, 1)|strdup(a)|setenv(a, b, 1)|putenv(a)|rand()'
banned_in_core=${banned_in_core//$'\n'/|}
line=0
IFS='|' read -ra calls <<<"$banned_in_core"
for call in "${calls[@]}"; do
    line=$((line + 1))
    echo "#define BANNED_$line $call" >>core/data/banned.h
    breaks core/data/banned.h $line banned
done
clang-format -i core/data/banned.h
put plugins/demo/fork.c <<<'#define NOW fork()'
breaks plugins/demo/fork.c 1 banned
put tests/unit/text.c <<<'#define TEXT(a, b) strcpy(a, b)'
breaks tests/unit/text.c 1 banned

{
    echo 'int long_one(void);'
    echo 'int long_one(void) {'
    echo '    int n = 0;'
    for _ in $(seq 87); do echo '    n++;'; done
    printf '    return n;\n}\n'
} >core/data/long.c
breaks core/data/long.c 2 lengths
for i in $(seq 801); do echo "extern int v$i;"; done >core/data/big.h
breaks core/data/big.h 801 lengths

put core/data/alone.h <<<'size_t alone(void);'
breaks core/data/alone.h 1 headers
put core/data/twice.h <<'C'
struct twice {
    int a;
};
C
breaks core/data/twice.h 1 headers
put sdk/include/orxaq/modern.h <<'C'
/* A public header
 * that is no C99,
 * which has no
 * anonymous
 * unions at
 * all. */
#ifndef MODERN_H
#define MODERN_H
struct modern {
    union {
        int a;
    };
};
#endif
C
breaks sdk/include/orxaq/modern.h 12 headers
put sdk/include/orxaq/cplus.h <<'C'
/* A public header that C++
 * does not understand. */
int of(int class);
C
for _ in c++11 c++17 c++20; do breaks sdk/include/orxaq/cplus.h 3 headers; done
put sdk/include/orxaq/terse.h <<'C'
/* Terse. */
int a(void);
int b(void);
C
breaks sdk/include/orxaq/terse.h 1 prose

put core/data/ugly.c <<<'int  ugly ( void ) ;'
breaks core/data/ugly.c 1 format
put core/data/careless.c <<'C'
int careless(int a);
int careless(int a) {
    return a + a == a + a;
}
C
breaks core/data/careless.c 3 tidy
put scripts/sloppy <<'SH'
#!/bin/sh
rm $1
SH
breaks scripts/sloppy 2 shell
put docs/plan.md <<<"- $todo: everything"
breaks docs/plan.md 1 markers
put docs/where.md <<<"It lies in $machine."
breaks docs/where.md 1 paths

cat >>core/base/a.c <<<'int counter = 1;'
breaks core/base/a.c 1 globals
breaks ../bad-build/plugins/demo.so 1 symbols
breaks ../bad-build/bin/orxaq 1 link
touch "$T/empty.c"
cc -shared -fPIC "$T/empty.c" -Wl,-soname,libcurl.so.4 -o "$T/libcurl.so.4"
build_tree 'int other;' "-x none -Wl,--no-as-needed $T/libcurl.so.4"
run "$check" --root "$T/bad" --build "$T/bad-build" --all
expect_status 1
printf '%s\n' "${expected[@]}" | sed "s#\.\./bad-build#$T/bad-build#" | sort >"$T/expected"
printf '%s\n' "$out" | grep -oE '^[^ ]+:[0-9]+: [a-z]+:' | sort >"$T/found"
diff "$T/expected" "$T/found" >"$T/diff" || fail "findings differ (< expected, > found): $(cat "$T/diff") in: $out"

begin "the list of cases and the tests agree"
mkdir -p "$T/cases/tests"
cd "$T/cases"
put tests/t.c <<<'static void a1_is_there(void **state) {}'
for n in A{1..67} B{1..17}; do echo "| $n | what | no test, because |"; done >"$T/rows"
# shellcheck disable=SC2016 # Markdown's ticks
sed 's/^| A1 .*/| A1 | what | `tests\/t.c:a1_is_there` |/' "$T/rows" >tests/CASES.md
run "$check" --root "$T/cases" cases
expect_status 0
# shellcheck disable=SC2016 # Markdown's ticks
sed -e 's/^| A1 .*/| A1 | what | `tests\/t.c:a1_gone` |/' -e 's/^| A2 .*/| A2 | what | `tests\/t.c:a1_is_there` |/' \
    -e 's/^| A4 /| A3 /' "$T/rows" >tests/CASES.md
run "$check" --root "$T/cases" cases
expect_status 1
expect_in "$out" 'CASES.md:1: cases: A1: there is no "a1_gone" in tests/t.c'
expect_in "$out" "CASES.md:2: cases: A2: no test of the row carries its number"
expect_in "$out" "CASES.md:4: cases: A3 is listed twice, first in line 3"
expect_in "$out" "CASES.md:1: cases: A4 is not listed"
expect_eq "$(wc -l <<<"$out")" 4

begin "the other lists: rows with a letter in front of their number, and without"
# shellcheck disable=SC2016 # Markdown's ticks
printf '%s\n' '| 1 | what | `tests/t.c:a1_is_there` |' '| R2 | what | no test, because |' >tests/CASES-other.md
cp "$T/rows" tests/CASES.md
run "$check" --root "$T/cases" cases
expect_status 0
# shellcheck disable=SC2016 # Markdown's ticks
printf '%s\n' '| 1 | what | `tests/t.c:a1_is_there`, `tests/t.c:gone` |' '| R2 | what | `tests/no.c:a1_is_there` |' '| 1 | again | - |' >tests/CASES-other.md
run "$check" --root "$T/cases" cases
expect_status 1
expect_in "$out" 'CASES-other.md:1: cases: 1: there is no "gone" in tests/t.c'
expect_in "$out" 'CASES-other.md:2: cases: R2: there is no "a1_is_there" in tests/no.c'
expect_in "$out" "CASES-other.md:3: cases: 1 is listed twice"
expect_eq "$(wc -l <<<"$out")" 3

begin "one rule can be run alone"
run "$check" --root "$T/bad" --build "$T/bad-build" prose
expect_status 1
expect_eq "$(wc -l <<<"$out")" 1

begin "distribution and ratio are reported"
run "$check" --root "$T/clean" lengths ratio
expect_status 0
expect_in "$err" "lengths: functions: p50 "
expect_in "$err" "ratio: "

begin "an unknown rule and an unknown option are usage errors"
run "$check" nonsense
expect_status 2
expect_in "$err" "no rule named nonsense"
run "$check" --nonsense
expect_status 2

finish
