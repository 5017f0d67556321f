#!/bin/bash
# route_learning.sh: a router learned from what passed: `orxaq route train`, `route report`, and a run with it.
# shellcheck disable=SC1010,SC2016,SC2034 # "done" is a status; agents are quoted; lib.sh reads case_name
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/lib.sh"

# rows N: outcomes of N made-up tasks by two models; small fails what is to be proved, big passes nearly all
rows() {
    awk -v n="$1" 'BEGIN {
        srand(7)
        for (i = 0; i < n; i++) {
            hard = i % 2
            text = (hard ? "prove the scheduler" : "rename the label") " of part " int(rand() * 100000)
            printf "{\"text\":\"%s\",\"model\":\"worker/small\",\"passed\":%s,\"cost\":1000000}\n", text, hard == (rand() < 0.05) ? "true" : "false"
            printf "{\"text\":\"%s\",\"model\":\"worker/big\",\"passed\":%s,\"cost\":9000000}\n", text, rand() < 0.95 ? "true" : "false"
        }
    }'
}

number() { sed -n "s/.*\"$1\":\([0-9.]*\).*/\1/p" <<<"$out"; }

case_is "weights from imported rows, the same for the same seed"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
rows 600 >"$root/rows.jsonl"
ox --json route train --import rows.jsonl --seed 3 --output one.json
is "exit code" "$code" 0
is "imported" "$(number imported)" 1200
is "nothing recorded" "$(number recorded)" 0
has "kept aside" "$(($(number aside) > 150 && $(number aside) < 330))" 1
ox route train --import rows.jsonl --seed 3 --output two.json
has "told" "$out" "learned    mf from"
cmp -s "$root/one.json" "$root/two.json" || fail "the same rows and seed gave other bytes"
for router in sw linear random; do
    ox route train --import rows.jsonl --router "$router" --output "$router.json"
    is "$router" "$code" 0
done

case_is "what a router buys for what it costs"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
rows 600 >"$root/rows.jsonl"
ox route train --import rows.jsonl
ox route train --import rows.jsonl --router random --output random.json
ox route report --import rows.jsonl --svg out.svg artifacts/autonomy/routellm_weights.json random.json
is "exit code" "$code" 0
has "the weak one" "$(tr -s ' ' <<<"$out")" "worker/small"
has "columns" "$out" "CPT80"
has "the picture" "$(<"$root/out.svg")" "</svg>"
ox --json route report --import rows.jsonl
mf=$(sed -n 's/.*"apgr":{"value":0\.\([0-9][0-9]\).*/\1/p' <<<"$out")
has "half of the money buys nearly everything" "$((10#$mf > 68))" 1
ox --json route report --import rows.jsonl random.json
drawn=$(sed -n 's/.*"apgr":{"value":0\.\([0-9][0-9]\).*/\1/p' <<<"$out")
has "a draw is a draw" "$((10#$drawn > 38 && 10#$drawn < 62))" 1

case_is "preferences as RouteLLM has them"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
rows 300 | sed -n 's/.*"text":"\([^"]*\)","model":"worker.big","passed":\([a-z]*\).*/\1|\2/p' |
    awk -F'|' '{ printf "{\"prompt\":\"%s\",\"model_a\":\"small\",\"model_b\":\"big\",\"winner\":\"%s\"}\n", $1, $2 == "true" ? "model_b" : "tie" }' >"$root/prefs.jsonl"
ox --json route train --import prefs.jsonl
is "exit code" "$code" 0
is "imported" "$(number imported)" 300
ox route report --import prefs.jsonl
is "preferences are no outcomes" "$code" 1
has "said so" "$err" "no outcome is kept aside"

case_is "vectors of another program"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
rows 300 | awk '{ v = /prove/ ? "[0.1,0.9,0.2]" : "[0.9,-0.1,0.3]"; sub(/}$/, ",\"embedding\":" v "}"); print }' >"$root/rows.jsonl"
ox route train --import rows.jsonl
is "exit code" "$code" 0
ox --json route report --import rows.jsonl
is "judged with them" "$code" 0
mf=$(sed -n 's/.*"apgr":{"value":0\.\([0-9][0-9]\).*/\1/p' <<<"$out")
has "two vectors say it all" "$((10#$mf > 65))" 1
sed 's/,"embedding".*/}/' "$root/rows.jsonl" >"$root/bare.jsonl"
ox route report --import bare.jsonl
has "no vector, no prediction" "$err" "vectors of another program"
cat "$root/bare.jsonl" >>"$root/rows.jsonl"
ox route train --import rows.jsonl
has "some with and some without" "$err" "an embedding has another length"

