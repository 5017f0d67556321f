#!/bin/bash
# `cmake --install` into a staging directory and scripts/uninstall: what arrives, and that nothing
# stays behind.
# shellcheck source-path=SCRIPTDIR source=../../lib/test.sh
. "$(dirname "$0")/../../lib/test.sh"

stage=$T/stage
# The manifest of the build directory belongs to the person who installed last.
manifest=$ORX_BUILD_DIR/install_manifest.txt
[ ! -e "$manifest" ] || mv "$manifest" "$T/kept"
restore() {
    rm -f "$manifest"
    [ ! -e "$T/kept" ] || mv "$T/kept" "$manifest"
    rm -rf "$T"
}
trap restore EXIT

begin "everything arrives"
DESTDIR=$stage run cmake --install "$ORX_BUILD_DIR" --prefix /usr
expect_status 0
for file in share/orxaq/config/tasks.json share/orxaq/config/.env.autonomy.example \
    share/orxaq/config/prompts/codex_impl_prompt.md share/orxaq/skills/orxaq-autonomy-agent/SKILL.md share/doc/orxaq/README.md; do
    [ -f "$stage/usr/$file" ] || fail "$file was not installed"
done
for plugin in "$ORX_BUILD_DIR"/plugins/*.so; do
    [ -e "$plugin" ] || continue
    [ -n "$(find "$stage" -name "${plugin##*/}")" ] || fail "${plugin##*/} was not installed"
done
if [ -x "$ORX_BUILD_DIR/bin/orxaq" ]; then
    expect_eq "$(readlink "$stage/usr/bin/orxaq-autonomy")" orxaq
    [ -x "$stage/usr/bin/orxaq-autonomy" ] || fail "orxaq-autonomy leads nowhere"
    [ -n "$(find "$stage" -name orxaq-exec -perm -u+x)" ] || fail "orxaq-exec was not installed"
    [ -n "$(find "$stage" -name orxaq-tools -perm -u+x)" ] || fail "orxaq-tools was not installed"
    [ -f "$stage/usr/libexec/orxaq/orxaq-http.so" ] || fail "the HTTP client was not installed"
    [ -f "$stage/usr/libexec/orxaq/orxaq-httpd.so" ] || fail "the HTTP server was not installed"
fi

begin "nothing of the build or of the tests arrives, and nothing outside the prefix"
expect_eq "$(ls "$stage")" usr
expect_eq "$(find "$stage" -name 'unit_*' -o -name '*.a' -o -name 'fuzz_*')" ""

begin "uninstall leaves nothing behind but folders of others"
touch "$stage/usr/share/other"
run "$ORX_SOURCE_DIR/scripts/uninstall" "$manifest" "$stage"
expect_status 0
expect_eq "$(find "$stage" ! -type d)" "$stage/usr/share/other"
expect_eq "$(find "$stage" -name 'orxaq*')" ""

finish
