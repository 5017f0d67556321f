#!/bin/bash
# keys.sh: keys get into the env file, whole and readable by nobody else, and never onto a screen.
# shellcheck disable=SC2034 # lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

unset OPENAI_API_KEY GEMINI_API_KEY ANTHROPIC_API_KEY OPENROUTER_API_KEY GROQ_API_KEY ORXAQ_AUTONOMY_ENV_FILE
secret=sk-very-secret-4711
envfile() { cat "$root/.env.autonomy"; }
mode() { stat -c %a "$root/.env.autonomy"; }

# give_key NAME TEXT: the key on standard input; $code, $out, $err
give_key() {
    code=0
    printf '%s' "$2" | "$orxaq" --root "$root" keys set "$1" >"$work/out" 2>"$work/err" || code=$?
    out=$(<"$work/out") err=$(<"$work/err")
}

case_is "a key that is piped in"
mkdir -p "$root"
printf '# mine\nexport OPENAI_API_KEY=replace_me\nOTHER="a b"\nOPENAI_API_KEY=twice\n' >"$root/.env.autonomy"
chmod 644 "$root/.env.autonomy"
give_key OPENAI_API_KEY "$secret
"
is "exit code" "$code" 0
is "file" "$(envfile)" "# mine
OPENAI_API_KEY=$secret
OTHER=\"a b\""
is "mode" "$(mode)" 600
hasnt "shown" "$out$err" "$secret"
has "where it comes from" "$err" "https://platform.openai.com/api-keys"
has "what to try" "$out" "orxaq providers-check"
ox keys
has "listed" "$out" "$root/.env.autonomy:2"
has "missing" "$out" "https://console.anthropic.com/settings/keys"
hasnt "listed value" "$out" "$secret"
ox --json keys
has "as JSON" "$out" '"name":"OPENAI_API_KEY","vendor":"openai","opens":"models","required":true,"set":true'

case_is "a key that is typed"
mkdir -p "$root"
{ sleep 1; printf '%s\n' "$secret"; } | script -qec "$orxaq --root $root keys set GEMINI_API_KEY" /dev/null >"$work/screen"
is "file" "$(envfile)" "GEMINI_API_KEY=$secret"
has "asked for" "$(<"$work/screen")" "GEMINI_API_KEY (not shown): "
hasnt "on the screen" "$(<"$work/screen")" "$secret"
{ sleep 1; printf '\003'; } | script -qec "$orxaq --root $root keys set GEMINI_API_KEY" /dev/null >"$work/screen" || true
is "Ctrl-C leaves it" "$(envfile)" "GEMINI_API_KEY=$secret"

case_is "what is no key"
mkdir -p "$root"
give_key OPENAI_API_KEY ""
is "nothing" "$code" 1
has "said" "$err" "nothing was changed: the key for OPENAI_API_KEY is empty"
give_key OPENAI_API_KEY "two words"
has "white space" "$err" "byte 4 is white space"
give_key OPENAI_API_KEY "$(head -c 5000 /dev/zero | tr '\0' x)"
has "too long" "$err" "at most 4096 bytes"
give_key "not a name" x
is "usage" "$code" 2
is "no file" "$(ls "$root")" ""

case_is "a link to the file stays one"
mkdir -p "$root/elsewhere"
echo A=1 >"$root/elsewhere/env"
ln -s elsewhere/env "$root/.env.autonomy"
give_key GROQ_API_KEY "$secret"
is "link" "$(readlink "$root/.env.autonomy")" elsewhere/env
has "target" "$(<"$root/elsewhere/env")" "GROQ_API_KEY=$secret"

case_is "a file that cannot be read stays"
mkdir -p "$root"
printf 'A="open\n' >"$root/.env.autonomy"
give_key GROQ_API_KEY "$secret"
is "exit code" "$code" 1
has "where" "$err" ".env.autonomy:1:3"
is "unchanged" "$(envfile)" 'A="open'

case_is "bootstrap without keys"
mkdir -p "$root"
printf '# from the example\nGEMINI_API_KEY=replace_me\n' >"$root/.env.autonomy.example"
ox provider-autobootstrap
is "exit code" "$code" 0
is "file" "$(envfile)" "# from the example
GEMINI_API_KEY=replace_me_gemini
OPENAI_API_KEY=replace_me_openai
ANTHROPIC_API_KEY=replace_me_anthropic
OPENROUTER_API_KEY=replace_me_openrouter
GROQ_API_KEY=replace_me_groq"
is "mode" "$(mode)" 600
has "where to get one" "$out" "https://aistudio.google.com/app/apikey"
has "how many" "$out" "3 of the required keys are missing"
before=$(envfile)
ox provider-autobootstrap
is "again changes nothing" "$(envfile)" "$before"
ox keys
has "a placeholder is no key" "$out" "GEMINI_API_KEY       models  missing"

case_is "bootstrap with keys"
make_root <<'SH'
finish done
SH
tasks one
printf 'OPENAI_API_KEY=%s\n' "$secret" >"$root/.env.autonomy"
cat >"$root/config/litellm_swarm_router.json" <<'JSON'
{"model_list": [{"model_name": "a/b", "litellm_params": {"model": "a/b", "api_base": "http://127.0.0.1:9",
  "api_key_env": "OPENAI_API_KEY", "healthcheck_path": "/v1/models", "healthcheck_auth": "bearer"}}]}
JSON
export GEMINI_API_KEY=$secret-2 ANTHROPIC_API_KEY=$secret-3
ox provider-autobootstrap
has "kept" "$out" "OPENAI_API_KEY       kept"
has "taken" "$out" "GEMINI_API_KEY       taken from the environment"
has "in the file" "$(envfile)" "ANTHROPIC_API_KEY=$secret-3"
hasnt "shown" "$out$err" "$secret"
has "endpoints were asked" "$(ls "$root/artifacts")" "model_connectivity.json"
hasnt "reported" "$(<"$root/artifacts/model_connectivity.json")" "$secret"
rm -rf "$root/repo"
rm "$root/artifacts/model_connectivity.json"
ox provider-autobootstrap
is "the first check that fails ends it" "$code" 1
hasnt "no second one" "$(ls "$root/artifacts")" "model_connectivity.json"
unset GEMINI_API_KEY ANTHROPIC_API_KEY

finish_tests