case_is "what was seldom chosen counts for more"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
rows 600 >"$root/train.jsonl"
ox route train --no-journal --import train.jsonl
rows 600 | awk '{ easy = /rename/; weak = /small/; p = easy == weak ? 0.9 : 0.1; sub(/}$/, ",\"propensity\":" p "}")
    if (++seen[easy, weak] % 10 != 0 ? p > 0.5 : p < 0.5) print }' >"$root/rows.jsonl"
ox --json route report --no-journal --unseen --import rows.jsonl
is "exit code" "$code" 0
is "least" "$(number least_propensity)" 0.1
small=$(grep -o '"model":"worker/small","tasks":[0-9]*,"accepted":0\.[0-9][0-9][0-9]*,"accepted_unweighted":0\.[0-9][0-9]' <<<"$out" | tr -c '0-9.\n' ' ')
has "as it was given out" "$(awk '{ print ($3 > 0.8) }' <<<"$small")" 1
has "as it would be on all" "$(awk '{ print ($2 > 0.4 && $2 < 0.62) }' <<<"$small")" 1
ox route report --no-journal --unseen --import rows.jsonl
has "told" "$out" "say how probable their choice was, at least 0.1"
echo '{"text":"x","model":"m","passed":true,"propensity":1.5}' >"$root/bad.jsonl"
ox route train --import bad.jsonl
has "no probability" "$err" "bad.jsonl:1: expected \`propensity\`"

case_is "what cannot be learned from is refused by its line"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
{
    rows 1
    echo '{"text":"x","model":"m","label":7}'
} >"$root/bad.jsonl"
ox route train --import bad.jsonl
is "exit code" "$code" 1
has "line" "$err" "bad.jsonl:3: expected \`label\`"
echo '{"text":"x","passed":true}' >"$root/bad.jsonl"
ox route train --import bad.jsonl
has "no model" "$err" "bad.jsonl:1: expected \`text\`"
ox route train --import missing.jsonl
has "no file" "$err" "missing.jsonl"
ox route train --no-journal
has "nothing at all" "$err" "nothing to learn from"
rows 100 >"$root/rows.jsonl"
ox route train --import rows.jsonl --router bert
has "no such router" "$err" "none of mf, sw, linear and random"
ox route train --import rows.jsonl --plugin static
has "no such plugin" "$err" "static does not learn"
[ ! -e "$root/artifacts/autonomy/routellm_weights.json" ] || fail "a refused training wrote weights"

case_is "a run is decided by what was learned, and learned from"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
sed -i "s|argv: .*|argv: [\"$root/agent\", \"{model}\"], output: json}|; s|^  worker:|  worker:\n    models: [big, small]\n    model: big|" "$root/orxaq.yaml"
rows 600 >"$root/rows.jsonl"
ox route train --import rows.jsonl
printf 'run: {router: learned}\nrouters:\n  learned:\n    plugin: routellm\n    settings: {weights: artifacts/autonomy/routellm_weights.json, share: 0.5}\n' >>"$root/orxaq.yaml"
tasks one two
sed -i 's/"description": *"[^"]*"/"description": "rename the label of part 12"/' "$root/config/tasks.json"
ox run
is "exit code" "$code" 0
plans=$("$orxaq" --root "$root" --json events | grep '"kind":"route.planned"')
has "the router decided" "$plans" '"reason":"mf_'
ox route explain --task one
has "by the built-in embedding" "$out" "embedding  built-in, 256 numbers"
ox --json route train --import rows.jsonl --output again.json
is "both attempts are rows" "$(number recorded)" 2
printf 'x' | dd of="$root/artifacts/autonomy/routellm_weights.json" bs=1 seek=600 conv=notrunc 2>/dev/null
tasks three
ox run
plans=$("$orxaq" --root "$root" --json events | grep '"kind":"route.planned"' | tail -n 1)
has "damaged weights mean the static order" "$plans" 'damaged'

