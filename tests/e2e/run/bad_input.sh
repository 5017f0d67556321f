#!/bin/bash
# bad_input.sh: hostile and broken files. Each gives a clear error on stderr, exit code 1 or 2, within
# 5 s and 100 MB, and nothing is lost.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

# repeat N TEXT
repeat() {
    awk -v n="$1" -v t="$2" 'BEGIN { for (i = 0; i < n; i++) printf "%s", t }'
}

fresh() {
    case_is "$1"
    make_root <<'SH'
echo good >"$task.txt"; finish done
SH
    tasks one
}

# put: standard input into the file under test
put() { cat >"$target"; }

fresh "tasks files"
target=$root/config/tasks.json
repeat 1000000 '[' | put
refused "a megabyte of [" "tasks.json:" run
printf '[{"id": "a", "id": "b"}]' | put
refused "duplicate keys" "tasks.json:1:" run
printf '["\\ud800"]' | put
refused "a lone surrogate" "tasks.json:1:" run
printf '[1e400]' | put
refused "1e400" "tasks.json:1:" run
printf '[12345678901234567890]' | put
refused "20 digits" "tasks.json:1:" run
printf '[\0]' | put
refused "a NUL byte" "tasks.json:1:" run
printf '[] x' | put
refused "trailing bytes" "tasks.json:1:4" run
: | put
refused "an empty file" "tasks.json" run
printf '\xff\xfe' | put
refused "no UTF-8" "tasks.json" run
printf '[{"id": "a", "owner": "worker", "priority": 1, "title": "t", "description": "d", "depends_on": ["b"]},
{"id": "b", "owner": "worker", "priority": 1, "title": "t", "description": "d", "depends_on": ["a"]}]' | put
refused "a cycle" "a -> b -> a" run
printf '[{"id": "a", "owner": "worker", "priority": 1, "title": "t", "description": "d", "depends_on": ["c"]}]' | put
refused "a dangling id" "\"c\", which does not exist" run
printf '[{"id": "a", "owner": "bob", "priority": 1, "title": "t", "description": "d"}]' | put
refused "an unknown owner" "unknown owner \"bob\"" run
for id in 'a/b' '..' 'a\nb' "$(repeat 4096 a)"; do
    printf '[{"id": "%s", "owner": "worker", "priority": 1, "title": "t", "description": "d"}]' "${id//\\/\\\\}" | put
    refused "a bad id" "is not allowed" run
done
{
    printf '[{"id": "a", "owner": "worker", "priority": 1, "title": "t", "description": "d", "depends_on": ["x0"'
    for i in $(seq 9999); do printf ',"x%d"' "$i"; done
    printf ']}]'
} | put
refused "10,000 dependencies" "at most 1000" run
rm "$root/config/tasks.json"
refused "a missing file" "does not exist" run
mkdir "$root/config/tasks.json"
refused "a directory" "tasks.json" run
rmdir "$root/config/tasks.json"
mkfifo "$root/config/tasks.json"
refused "a FIFO" "tasks.json" run
rm "$root/config/tasks.json"
tasks one
ox run
is "afterwards all is well" "$code" 0

fresh "configuration files"
target=$root/orxaq.yaml
cp "$root/orxaq.yaml" "$work/good.yaml"
repeat 1000000 '[' | put
refused "a megabyte of [" "orxaq.yaml:" run
{ echo 'a: &a [x, x]'; for c in b c d e f g h i; do echo "$c: &$c [*a, *a, *a, *a, *a, *a, *a, *a, *a, *a]" | sed "s/\*a/*$(echo $c | tr b-i a-h)/g"; done; } | put
refused "an alias bomb" "orxaq.yaml:" run
printf 'version: 1\nversion: 1\n' | put
refused "duplicate keys" "orxaq.yaml:2:1" run
printf 'retry: {max_attempts: lots}\n' | put
refused "a wrong type" "orxaq.yaml:1:23" run
printf 'retry: {max_attempts: 1e400}\n' | put
refused "a number beyond doubles" "orxaq.yaml:1:" run
printf 'retry:\n  max_attemps: 3\n' | put
refused "an unknown key with --strict" "max_attempts" --strict run
printf -- '- a\n- b\n' | put
refused "a list" "orxaq.yaml:1:1" run
printf 'recovery: "\0"\n' | put
refused "a NUL byte" "orxaq.yaml" run
rm "$root/orxaq.yaml"
refused "an explicit file that is missing" "nowhere.yaml" --config "$root/nowhere.yaml" run
mkdir "$root/orxaq.yaml"
refused "a directory" "orxaq.yaml" run
rmdir "$root/orxaq.yaml"
mkfifo "$root/orxaq.yaml"
refused "a FIFO" "orxaq.yaml" run
rm "$root/orxaq.yaml"
cp "$work/good.yaml" "$root/orxaq.yaml"
printf 'A=1\nB=x\0y\n' >"$root/.env.autonomy"
refused "a NUL byte in the env file" ".env.autonomy:2" run
rm "$root/.env.autonomy"

fresh "a damaged journal"
ox run
printf 'garbage' | dd of="$root/state/orxaq.db" conv=notrunc status=none
dd if=/dev/zero of="$root/state/orxaq.db" bs=4096 seek=1 count=3 conv=notrunc status=none
refused "a damaged journal" "orxaq.db" run
is "it is not emptied" "$([ "$(find "$root/state" -name 'orxaq.db*' -size +4k | wc -l)" -ge 1 ] && echo kept)" kept

finish_tests
