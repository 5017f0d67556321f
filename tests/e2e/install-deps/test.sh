#!/bin/bash
# scripts/install-deps against a machine made of fakes: dpkg-query, apt-get, apt-cache, id and sudo
# are small scripts that keep their facts in files of $T.
# shellcheck source-path=SCRIPTDIR source=../../lib/test.sh
. "$(dirname "$0")/../../lib/test.sh"

script=$ORX_SOURCE_DIR/scripts/install-deps
fakes=$T/bin

fake() { # NAME, body on stdin
    rm -f "$fakes/$1" # it may be a link to the real one
    { echo '#!/bin/sh' && cat; } >"$fakes/$1"
    chmod +x "$fakes/$1"
}

# A machine whose user has id $1; nothing but awk and its like comes from the real one.
machine() {
    rm -rf "$fakes" && mkdir "$fakes"
    : >"$T/installed"
    : >"$T/known"
    : >"$T/log"
    for tool in awk cat cut grep tr wc sed sh env; do ln -s "$(command -v $tool)" "$fakes/$tool"; done
    fake id <<<"echo $1"
    # Like dpkg: one line per package it knows, 1 when one is unknown.
    fake dpkg-query <<'SH'
shift 3; rc=0
for p; do if grep -qx "$p" "$T/installed"; then echo "$p installed"; else rc=1; fi; done
exit $rc
SH
    fake apt-cache <<'SH'
shift
for p; do if grep -qx "$p" "$T/known"; then echo "$p:"; echo "  Candidate: 1"; fi; done
SH
    # Installs only what the lists know; update teaches it what the mirror has.
    fake apt-get <<'SH'
echo "apt-get $*" >>"$T/log"
while :; do case $1 in -q) shift ;; -o) shift 2 ;; *) break ;; esac; done
case $1 in
update) cat "$T/mirror" >"$T/known" && cat "$T/mirror" >"$T/fetchable" ;;
install)
    shift 3
    for p; do grep -qx "$p" "$T/fetchable" || exit 100; done
    for p; do echo "$p" >>"$T/installed"; done ;;
esac
SH
}

all=$("$script" --list --dev | awk '{ print $1 }')
echo "$all" >"$T/mirror"
echo "$all" >"$T/fetchable"
export T
call() { run env PATH="$fakes" "$fakes/sh" "$script" "$@"; }

begin "nothing missing: silent, no apt-get"
machine 0
echo "$all" >"$T/installed"
call
expect_status 0
expect_eq "$out$err" ""
expect_eq "$(cat "$T/log")" ""

begin "a removed package that left its configuration is missing"
machine 0
echo "$all" >"$T/known"
echo "$all" | grep -vx libyaml-dev >"$T/installed"
fake dpkg-query <<'SH'
shift 3
for p; do if grep -qx "$p" "$T/installed"; then echo "$p installed"; else echo "$p config-files"; fi; done
SH
call
expect_in "$out" "libyaml-dev"
expect_in "$(cat "$T/log")" "install -y --no-install-recommends libyaml-dev"

begin "root with fresh lists: says what and why, installs, no update"
machine 0
echo "$all" >"$T/known"
echo "$all" | grep -vxE 'libuv1-dev|cmake' >"$T/installed"
call
expect_status 0
expect_in "$out" "cmake                  configures the build"
expect_in "$out" "libuv1-dev             event loop"
expect_not_in "$out" "libyajl-dev"
expect_not_in "$(cat "$T/log")" "update"
expect_in "$(cat "$T/log")" "install -y --no-install-recommends cmake libuv1-dev"

begin "it is idempotent"
: >"$T/log"
call
expect_status 0
expect_eq "$out$(cat "$T/log")" ""

begin "bare machine: refreshes the lists once, installs only the base"
machine 0
call
expect_status 0
expect_eq "$(grep -c update "$T/log")" 1
expect_not_in "$(cat "$T/installed")" "clang"

begin "--dev adds the tools of the checks"
call --dev
expect_status 0
expect_in "$(cat "$T/installed")" "clang-tidy"

begin "stale lists: the install fails, update, second try"
machine 0
echo "$all" >"$T/known"
: >"$T/fetchable"
call
expect_status 0
expect_in "$out" "trying once more"

begin "a user goes through sudo"
machine 1000
echo "$all" >"$T/known"
fake sudo <<'SH'
echo "sudo" >>"$T/log"
exec env "$@"
SH
call
expect_status 0
expect_in "$(cat "$T/log")" "sudo"

begin "neither root nor sudo: names the command, changes nothing"
machine 1000
echo "$all" | grep -vx libyajl-dev >"$T/installed"
call
expect_status 1
expect_in "$err" "cannot install without root and there is no sudo"
expect_in "$err" "apt-get install --no-install-recommends libyajl-dev"
expect_eq "$(cat "$T/log")" ""

begin "no dpkg: installs nothing, names what pkg-config does not find"
machine 0
rm "$fakes/dpkg-query"
fake pkg-config <<'SH'
[ "$2" != libuv ]
SH
for tool in cc cmake make git; do fake $tool </dev/null; done
call
expect_status 1
expect_in "$err" "not a Debian system"
expect_in "$err" "libuv"
expect_not_in "$err" "yajl"

begin "an unknown option is a usage error"
call --frobnicate
expect_status 2
expect_in "$err" "unknown option --frobnicate"

finish