case_is "a task and a provider name their router and its threshold"
make_root <<'SH'
echo "$task $1" >>"${0%/agent}/called"; echo good >"$task.txt"; finish done
SH
sed -i "s|argv: .*|argv: [\"$root/agent\", \"{model}\"], output: json}|; s|^  worker:|  worker:\n    models: [big, small]\n    model: big|" "$root/orxaq.yaml"
rows 600 >"$root/rows.jsonl"
ox route train --import rows.jsonl --output mf.json
ox route train --import rows.jsonl --router sw --output sw.json
printf 'routers:\n  mf: {plugin: routellm, settings: {weights: mf.json}}\n  sw: {plugin: routellm, settings: {weights: sw.json}}\n  random: {plugin: routellm}\n' >>"$root/orxaq.yaml"
asks() { # ID=MODEL...
    local sep=[ one
    for one; do
        printf '%s{"id": "%s", "owner": "worker", "priority": 1, "title": "%s", "description": "prove the scheduler"%s}' "$sep" \
            "${one%%=*}" "${one%%=*}" "${one#*=}"
        sep=,
    done
    printf ']\n'
}
asks 'a=, "model": "router-mf-0"' 'b=, "model": "router-mf-1"' 'c=, "model": "router-sw-1"' 'd=' 'e=, "model": "Small"' \
    'f=, "model": "huge"' 'g=, "model": "router-linear-0.5"' >"$root/config/tasks.json"
ox run
is "exit code" "$code" 0
is "who was asked" "$(tr '\n' ';' <"$root/called")" "a big;b small;c small;d big;e small;f big;g big;"
plans=$("$orxaq" --root "$root" --json events | grep '"kind":"route.planned"')
has "the one named" "$(sed -n 3p <<<"$plans")" '"router":"sw","seed"'
has "the string" "$(sed -n 1p <<<"$plans")" '"wanted":"router-mf-0"'
has "whether it won" "$(sed -n 2p <<<"$plans")" '"reason":"mf_weaker"'
has "not on the lists" "$err" "task f asks for the model huge"
has "no such router" "$err" "there is no router router-linear-0.5"
ox route explain --task b
has "explained" "$out" "asked for  router-mf-1"
ox tasks show e
has "shown" "$(tr -s ' ' <<<"$out")" "model Small"
ox tasks add h --owner worker --model router-mf-7
is "refused" "$code" 1
has "why" "$err" "the threshold of router-NAME-THRESHOLD must be a number from 0 to 1"
ox tasks add h --owner worker --model router-mf-0
sed -i 's|^    model: big|    model: router-mf-1|' "$root/orxaq.yaml"
ox tasks add i --owner worker --description "prove the scheduler"
ox tasks add j --owner worker --model big
ox run
is "the task's before the provider's" "$(tail -n 3 "$root/called" | tr '\n' ';')" "h big;i small;j big;"
ox route off --reason test
ox tasks add k --owner worker --model router-mf-1
ox run
is "switched off: the first of the list" "$(tail -n 1 "$root/called")" "k big"
ox route on
ox tasks add drawn --owner worker --model router-random-0.25
ox run
ox --json route report --unseen --import rows.jsonl mf.json
is "what routers decided says how probable it was" "$(number rows_with_propensity)" 6
has "the draw was one of the two" " 0.25 0.75 " " $(number least_propensity) "

case_is "2,000 tasks on endpoints that fail: a third of the money, and the picture of it"
make_root <<'SH'
echo good >"$task.txt"; finish done
SH
for seed in 11 23 47; do
    "$build/tests/plugin_routellm_fleet" --rows "$root" "$seed"
    ox --json route report --no-journal --unseen --import "fleet-$seed.jsonl" --svg "fleet-$seed.svg" "weights-$seed.json"
    is "exit code" "$code" 0
    is "every task, under every model" "$(number rows) $(number tasks)" "12000 2000"
    strong=$(sed -n 's/.*"model":"grand","tasks":2000,"accepted":\([0-9.]*\),"accepted_unweighted":[0-9.]*,"cost_usd":\([0-9.e-]*\),.*/\1 \2/p' <<<"$out")
    best=$(grep -o '"cost_usd":[0-9.e-]*,"accepted":[0-9.]*,"low"' <<<"$out" | tr -c '0-9.\n-' ' ' |
        awk -v strong="$strong" 'BEGIN { split(strong, s, " ") } $2 >= 0.95 * s[1] && (!least || $1 < least) { least = $1 }
            END { print (least && least <= 0.7 * s[2]) }')
    is "seed $seed: 30 % cheaper at 95 % of what the strong one passes ($strong)" "$best" 1
    has "drawn" "$(<"$root/fleet-$seed.svg")" "</svg>"
done

finish_tests
