#!/bin/bash
# headers.sh: the public headers compile alone, in every C and C++ they promise, without a warning,
# with every compiler that is installed; and every member is where it was.
# shellcheck source=tests/lib/test.sh
. "$ORX_SOURCE_DIR/tests/lib/test.sh" || exit 1

include=$ORX_SOURCE_DIR/sdk/include
warnings=(-Wall -Wextra -Wpedantic -Wpadded -Wconversion -Wshadow -Wundef -Werror)

# Every header is included by a file of its own, and once more to see that it guards itself.
for header in "$include"/orxaq/*.h; do
    name=$(basename "$header")
    printf '#include <orxaq/%s>\n#include <orxaq/%s>\ntypedef int not_empty;\n' "$name" "$name" \
        >"$T/$name.c"
done

# compile COMPILER LANGUAGE STANDARD FILE...
compile() {
    local compiler=$1 language=$2 standard=$3
    shift 3
    run "$compiler" -x "$language" -std="$standard" "${warnings[@]}" -I"$include" -fsyntax-only "$@"
    expect_status 0
}

found=0
for family in 'gcc g++' 'clang clang++'; do
    read -r cc cxx <<<"$family"
    for standard in c99 c11 c17; do
        command -v "$cc" >/dev/null || continue
        begin "$cc -std=$standard"
        compile "$cc" c "$standard" "$T"/*.h.c
        found=$((found + 1))
    done
    for standard in c++11 c++14 c++17 c++20; do
        command -v "$cxx" >/dev/null || continue
        begin "$cxx -std=$standard"
        compile "$cxx" c++ "$standard" "$T"/*.h.c
    done
    if command -v "$cc" >/dev/null; then
        begin "offsets with $cc"
        compile "$cc" c c11 "$ORX_SOURCE_DIR/tests/abi/offsets.c"
    fi
    if command -v "$cxx" >/dev/null; then
        begin "offsets with $cxx"
        compile "$cxx" c++ c++11 "$ORX_SOURCE_DIR/tests/abi/offsets.c"
    fi
done
begin 'some compiler'
[ "$found" -gt 0 ] || fail 'neither gcc nor clang is installed'
finish
