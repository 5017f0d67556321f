#!/bin/bash
# doctor.sh: what `orxaq doctor` says of a healthy root, and of each thing that can be wrong with one.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

export HOME=$work/home
mkdir -p "$HOME"

good_root() {
    make_root <<'SH'
echo good >"$task.txt"; finish done
SH
    tasks one
    "$build/libexec/orxaq-exec" --can-confine || sed -i 's/^    plugin: command/&\n    sandbox: none/' "$root/orxaq.yaml"
}
# finding WHAT: its lines
finding() { printf '%s\n' "$out" | grep -A1 "^[a-z]*  *$1: " || true; }
provider() { printf '  %s:\n    plugin: %s\n%s' "$1" "$2" "$3" >>"$root/orxaq.yaml"; }

case_is "a healthy root"
good_root
before=$(cd "$root" && find . -path ./repo/.git -prune -o -type f -print | grep -v plugin-verdicts | sort)
ox doctor
is "exit code" "$code" 0
hasnt "nothing fails" "$out" "fail "
has "git" "$(finding git)" "ok    git: git version"
has "disk" "$(finding disk)" "MiB left"
has "journal" "$(finding journal)" "none yet"
has "repository" "$out" "repo: main, clean"
has "provider" "$(finding 'provider worker')" "ok    provider worker: $root/agent"
is "nothing was made" "$(cd "$root" && find . -path ./repo/.git -prune -o -type f -print | grep -v plugin-verdicts | sort)" "$before"
ox --json doctor
is "exit code" "$code" 0
has "JSON" "$out" '{"ok":true,"warnings":'
has "JSON" "$out" '{"health":"ok","what":"git","found":"git version'
ox run
ox doctor
has "a journal" "$(finding journal)" " events"

case_is "a configuration that cannot be read, and one with a slip"
good_root
echo 'retries: 3' >>"$root/orxaq.yaml"
ox doctor
is "a slip is no failure" "$code" 0
has "warning" "$out" "warn  configuration: orxaq.yaml:"
echo 'run: [' >>"$root/orxaq.yaml"
ox --json doctor
is "broken" "$code" 1
has "failure" "$out" '"health":"fail","what":"configuration"'
has "where" "$out" "orxaq.yaml:"

case_is "repositories"
good_root
echo mine >"$root/repo/mine.txt"
ox doctor
is "changes are no failure" "$code" 0
has "but said" "$out" "1 uncommitted change: no attempt begins"
has "with a remedy" "$out" "isolation: worktree"
echo 'git: {isolation: worktree}' >>"$root/orxaq.yaml"
ox doctor
has "they do not matter there" "$out" "with changes that stay untouched"
mv "$root/repo" "$root/away"
ox doctor
is "a missing one" "$code" 1
has "said" "$out" "fail  repository $root/repo"
git init -q --bare -b main "$root/repo"
ox doctor
is "a bare one" "$code" 1
has "said" "$out" "it is a bare repository"

case_is "programs and versions"
good_root
provider codex codex '    settings: {program: "/nowhere/codex"}
'
ox doctor
is "no such program" "$code" 1
has "said" "$(finding 'provider codex')" "/nowhere/codex"
printf '#!/bin/sh\ncase $1 in --version) echo "codex-cli 0.1.0" ;; esac\n' >"$root/codex"
chmod +x "$root/codex"
sed -i "s|/nowhere/codex|$root/codex|" "$root/orxaq.yaml"
ox doctor
is "too old" "$code" 1
has "said" "$(finding 'provider codex')$(printf '%s' "$out" | grep 'fail  provider codex')" "0.1.0"
printf '#!/bin/sh\ncase $1 in --version) echo "codex-cli 0.169.0" ;; login) echo "Logged in using ChatGPT" >&2 ;; esac\n' >"$root/codex"
ox doctor
is "a good one" "$code" 0
has "version" "$out" "ok    provider codex: $root/codex 0.169.0"

