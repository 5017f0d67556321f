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

finish_tests
