#!/bin/bash
# The commands about bills, from outside: what they print, write and end with.
# shellcheck source=tests/lib/test.sh
. "$ORX_SOURCE_DIR/tests/lib/test.sh" || exit 1

orxaq=$ORX_BUILD_DIR/bin/orxaq
R=$T/root
costs=$R/artifacts/autonomy/provider_costs
mkdir -p "$R/config" "$costs"
printf '{"version": 1}\n' >"$R/config/orxaq.json"
unset OPENAI_ADMIN_KEY ANTHROPIC_ADMIN_KEY OPENAI_API_KEY ANTHROPIC_API_KEY GEMINI_API_KEY GOOGLE_API_KEY
unset ORXAQ_COST_OPENAI_USAGE_URL ORXAQ_COST_ANTHROPIC_USAGE_URL ORXAQ_COST_GEMINI_USAGE_URL

orx() { run env -u ORXAQ_ROOT "$orxaq" --root "$R" "$@"; }
value() { python3 -c 'import json,sys; print(eval("d" + sys.argv[1], {"d": json.loads(sys.argv[2]), "len": len}))' "$1" "$out"; }

begin 'nothing configured is told, source by source (C28, C29)'
orx --json provider-cost-ingest
expect_status 1
expect_eq "$(value '["ok"]')" False
expect_eq "$(value '["providers"][0]["reason"]')" endpoint_not_configured
expect_eq "$(value '["providers"].__len__()')" 3
expect_eq "$(value '["cost_series_hourly_24h"].__len__()')" 24
[ -f "$costs/records.ndjson" ] || fail 'there is no records.ndjson'
[ ! -s "$costs/records.ndjson" ] || fail 'records.ndjson is not empty'
[ -s "$costs/summary.json" ] || fail 'there is no summary.json'

begin 'nothing configured is fine for health, unless that is not wanted (C53)'
orx --json provider-cost-health
expect_status 0
expect_eq "$(value '["provider_telemetry_mode"]')" unconfigured
expect_in "$out" summary_ok_false_unconfigured
orx --json provider-cost-health --no-allow-unconfigured
expect_status 1
expect_in "$out" no_provider_ok
expect_not_in "$out" ok_false_unconfigured

begin 'a reader without a key is skipped, and the key is asked for (C28)'
printf '{"version": 1, "plugins": [{"name": "costs-openai"}]}\n' >"$R/config/orxaq.json"
orx --json provider-cost-ingest
expect_status 1
expect_in "$out" api_key_missing

# serve FILE: answers every request with it, keeps the requests in $T/asked; the address is in $base.
serve() {
    python3 -u - "$1" "$T/asked" >"$T/port" 2>/dev/null <<'PY' &
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_): pass
    def do_GET(self):
        with open(sys.argv[2], "a") as f:
            f.write(f"{self.path}\n{self.headers}\n")
        body = open(sys.argv[1], "rb").read()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
server = http.server.HTTPServer(("127.0.0.1", 0), Answer)
print(server.server_address[1], flush=True)
server.serve_forever()
PY
    server=$!
    trap 'kill "$server"; rm -rf "$T"' EXIT
    until [ -s "$T/port" ]; do sleep 0.02; done
    base=http://127.0.0.1:$(<"$T/port")
}

begin 'endpoints of the predecessor: by its variables, the first key that is set (C25, C28)'
printf '{"version": 1}\n' >"$R/config/orxaq.json"
printf '{"usage": [{"model_name": "gemini-2.5-flash", "timestamp": "%s", "cost_usd": 0.0721}]}\n' \
    "$(date -u +%Y-%m-%dT00:00:00Z)" >"$T/answer"
serve "$T/answer"
printf 'ORXAQ_COST_GEMINI_USAGE_URL=%s/usage?x=1\n' "$base" >"$R/.env.autonomy"
orx --json provider-cost-ingest
expect_status 1
expect_eq "$(value '["providers"][1]["reason"]')" api_key_missing
printf 'GEMINI_API_KEY=\nGOOGLE_API_KEY=the-second-key\n' >>"$R/.env.autonomy"
orx --json provider-cost-ingest
expect_status 0
expect_eq "$(value '["providers"][1]["status"]') $(value '["providers"][0]["reason"]')" \
    'ok endpoint_not_configured'
expect_eq "$(value '["provider_cost_30d"]["gemini"]["cost_usd_total"]')" 0.0721
expect_in "$(<"$T/asked")" 'x-goog-api-key: the-second-key'
expect_not_in "$(head -1 "$T/asked")" second-key
expect_in "$(head -1 "$T/asked")" '/usage?x=1&start_time='
rm -f "$R/.env.autonomy"

