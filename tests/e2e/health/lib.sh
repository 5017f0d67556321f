# shellcheck shell=bash disable=SC2016,SC2034,SC2154 # agents are quoted; variables are read by the scripts, or run/lib.sh's
# lib.sh: roots whose supervisor and agents are watched, and JSON documents of commands.
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../run/lib.sh"

mkdir "$work/tmp" "$work/home"
export TMPDIR=$work/tmp HOME=$work/home
artifacts() { echo "$root/artifacts/autonomy/$1"; }

# field KEY: its value in the document in $out (the first of that name)
field() { printf '%s\n' "$out" | sed -n "s/^ *\"$1\": \(.*[^,]\),\{0,1\}\$/\1/p" | head -n 1; }

# finding ID: its severity in the document in $out; "" = it is not there
finding() {
    printf '%s\n' "$out" | awk -v id="\"id\": \"$1\"" 'index($0, id) { f = 1 }
        f && /"severity"/ { gsub(/.*: "|",?$/, ""); print; exit }'
}

state_is() { "$orxaq" --root "$root" --json units | grep -q "\"name\":\"${2:-primary}\",[^{}]*\"state\":\"$1\""; }
there() { [ -e "$work/tmp/$1" ]; }

good='echo good >"$task.txt"; finish done'
slow='echo good >"$task.txt"; echo >"$TMPDIR/started"; while [ ! -e "$TMPDIR/go" ]; do sleep 0.05; done; finish done'

# a_root: with the agent on standard input and a task; restarts are quick
a_root() {
    make_root
    rm -f "$work/tmp"/*
    echo 'restart: {delay: 1s, jitter: none}' >>"$root/orxaq.yaml"
    tasks one
}

supervisor_ends() {
    ox stop
    is "stop" "$code" 0
}