case_is "a program that is known by its configuration alone"
good_root
sed -i 's|output: json}|output: json, version_args: [version, please]}|' "$root/orxaq.yaml"
printf '#!/bin/sh\n[ "$*" = "version please" ] && printf "\\nmy-agent 3.1\\nmore\\n"\n' >"$root/agent"
ox doctor
is "exit code" "$code" 0
has "version" "$out" "ok    provider worker: $root/agent my-agent 3.1"
printf '#!/bin/sh\nexit 3\n' >"$root/agent"
ox doctor
is "it fails" "$code" 1
has "said" "$out" "fail  provider worker: $root/agent: asked for its version it ended with exit code 3"

case_is "a program that is not started"
good_root
printf '#!/bin/sh\ntouch "%s/started"\n' "$root" >"$root/agent"
ox doctor
is "not started" "$([ -e "$root/started" ] && echo started)" ""
rm "$root/agent"
ox doctor
is "missing" "$code" 1
has "said" "$out" "fail  provider worker: $root/agent: there is no such program"
sed -i "s|\"$root/agent\"|\"nosuch-agent\"|" "$root/orxaq.yaml"
ox doctor
is "not in PATH" "$code" 1
has "said" "$out" "fail  provider worker: nosuch-agent: there is no such program"
sed -i 's|"nosuch-agent"|"./tools/agent"|' "$root/orxaq.yaml"
ox doctor
has "in the repository" "$out" "ok    provider worker: ./tools/agent (in the repository, not looked at)"

case_is "an old git"
good_root
mkdir "$root/bin"
printf '#!/bin/sh\n[ "$1" = --version ] && echo "git version 2.35.9" && exit\nexec %s "$@"\n' "$(command -v git)" >"$root/bin/git"
chmod +x "$root/bin/git"
PATH="$root/bin:$PATH" ox doctor
is "exit code" "$code" 1
has "said" "$(finding git)" "fail  git: git version 2.35.9"

case_is "keys are named, never shown"
good_root
sed -i 's/^    plugin: command/&\n    secret: MY_KEY/' "$root/orxaq.yaml"
ox doctor
is "not set" "$code" 0
has "said" "$out" "warn  provider worker: its key MY_KEY is not set"
MY_KEY=hunter2 ox doctor
has "set" "$out" "ok    provider worker: its key MY_KEY is set"
hasnt "not shown" "$out$err" hunter2
MY_KEY=hunter2 ox --json doctor
hasnt "not shown" "$out$err" hunter2

case_is "an endpoint that is not there"
good_root
provider node lmstudio '    settings: {base_url: "http://127.0.0.1:9/v1"}
'
ox doctor
is "exit code" "$code" 1
has "endpoint" "$(printf '%s' "$out" | grep 'fail  provider node')" "127.0.0.1:9"
has "the other is fine" "$out" "ok    provider worker"

case_is "plugins that are not there"
good_root
provider node nosuch ''
printf 'plugins: [{name: nosink}]\nrun: {router: order}\nrouters: {order: {plugin: norouter}}\n' >>"$root/orxaq.yaml"
ox doctor
is "exit code" "$code" 1
has "provider" "$out" "fail  provider node"
has "plugin" "$out" "fail  plugin nosink"
has "router" "$out" "fail  router order"

case_is "a run in progress"
good_root
sed -i 's/^echo good/sleep 20; echo good/' "$root/agent"
"$orxaq" --root "$root" --quiet run >/dev/null 2>&1 &
runner=$!
until_true "it is at work" [ -s "$root/artifacts/autonomy/heartbeat.json" ]
ox doctor
has "said" "$(finding runs)" "in progress: primary"
kill -TERM "$runner"
wait "$runner" || true
ox doctor
has "over" "$(finding runs)" "none in progress"

case_is "the operator's key"
good_root
ox breakglass-key
printf 'breakglass: {public_key: "%s"}\n' "$(printf '%s' "$out" | sed -n 's/.*"public_key":"\([^"]*\)".*/\1/p')" >>"$root/orxaq.yaml"
if "$build/libexec/orxaq-exec" --can-confine; then
    ox doctor
    has "hidden" "$(finding elevation)" "ok    elevation: the key is pinned and hidden"
    sed -i 's/^    plugin: command/&\n    sandbox: none/' "$root/orxaq.yaml"
fi
ox doctor
has "not hidden" "$(finding elevation)" "could read $HOME/.config/orxaq/operator.key"
has "remedy" "$(finding elevation)" "another machine"

finish_tests
