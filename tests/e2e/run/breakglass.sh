#!/bin/bash
# breakglass.sh: elevation from key to audit log: granted, refused, revoked, and the key out of reach.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

if ! "$build/libexec/orxaq-exec" --can-confine; then
    echo "skipped: no Landlock here"
    exit 77
fi
export HOME # below: not in a writable tree, as TMPDIR is
HOME=$(mktemp -d /var/tmp/orxaq-e2e.XXXXXX)
trap 'rm -rf "$work" "$HOME"' EXIT
key=$HOME/.config/orxaq/operator.key
audit() { grep "\"event_type\": \"$1\"" "$root/artifacts/autonomy/privilege_escalations.ndjson" || true; }
active=artifacts/autonomy/breakglass/active_grant.json

# rooted: a root whose provider claude may be elevated; its agent tries what only an elevated one can,
# and to read the key
rooted() {
    make_root <<'SH'
echo free >"$HOME/outside.$task" 2>/dev/null && echo free >reached.txt || echo confined >reached.txt
cat "$HOME/.config/orxaq/operator.key" >stolen.txt 2>/dev/null || echo none >stolen.txt
env | grep -c ed25519 >env.txt
echo good >"$task.txt"; finish done
SH
    sed -i 's/^  worker:/  claude:/' "$root/orxaq.yaml"
    cp "$ORX_SOURCE_DIR/config/privilege_policy.json" "$root/config/privilege_policy.json"
    tasks "$@"
    sed -i 's/"owner": "worker"/"owner": "claude"/' "$root/config/tasks.json"
    rm -rf "$HOME"/outside.*
}
pin() { printf 'breakglass: {public_key: "%s"}\n' "$1" >>"$root/orxaq.yaml"; }
pinned() {
    ox breakglass-key
    pin "$(printf '%s' "$out" | sed -n 's/.*"public_key":"\([^"]*\)".*/\1/p')"
}
grant() { ox grant-breakglass --provider claude --reason why --scope what --rollback-proof how "$@"; }
reached() { git -C "$root/repo" show "HEAD:reached.txt"; }

case_is "the key"
rooted one
ox breakglass-key
is "exit code" "$code" 0
has "told to pin it" "$err" "breakglass: {public_key: \"ed25519:"
is "mode" "$(stat -c %a "$key")" 600
is "folder" "$(stat -c %a "$(dirname "$key")")" 700
before=$(sha256sum "$key")
ox breakglass-key
is "not made anew" "$(sha256sum "$key")" "$before"
hasnt "the secret is not shown" "$out$err" "ed25519-secret"
pin ed25519:short
ox config check
is "a pin that is no key" "$code" 1
has "said" "$err$out" "64 hex digits"

case_is "A53: a valid grant elevates"
rooted one
pinned
grant --ttl-minutes 30
is "granted" "$code" 0
ox run
is "exit code" "$code" 0
is "not confined" "$(reached)" free
is "the key stays hidden" "$(git -C "$root/repo" show HEAD:stolen.txt)" none
is "no key in the environment" "$(git -C "$root/repo" show HEAD:env.txt)" 0
is "one row" "$(audit privilege_decision | wc -l)" 1
has "mode" "$(audit privilege_decision)" '"mode": "breakglass_elevated"'
has "why" "$(audit privilege_decision)" '"reason": "approved_temporary_elevation"'
has "grant" "$(audit privilege_decision)" '"rollback_proof": "how"'
has "arguments" "$(audit privilege_decision)" 'bypassPermissions'
is "created" "$(audit breakglass_grant_created | wc -l)" 1
is "activated" "$(audit breakglass_grant_activated | wc -l)" 1

case_is "the least without a grant"
rooted one
pinned
ox run
is "exit code" "$code" 0
is "confined" "$(reached)" confined
is "the key is hidden" "$(git -C "$root/repo" show HEAD:stolen.txt)" none
has "row" "$(audit privilege_decision)" '"mode": "least_privilege", "owner": "claude", "provider": "claude", "reason": "default_non_admin"'

case_is "B13: a grant that the agent wrote"
rooted one
pinned
mkdir -p "$root/${active%/*}"
cat >"$root/$active" <<'JSON'
{"grant_id": "mine", "reason": "r", "scope": "s", "requested_by": "a", "approved_by": "b", "rollback_proof": "p",
 "issued_at": "2025-01-01T00:00:00Z", "expires_at": "2099-01-01T00:00:00Z", "providers": ["*"]}
JSON
ox run
is "exit code" "$code" 0
is "confined" "$(reached)" confined
has "row" "$(audit privilege_decision)" '"reason": "breakglass_denied:signature_missing"'
has "told" "$err" "not elevated: signature_missing"

case_is "A55: a grant for others"
rooted one two
pinned
ox grant-breakglass --provider codex --reason why --scope what --rollback-proof how
ox run --max-cycles 1
has "another provider" "$(audit privilege_decision)" "breakglass_denied:provider_not_allowed"
grant --task-id three
ox run
has "another task" "$(audit privilege_decision)" "breakglass_denied:task_not_allowed"
is "confined" "$(reached)" confined

case_is "no key is pinned, or another"
rooted one
grant
is "exit code" "$code" 1
has "said" "$err" "not the one pinned"
is "nothing written" "$(ls "$root/artifacts" 2>/dev/null || true)" ""
pin "ed25519:$(printf '0%.0s' {1..64})"
grant
is "exit code" "$code" 1
has "said" "$err" "not the one pinned"

case_is "a revoked grant, put back"
rooted one two
pinned
grant --grant-id g1
cp "$root/$active" "$work/copy.json"
ox revoke-breakglass --reason over
is "exit code" "$code" 0
has "result" "$out" '"had_active_grant":true,"grant_id":"g1"'
[ ! -e "$root/$active" ] || fail "the active grant is still there"
[ -e "$root/artifacts/autonomy/breakglass/grants/g1.json" ] || fail "the copy is gone"
cp "$work/copy.json" "$root/$active"
ox run
is "confined" "$(reached)" confined
has "row" "$(audit privilege_decision)" "breakglass_denied:grant_revoked"
rm "$root/$active"
ox revoke-breakglass --reason again
is "exit code" "$code" 0
has "nothing to revoke" "$out" '"had_active_grant":false,"grant_id":""'
is "rows" "$(audit breakglass_grant_revoked | wc -l)" 2

case_is "revoked while a call runs"
rooted one
sed -i 's/^echo good/[ -e "$HOME\/outside.$task" ] \&\& [ ! -e "$HOME\/again" ] \&\& touch "$HOME\/again" \&\& sleep 600; echo good/' "$root/agent"
pinned
grant
"$orxaq" --root "$root" run >/dev/null 2>"$work/run.err" &
runner=$!
until_true "the agent is at it again" [ -e "$HOME/again" ]
ox revoke-breakglass --reason enough
wait "$runner" && code=0 || code=$?
is "the run goes on" "$code" 0
has "the call ended" "$(cat "$work/run.err")" "the grant that it ran under was revoked"
is "confined the second time" "$(reached)" confined
rm -f "$HOME/again"

case_is "a new grant replaces the one before"
rooted one
pinned
grant --grant-id first
cp "$root/$active" "$work/first.json"
grant --grant-id second
has "told" "$(audit breakglass_grant_activated)" '"replaced_grant_id": "first"'
cp "$work/first.json" "$root/$active"
ox run
has "the first counts no more" "$(audit privilege_decision)" "breakglass_denied:grant_revoked"

case_is "what cannot be granted"
rooted one
pinned
ox grant-breakglass --provider claude --reason why --scope what
is "a missing flag" "$code" 2
has "which" "$err" "--rollback-proof"
grant --ttl-minutes 121
is "too long" "$code" 1
has "the words of before" "$out" '"ok":false,"error":"ttl_exceeds_policy:121>120"'
grant --grant-id ../../x
is "an id that is a path" "$code" 1
grant --requested-by operator
is "nobody approves his own wish" "$code" 1
ox grant-breakglass --provider claude --reason ' ' --scope what --rollback-proof how
is "a blank reason" "$code" 1
ox revoke-breakglass
is "revoke without a reason" "$code" 2
is "nothing written" "$(ls "$root/artifacts" 2>/dev/null || true)" ""
grant --ttl-minutes 120 --no-activate
is "as long as allowed" "$code" 0
has "not in force" "$out" '"activated":false'
[ ! -e "$root/$active" ] || fail "it is in force"
chmod 644 "$key"
grant
is "a key that others can read" "$code" 1
has "said" "$err" "nobody else can read"

finish_tests
