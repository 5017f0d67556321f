#!/bin/bash
# The Makefile as a front: which goals are its own, and how the others reach orxaq. The orxaq here
# only prints its arguments.
# shellcheck source-path=SCRIPTDIR source=../../lib/test.sh
. "$(dirname "$0")/../../lib/test.sh"

cd "$T"
cp "$ORX_SOURCE_DIR/Makefile" .
mkdir -p bin scripts config
printf '#!/bin/sh\nprintf "[%%s]" "$@"\n' >bin/orxaq
printf '#!/bin/sh\n' >scripts/demo
printf '#!/bin/sh\n' >scripts/install-deps
chmod +x bin/orxaq scripts/*
unset MAKEFLAGS MFLAGS MAKEOVERRIDES MAKELEVEL
forward() { run make --no-print-directory ORXAQ=bin/orxaq "$@"; }

begin "an unknown goal is a command with the root"
forward lanes-status
expect_status 0
expect_eq "$out" "[--root][.][lanes-status]"

begin "ROOT and ARGS are passed on"
forward status ROOT=/srv/fleet ARGS="--json --quiet"
expect_eq "$out" "[--root][/srv/fleet][status][--json][--quiet]"

begin "goals with flags of their own"
forward process-watchdog
expect_eq "$out" "[--root][.][process-watchdog][--strict]"
forward full-autonomy
expect_eq "$out" "[--root][.][full-autonomy][--strict]"
forward dashboard
expect_eq "$out" "[--root][.][dashboard-start]"
forward routellm-preflight
expect_eq "$out" "[--root][.][routellm-preflight][--allow-dirty]"
forward mesh-publish
expect_eq "$out" "[--root][.][mesh-publish][--topic][scheduling][--event-type][task.enqueued][--payload-json][{\"task_id\":\"example\"}]"

begin "nothing adds --apply"
expect_not_in "$(cat Makefile)" "--apply"

begin "several goals run in order, and a failing command fails make"
forward stop start
expect_eq "$out" "[--root][.][stop][--root][.][start]"
printf '#!/bin/sh\nexit 4\n' >bin/orxaq
forward run
expect_status 2

begin "names of files are no commands"
printf '#!/bin/sh\necho reached\n' >bin/orxaq
for goal in Makefile config scripts/demo; do
    forward $goal
    expect_status 0
    expect_not_in "$out" "reached"
done
forward no/such/file
expect_status 2
expect_not_in "$out" "reached"

begin "own goals do not reach orxaq"
for goal in all test check bench fuzz demo install clean format torture soak coverage uninstall; do
    run make -n --no-print-directory ORXAQ=bin/orxaq $goal
    expect_status 0
    expect_not_in "$out" "bin/orxaq"
done

begin "help names every goal"
run make help
for goal in deps test test-asan check bench fuzz torture soak demo install uninstall coverage clean format; do
    expect_in "$out" "make $goal "
done

begin "variables of the goals"
run make -n fuzz FUZZ_TIME=7
expect_in "$out" "scripts/fuzz 7"
run make -n demo PROVIDER=codex
expect_in "$out" "scripts/demo codex"
run make -n install PREFIX=/opt/orxaq DESTDIR=/tmp/stage
expect_in "$out" "CMAKE_INSTALL_PREFIX=/opt/orxaq"
expect_in "$out" "DESTDIR=/tmp/stage cmake --install build"

begin "uninstall removes what the manifest names and the folders that leaves empty, nothing else"
mkdir -p stage/usr/bin stage/usr/lib/orxaq/plugins
touch stage/usr/bin/orxaq stage/usr/bin/other stage/usr/lib/orxaq/plugins/command.so
printf '/usr/bin/orxaq\n/usr/lib/orxaq/plugins/command.so\n/usr/lib/gone' >manifest
run "$ORX_SOURCE_DIR/scripts/uninstall" manifest "$T/stage"
expect_status 0
expect_eq "$(cd stage && find . | sort | tr '\n' ' ')" ". ./usr ./usr/bin ./usr/bin/other ./usr/lib "
run "$ORX_SOURCE_DIR/scripts/uninstall" no-manifest
expect_status 1
expect_in "$err" "nothing was installed"

finish
