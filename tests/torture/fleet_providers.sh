# shellcheck shell=bash disable=SC2154 # root, work come from run/lib.sh
# fleet_providers.sh: who does the work of the fleet. Sourced by `fleet`.
#
#   worker                a script, by the plugin command
#   model                 a model of an endpoint, by the plugin lmstudio          with node
#   codex gemini claude   the real programs, by the plugins of those names        with node and ORX_AGENTS_DIR
#
# All but the first speak to the servers of tests/fake, which have each of them run the same script.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
fakes=$here/../fake
servers=()

# node_is_new: whether there is a node that the servers run under. The one that was installed with the programs goes first.
node_is_new() {
    [ ! -d "${agents_dir:-}/bin" ] || PATH=$agents_dir/bin:$PATH
    node -e 'process.exit(parseInt(process.version.slice(1)) < 20 ? 1 : 0)' 2>/dev/null
}

# agents_are_there: whether the programs that tests/agents pins are installed
agents_are_there() {
    [ "$(cat "$agents_dir/.stamp" 2>/dev/null)" = "$(sha256sum <"$here/../agents/package-lock.json")" ]
}

# isolate BUILD ...: with real programs the whole fleet begins anew in a network namespace that has nothing but a
# loopback interface, so that none of them can reach anybody. Where that is not permitted it goes on without.
isolate() {
    agents_dir=${ORX_AGENTS_DIR:-$1/agents}
    if [ -n "${ORX_FLEET_ISOLATED:-}" ]; then
        ip link set lo up
        return
    fi
    node_is_new && agents_are_there || return 0
    local way
    for way in 'unshare -n' 'unshare --map-current-user --keep-caps -n'; do
        # shellcheck disable=SC2086 # words
        $way ip link set lo up 2>/dev/null || continue
        export ORX_FLEET_ISOLATED=1
        # shellcheck disable=SC2086,SC2093 # words; there is no way back
        exec $way "$0" "$@"
    done
    echo "fleet: no network namespace is permitted here; the programs run with the machine's network"
}

is_server() { case " ${servers[*]} " in *" $1 "*) ;; *) return 1 ;; esac }
servers_end() { [ ${#servers[@]} -eq 0 ] || kill "${servers[@]}" 2>/dev/null || true; }

# server NAME: starts a server of tests/fake; $url is its address afterwards
server() {
    node "$fakes/$1.mjs" --port 0 --port-file "$work/port.$1" --scenario "tool-agent,cmd=$root/agent --model" \
        >"$work/$1.log" 2>&1 &
    servers+=($!)
    until_true "the server $1 listens" test -s "$work/port.$1"
    url=http://127.0.0.1:$(<"$work/port.$1")
}

codex_provider() {
    local sandbox=vendor
    unshare -U true 2>/dev/null || sandbox=none # its own needs user namespaces
    cat <<YAML
  codex:
    plugin: codex
    secret: FLEET_KEY
    sandbox: $sandbox
    settings:
      program: $agents_dir/node_modules/@openai/codex-linux-x64/vendor/x86_64-unknown-linux-musl/bin/codex
      base_url: "$url/v1"
YAML
}

gemini_provider() {
    cat <<YAML
  gemini:
    plugin: gemini
    model: gemini-2.5-flash
    secret: FLEET_KEY
    sandbox: host
    settings:
      program: [node, $agents_dir/node_modules/@google/gemini-cli/bundle/gemini.js]
      base_url: "$url"
YAML
}

claude_provider() {
    cat <<YAML
  claude:
    plugin: claude
    model: claude-sonnet-4-5
    secret: FLEET_KEY
    sandbox: host
    settings:
      program: $agents_dir/node_modules/@anthropic-ai/claude-code-linux-x64/claude
      base_url: "$url"
YAML
}

model_provider() {
    cat <<YAML
  model:
    plugin: lmstudio
    model: fake-chat
    settings: {base_url: "$url/v1"}
YAML
}

# providers FILE: starts what there is, adds it to the configuration, and sets $owners: who does the work of the lanes, in turn
providers() {
    owners=(worker)
    unset http_proxy HTTP_PROXY https_proxy HTTPS_PROXY all_proxy ALL_PROXY "${!XDG_@}"
    export FLEET_KEY=sk-fleet-$RANDOM$RANDOM
    if ! node_is_new; then
        echo "fleet: there is no node of version 20: scripts only"
        return
    fi
    server lmstudio
    model_provider >>"$1"
    owners=(worker worker worker model)
    if ! agents_are_there; then
        echo "fleet: the real programs are not installed in $agents_dir (tests/agents/install): scripts and a model only"
        return
    fi
    server openai
    codex_provider >>"$1"
    server gemini
    gemini_provider >>"$1"
    server anthropic
    claude_provider >>"$1"
    owners=(worker codex worker model gemini worker claude model)
}

owner_of() { echo "${owners[$1 % ${#owners[@]}]}"; }
