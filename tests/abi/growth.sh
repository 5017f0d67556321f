#!/bin/bash
# growth.sh: the public headers grow at the end only. Compares them with every frozen version, proves
# that the comparison would notice the mistakes it is for, and that no member was forgotten in the
# layout word or in the table of offsets.
# shellcheck source=tests/lib/test.sh
. "$ORX_SOURCE_DIR/tests/lib/test.sh" || exit 1

headers=$ORX_SOURCE_DIR/sdk/include/orxaq
abi=$ORX_SOURCE_DIR/tests/abi

for frozen in "$abi"/frozen/*/include/orxaq; do
    [ -d "$frozen" ] || continue
    begin "grown from $frozen"
    run "$abi/append_only.sh" "$frozen" "$headers"
    expect_status 0
    # The list behind a released layout word is data and stays as it is.
    for list in "$frozen"/*.def; do
        cmp -s "$list" "$headers/$(basename "$list")" || fail "$(basename "$list") has changed"
    done
done
first=$abi/frozen/0.1/include/orxaq

begin 'the version of the headers is frozen, or later than every frozen one'
minor=$(sed -nE 's/^#define ORXAQ_ABI_MINOR ([0-9]+)$/\1/p' "$headers/abi.h")
latest=$(find "$abi/frozen" -mindepth 1 -maxdepth 1 -name '0.*' -printf '%f\n' | sort -V | tail -n 1)
[ "$minor" -ge "${latest#0.}" ] || fail "the headers say 0.$minor, but $latest is frozen"
if [ "0.$minor" = "$latest" ]; then
    # Not even appended to: what is new belongs to the next version.
    run diff <(for h in "$first"/../../../"$latest"/include/orxaq/*.h; do awk -f "$abi/declarations.awk" "$h"; done) \
        <(for h in "$headers"/*.h; do awk -f "$abi/declarations.awk" "$h"; done)
    expect_status 0
fi

# changed NAME SED-EXPRESSION FILE: a copy of the first frozen headers with one edit.
changed() {
    rm -rf "$T/edited"
    cp -r "$first" "$T/edited"
    sed -i -e "$2" "$T/edited/$3"
    ! cmp -s "$first/$3" "$T/edited/$3" || fail "the edit \"$1\" changed nothing"
    run "$abi/append_only.sh" "$first" "$T/edited"
}

begin 'nothing changed'
run "$abi/append_only.sh" "$first" "$first"
expect_status 0

begin 'a member appended is fine'
changed append 's|^    const orxaq_append \*append;|&\n    const void *later;|' effect.h
expect_status 0

begin 'a new enumerator is fine'
changed enumerator 's|ORXAQ_EFFECT_APPEND = 4|&,\n    ORXAQ_EFFECT_LATER = 5|' effect.h
expect_status 0

begin 'a higher minor version is fine'
changed minor 's|ORXAQ_ABI_MINOR 1|ORXAQ_ABI_MINOR 2|' abi.h
expect_status 0

begin 'a member inserted'
changed insert 's|^    orxaq_view cwd;|    int64_t early;\n&|' effect.h
expect_status 1
expect_in "$out" 'orxaq_exec'

begin 'a member removed'
changed remove '/^    orxaq_view blocker;/d' event.h
expect_status 1

begin 'a member with another type'
changed type 's|^    int64_t idle_ns;      |    int32_t idle_ns;      |;s|    int64_t grace_ns;  |    int32_t grace_ns;  |' effect.h
expect_status 1

begin 'a renamed member'
changed rename 's|orxaq_view commit;|orxaq_view sha;|' event.h
expect_status 1

begin 'an enumerator with another value'
changed value 's|ORXAQ_FEED_EXIT = 5|ORXAQ_FEED_EXIT = 7|' feed.h
expect_status 1

begin 'an id that changed'
changed id 's|"orxaq.kv/1"|"orxaq.store/1"|' host.h
expect_status 1

begin 'a function that takes another argument'
changed argument 's|(\*cancel)(void \*job, int32_t reason)|(*cancel)(void *job, int64_t reason)|' job.h
expect_status 1

for header in "$headers"/*.h; do
    awk -f "$abi/declarations.awk" "$header"
done | awk '$1 == "struct" && $2 != "orxaq_view" && $2 != "orxaq_align_probe" && $3 != 0 {
    print $2 "." $4 }' | sort >"$T/members"

begin 'every member is part of the layout word'
grep -ohE 'ORXAQ_L[1-4]\([0-9]+, [a-z_0-9, ]+\)' "$headers"/layout_*.def |
    sed -E 's/.*\([0-9]+, //; s/[,)]//g' |
    awk '{ for (i = 2; i <= NF; i++) print $1 "." $i }' | sort >"$T/layout"
expect_eq "$(comm -3 "$T/members" "$T/layout")" ''

begin 'every member number is used once'
expect_eq "$(grep -ohE 'ORXAQ_L[1-4]\([0-9]+' "$headers"/layout_*.def | awk -F'[L(]' '
    { for (i = 0; i < $2; i++) print $3 + i }' | sort | uniq -d)" ''

begin 'every member has its offset'
grep -oE '^MEMBER\([a-z_0-9]+, [a-z_0-9]+' "$abi/offsets.def" |
    sed -E 's/MEMBER\(//; s/, /./' | grep -v '\.struct_size$' | grep -v '^orxaq_view\.' |
    sort >"$T/offsets"
expect_eq "$(comm -3 "$T/members" "$T/offsets")" ''

finish
