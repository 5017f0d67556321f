#!/bin/bash
# bad_plugins.sh: files that are no plugin, or a plugin nobody wants. Each gives a clear error on
# stderr, exit code 1 or 2, within 5 s and 100 MB, and the queue is as before.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

case_is "files"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
tasks one
good=$build/plugins/command.so
dir=$root/plugins
mkdir "$dir"

: >"$dir/empty.so"
echo 'int main(void) { return 0; }' >"$dir/text.so"
head -c 64 "$good" >"$dir/header.so"
head -c "$(($(stat -c %s "$good") / 2))" "$good" >"$dir/half.so"
cp "$good" "$dir/riscv.so"
printf '\363' | dd of="$dir/riscv.so" bs=1 seek=18 conv=notrunc status=none
cp "$good" "$dir/old.la"
mkdir "$dir/folder.so"
mkfifo "$dir/fifo.so"
chmod 755 "$dir"/*
cp "$good" "$dir/loose.so"
chmod 757 "$dir/loose.so"
mkdir "$dir/open"
cp "$good" "$dir/open/inside.so"
chmod 777 "$dir/open"

# file NAME WORDS: refused when looked at, and nothing runs when it is a provider
file() {
    refused "$1" "$1" plugin info "$dir/$1"
    has "$1" "$err" "$2"
}
file empty.so "an empty file"
file text.so "is a text file"
file header.so "cut short"
file half.so "cut short"
file riscv.so "built for RISC-V"
file old.la "must end in .so"
file folder.so "found a directory"
file fifo.so "found a FIFO"
file loose.so "others may write to it"
file open/inside.so "others may write to its folder"
file nowhere.so "No such file"

case_is "modules"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
tasks one
dir=$build/tests/plugin-modules
file no-symbol.so "has no function orxaq_plugin_query"
file future.so "built for ABI 7.2"
file exit-load.so "it ended the process (exit code 0)"
file exit-query.so "it ended the process (exit code 7)"
file crash-load.so "it crashed (signal 11)"
file crash-query.so "it crashed (signal 11)"
file abort-load.so "it crashed (signal 6)"
file fork-on.so "started a process"
file fork-child.so "started a process"
file thread.so "started a thread"
file hang-load.so "did not come back within 4 s"


case_is "a run with a provider that is no plugin"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
tasks one
head -c 3000 "$good" >"$root/half.so"
chmod 755 "$root/half.so"
cp "$root/orxaq.yaml" "$work/good.yaml"
echo "plugins: [{path: $root/half.so}]" >>"$root/orxaq.yaml"
sed -i 's/plugin: command/plugin: half/' "$root/orxaq.yaml"
refused "a truncated provider" "no task can be done: orxaq.yaml:" run
has "why" "$err" "half.so is cut short"
is "nothing is lost" "$(status_of one)" pending
cp "$work/good.yaml" "$root/orxaq.yaml"
ox run
is "afterwards all is well" "$code" 0

case_is "an id that is taken"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
tasks one
mkdir "$root/plugins"
cp "$good" "$root/plugins/command.so"
cp "$good" "$root/plugins/twin.so"
echo "plugins: [{path: $root/plugins/command.so}, {path: $root/plugins/twin.so}]" >>"$root/orxaq.yaml"
ox plugin list
has "the second is refused" "$out" "twin.so: its id \"command\" is taken by "
ox run
is "the first works" "$code" 0

finish_tests