# export FILE ROWS: ROWS lines of one cent each, over 28 days.
export_of() {
    python3 - "$1" "$2" <<'PY'
import sys, time
day = int(time.time()) // 86400 * 86400
head = "usage_start_time,service_description,sku_id,sku_description,project_id,cost,currency,credits_amount\n"
with open(sys.argv[1], "w") as f:
    f.write(head)
    for n in range(int(sys.argv[2])):
        at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(day - 86400 * (n % 28)))
        f.write(f"{at},Gemini API,S-{n % 5},Gemini 2.5 Flash text output of the {n:060}th row,p,0.02,USD,-0.01\n")
PY
}

begin 'an exported bill: from files and folders, without a key'
mkdir -p "$R/export"
printf '{"version": 1, "plugins": [{"name": "costs-gemini", "settings": {"files": ["export", "more.csv"]}}]}\n' \
    >"$R/config/orxaq.json"
export_of "$R/export/a.csv" 300
printf 'usage_start_time,cost,currency\n' >"$R/more.csv"
printf 'no export\n' >"$R/export/notes.txt"
orx --json provider-cost-ingest
expect_status 0
expect_eq "$(value '["providers"][1]["status"]') $(value '["providers"][1]["http_calls"]')" 'ok 0'
expect_eq "$(value '["provider_cost_30d"]["gemini"]["cost_usd_total"]')" 3.0721
expect_in "$(value '["providers"][1]["endpoint"]')" '2 files, sha256 '

begin 'a file that is missing is told, and what was read stays'
rm "$R/more.csv"
orx --json provider-cost-ingest
expect_status 1
expect_eq "$(value '["providers"][1]["status"]')" failed
expect_in "$(value '["providers"][1]["errors"][0]')" more.csv
expect_eq "$(value '["provider_cost_30d"]["gemini"]["cost_usd_total"]')" 3.0721

begin 'an amount that is none has its file, line and column'
printf 'usage_start_time,cost,currency\n2026-01-01,ten,USD\n' >"$R/more.csv"
orx --json provider-cost-ingest
expect_in "$(value '["providers"][1]["errors"]')" 'more.csv: line 2, column cost: "ten" is no amount'
expect_eq "$(value '["providers"][1]["status"]')" partial

begin 'fifty megabytes are read in bounded memory'
rm "$R/more.csv"
printf '{"version": 1, "plugins": [{"name": "costs-gemini", "settings": {"files": ["export"]}}]}\n' \
    >"$R/config/orxaq.json"
export_of "$R/export/a.csv" 360000
[ "$(stat -c %s "$R/export/a.csv")" -gt 50000000 ] || fail 'the file is smaller than 50 MB'
out=$(env -u ORXAQ_ROOT python3 - "$orxaq" "$R" <<'PY'
import json, resource, subprocess, sys
got = subprocess.run([sys.argv[1], "--root", sys.argv[2], "--json", "provider-cost-ingest"],
                     stdout=subprocess.PIPE, check=True)
d = json.loads(got.stdout)
print(json.dumps({"status": d["providers"][1]["status"],
                  "cost": d["provider_cost_30d"]["gemini"]["cost_usd_total"],
                  "mib": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024}))
PY
)
expect_eq "$(value '["status"]') $(value '["cost"]')" 'ok 3600.0721'
[ "$(value '["mib"]')" -lt 160 ] || fail "it took $(value '["mib"]') MiB"
rm -rf "$R/export" "$R/state" "$R/artifacts"
mkdir -p "$costs"
printf '{"version": 1}\n' >"$R/config/orxaq.json"
orx --json provider-cost-ingest

# summary AGE WRITTEN STALE TODAY [PROVIDERS]
summary() {
    cat >"$costs/s.json" <<JSON
{"ok": true, "timestamp": "$2", "records_total": 3, "data_freshness": {"age_sec": $1, "stale": $3,
 "stale_threshold_sec": 900}, "cost_windows_usd": {"today": $4, "last_7d": $4},
 "providers": ${5:-[{\"provider\": \"openai\", \"ok\": true, \"status\": \"ok\"\}, {\"provider\": \"gemini\", \"ok\": false, \"status\": \"skipped\"\}]}}
JSON
}
health() { orx --json provider-cost-health --summary-file "$costs/s.json" "$@"; }
now=$(date -u +%Y-%m-%dT%H:%M:%SZ)

begin 'fresh and ok (C49)'
summary 120 "$now" false 1
health --max-age-sec 300
expect_status 0
expect_eq "$(value '["provider_telemetry_mode"]')" configured

begin 'too old, and said to be stale (C50)'
summary 1200 "$now" true 1
health --max-age-sec 300
expect_status 1
expect_in "$out" freshness_age_exceeded:120
expect_in "$out" freshness_stale
health --max-age-sec 300 --allow-stale
expect_status 1
expect_not_in "$out" freshness_stale

begin 'freshness is measured now, not when the file was written (C64)'
summary 120 "$(date -u -d '2 days ago' +%Y-%m-%dT%H:%M:%SZ)" false 1
health
expect_status 1
expect_in "$out" freshness_age_exceeded:17

begin 'required providers (C51)'
summary 120 "$now" false 1
health --require-providers 'OpenAI, anthropic,openai'
expect_status 1
expect_in "$out" required_provider_missing:anthropic
expect_eq "$(value '["required_providers"]')" "['openai', 'anthropic']"
health --require-providers gemini
expect_in "$out" required_provider_not_ok:gemini:skipped

begin 'the states that need somebody turn it red, whoever else is fine'
for state in auth_failed truncated unrecognised_shape; do
    summary 120 "$now" false 1 "[{\"provider\": \"openai\", \"ok\": true, \"status\": \"ok\"}, {\"provider\": \"anthropic\", \"ok\": false, \"status\": \"$state\"}]"
    health
    expect_status 1
    expect_in "$out" "provider_$state:anthropic"
done

begin 'one failed and one skipped is degraded (C54)'
summary 120 "$now" false 1 '[{"provider": "openai", "ok": false, "status": "failed"}, {"provider": "gemini", "ok": false, "status": "skipped"}]'
health
expect_status 1
expect_eq "$(value '["provider_telemetry_mode"]')" degraded

begin 'a summary that is false: allowing stale data allows nothing else (C52)'
summary 120 "$now" true 1 '[{"provider": "openai", "ok": false, "status": "failed"}]'
sed -i 's/"ok": true, "timestamp"/"ok": false, "timestamp"/' "$costs/s.json"
health --allow-stale --no-allow-unconfigured
expect_status 1
expect_in "$out" summary_ok_false
expect_in "$out" no_provider_ok
expect_not_in "$out" freshness_stale

begin 'nothing configured excuses no budget (C55)'
summary 120 "$now" false 200 '[{"provider": "openai", "ok": false, "status": "skipped"}]'
health --daily-budget-usd 100
expect_status 1
expect_eq "$(value '["provider_telemetry_mode"]')" unconfigured
expect_in "$out" 'budget_daily_exceeded:200.000000>100.000000'

begin 'the budget of a day (C56, C57, C58)'
budget() {
    summary 120 "$now" false "$1"
    health --daily-budget-usd "${2:-100}" "${@:3}"
}
budget 79.99
expect_eq "$status $(value '["budget"]["state"]')" '0 ok'
budget 80
expect_eq "$status $(value '["budget"]["state"]')" '0 warning'
budget 100
expect_eq "$status $(value '["budget"]["hard_stop"]')" '0 True'
budget 100.01
expect_eq "$status $(value '["budget"]["state"]') $(value '["budget"]["daily_remaining_usd"]')" '1 exceeded 0.0'
expect_in "$out" 'budget_daily_exceeded:100.010000>100.000000'
budget 50 0
expect_eq "$(value '["budget"]["state"]') $(value '["budget"]["hard_stop"]')" 'disabled False'
budget 120 100 --no-budget-enforce-hard-stop
expect_eq "$(value '["budget"]["state"]') $(value '["budget"]["hard_stop"]')" 'exceeded False'
budget -3 100 --budget-warning-ratio 1.5
expect_eq "$(value '["budget"]["daily_spend_usd"]') $(value '["budget"]["warning_ratio"]')" '0.0 0.8'

begin 'a report is written also when the verdict is no, and for a summary that is none (C59, C60)'
summary 120 "$now" false 101.25
health --output "$T/health.json"
expect_status 1
expect_in "$(<"$T/health.json")" '"state": "exceeded"'
for bad in '' '[]' 'no'; do
    rm -f "$costs/s.json" "$T/health.json"
    [ -z "$bad" ] || printf '%s' "$bad" >"$costs/s.json"
    health --output "$T/health.json"
    expect_status 1
    [ -s "$T/health.json" ] || fail 'no report for a summary that cannot be read'
    expect_in "$out" summary_
done
rm -f "$costs/s.json"
mkdir "$costs/s.json"
health
expect_in "$out" summary_not_file:

begin 'bill and books of nothing agree'
orx --json provider-cost-reconcile --days 3
expect_status 0
expect_eq "$(value '["alarms"]')" 0

begin 'flags are checked'
orx provider-cost-ingest --max-pages 0
expect_status 2
expect_in "$err" 'takes a whole number from 1 on'
orx provider-cost-health --daily-budget-usd much
expect_status 2

finish
