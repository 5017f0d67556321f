#!/bin/bash
# keepalive.sh: what brings the supervisor back, against stand-ins of systemctl, loginctl, crontab,
# launchctl and schtasks, and what a service manager hears of the supervisor.
# shellcheck disable=SC2016 # stand-ins are quoted
# shellcheck source=tests/e2e/run/lib.sh
. "$(dirname "$0")/../run/lib.sh"

mkdir "$work/bin" "$work/home"
export HOME=$work/home USER=somebody
unset XDG_CONFIG_HOME
export KEEP=$work/keep
PATH=$work/bin:$PATH

# stand NAME: a program that takes down its arguments and then does what stdin says
stand() {
    { printf '#!/bin/sh\necho "%s $*" >>"$KEEP.calls"\n' "$1"; cat; } >"$work/bin/$1"
    chmod +x "$work/bin/$1"
}

stand systemctl <<'SH'
[ ! -e "$KEEP.no-systemd" ] || exit 1
[ ! -e "$KEEP.fail" ] || case $* in *"$(cat "$KEEP.fail")"*) echo "it cannot be" >&2; exit 5 ;; esac
case $* in *is-active*) echo active ;; *is-enabled*) [ ! -e "$KEEP.disabled" ] ;; esac
SH
stand loginctl <<'SH'
echo no
SH
stand crontab <<'SH'
grep -q '^NoNewPrivs:.*0' /proc/self/status || { echo "the spool is not for me" >&2; exit 1; }
case $1 in
-l) [ ! -e "$KEEP.fail" ] || { echo "trouble" >&2; exit 1; }
    [ -e "$KEEP.tab" ] || { echo "no crontab for somebody" >&2; exit 1; }
    cat "$KEEP.tab" ;;
-) [ ! -e "$KEEP.full" ] || { echo "no space" >&2; exit 1; }
   cat >"$KEEP.new" && mv "$KEEP.new" "$KEEP.tab" ;;
esac
SH
stand launchctl <<'SH'
[ ! -e "$KEEP.fail" ] || [ "$1" != bootstrap ] || { echo "it cannot be" >&2; exit 5; }
SH
stand schtasks <<'SH'
case $1 in /Create) touch "$KEEP.task" ;; /Delete) rm "$KEEP.task" ;; *) [ -e "$KEEP.task" ] ;; esac
SH

# plain_root NAME: a root without tasks
plain_root() {
    root=$work/$1
    mkdir -p "$root/config"
    echo '{"tasks": []}' >"$root/config/tasks.json"
    touch "$root/orxaq.yaml"
    rm -f "$KEEP".*
}
calls() { cat "$KEEP.calls" 2>/dev/null || true; }

case_is "51: systemd"
plain_root root
units=$HOME/.config/systemd/user
ox keepalive-status
is "nothing yet" "$code" 0
has "nothing yet" "$out" '"installed": false'
has "nothing yet" "$out" '"active": false'
ox keepalive-status --text
has "nothing yet, for people" "$out" "(systemd): not installed"
has "what to do" "$out" "install-keepalive"
ox install-keepalive
is "install" "$code" 0
has "install says" "$out" "installed keepalive: orxaq-autonomy-"
has "the hint" "$err" "loginctl enable-linger"
unit=$(cd "$units" && echo *)
has "told" "$(calls)" "systemctl --user enable $unit"
has "told" "$(calls)" "systemctl --user start --no-block $unit"
has "the text" "$(cat "$units/$unit")" "Type=notify"
is "as printed" "$("$orxaq" --root "$root" install-keepalive --print)" "$(cat "$units/$unit")"
was=$(cat "$units/$unit")
ox install-keepalive
is "again" "$code" 0
is "the same" "$(cat "$units/$unit")" "$was"
ox keepalive-status
is "status" "$out" "$(printf '{\n  "active": true,\n  "file": "%s",\n  "installed": true,\n  "kind": "systemd",\n  "linger": "no",\n  "platform": "linux",\n  "state": "active",\n  "unit": "%s"\n}' "$units/$unit" "$unit")"
ox keepalive-status --text
has "status for people" "$out" "$unit (systemd): active"
has "status for people" "$out" "linger  no"
if command -v systemd-analyze >/dev/null; then
    mkdir "$work/run"
    XDG_RUNTIME_DIR=$work/run systemd-analyze --user verify "$units/$unit" >"$work/verify" 2>&1 || true
    hasnt "systemd understands it" "$(cat "$work/verify")" "$unit"
    plain_root 'a %d $HOME "q" \x'
    "$orxaq" --root "$root" install-keepalive --print --with systemd >"$work/run/evil.service"
    XDG_RUNTIME_DIR=$work/run systemd-analyze --user verify "$work/run/evil.service" >"$work/verify" 2>&1 || true
    hasnt "also with such a root" "$(cat "$work/verify")" "evil.service"
    plain_root root
fi
touch "$KEEP.disabled"
ox keepalive-status
has "somebody disabled it" "$out" '"active": false'
has "somebody disabled it" "$out" '"installed": true'
rm "$KEEP.disabled"
echo disable >"$KEEP.fail"
ox uninstall-keepalive
is "cannot be removed" "$code" 1
[ -e "$units/$unit" ] || fail "half removed"
rm "$KEEP.fail"
: >"$KEEP.calls"
ox uninstall-keepalive
is "uninstall" "$code" 0
has "uninstall says" "$out" "removed keepalive: $unit"
is "told, in this order" "$(calls | grep -v show-environment)" "systemctl --user disable --now $unit
systemctl --user daemon-reload"
is "gone" "$(ls "$units")" ""
ox uninstall-keepalive
has "nothing there" "$out" "no keepalive is installed"
for step in daemon-reload enable start; do
    echo "$step" >"$KEEP.fail"
    : >"$KEEP.calls"
    ox install-keepalive
    is "$step fails" "$code" 1
    has "$step is taken back" "$(calls)" "systemctl --user disable --now $unit"
    is "$step: reloaded afterwards" "$(calls | tail -n 1)" "systemctl --user daemon-reload"
    has "$step says" "$err" "it cannot be"
    is "$step leaves nothing" "$(ls "$units")" ""
    echo "# orxaq-keepalive: of before" >"$units/$unit"
    ox install-keepalive
    is "$step leaves what was there" "$(cat "$units/$unit")" "# orxaq-keepalive: of before"
    rm "$units/$unit"
done
rm "$KEEP.fail"
echo "[Service]" >"$units/$unit"
for command in install uninstall; do
    ox "$command-keepalive"
    is "$command: not ours" "$code" 1
    is "$command: left alone" "$(cat "$units/$unit")" "[Service]"
done
rm "$units/$unit"

case_is "systemd: where its folder is"
plain_root root
ox install-keepalive
XDG_CONFIG_HOME=$work/settings ox install-keepalive
is "another folder" "$code" 0
is "another folder" "$(ls "$work/settings/systemd/user")" "$(ls "$units")"
XDG_CONFIG_HOME=settings ox keepalive-status
has "a relative one is none" "$out" "\"file\": \"$units/"
cd "$work" # should it write there all the same
HOME=somewhere ox install-keepalive
cd - >/dev/null
is "no home" "$code" 1
has "no home" "$err" "HOME is not set to an absolute path"
ox uninstall-keepalive
is "uninstall" "$code" 0

case_is "51: crontab, when there is no systemd"
plain_root root
touch "$KEEP.no-systemd"
ox install-keepalive
is "into none" "$code" 0
is "one line" "$(wc -l <"$KEEP.tab")" 1
printf '# mine\n\n0 5 * * * a\\%%b  # orxaq-keepalive-else\n@daily x' >"$KEEP.tab"
cp "$KEEP.tab" "$KEEP.mine"
ox install-keepalive
is "beside others" "$code" 0
is "theirs are as they were" "$(head -c "$(wc -c <"$KEEP.mine")" "$KEEP.tab" | cmp - "$KEEP.mine" && echo same)" same
has "ours" "$(tail -n 1 "$KEEP.tab")" " ensure >/dev/null 2>&1 # orxaq-keepalive-"
: >"$KEEP.calls"
ox install-keepalive
is "again writes nothing" "$(grep -cx 'crontab -' "$KEEP.calls" || true)" 0
ox keepalive-status
has "status" "$out" '"kind": "crontab"'
has "status" "$out" '"active": true'
cp "$KEEP.tab" "$KEEP.was"
touch "$KEEP.full"
ox uninstall-keepalive
is "cannot be written" "$code" 1
cmp "$KEEP.tab" "$KEEP.was" || fail "half removed"
rm "$KEEP.full"
touch "$KEEP.fail"
ox install-keepalive
is "cannot be read" "$code" 1
ox keepalive-status
is "which is how things are" "$code" 0
has "nobody knows" "$out" '"installed": null'
has "so it is none" "$out" '"active": false'
has "why" "$out" '"note": "`crontab -l` ended with 1: trouble"'
ox keepalive-status --text
has "why, for people" "$out" "(crontab): \`crontab -l\` ended with 1: trouble"
rm "$KEEP.fail"
cmp "$KEEP.tab" "$KEEP.was" || fail "a crontab that could not be read was overwritten"
ox uninstall-keepalive
is "uninstall" "$code" 0
is "only ours is gone" "$(cmp <(cat "$KEEP.mine"; echo) "$KEEP.tab" && echo same)" same

case_is "the line of a crontab starts what it names, whatever the root is called"
plain_root "a %d 'b' \"c\" \$HOME \\ "$'\n'"d"
touch "$KEEP.no-systemd"
ox install-keepalive
is "install" "$code" 0
line=$(tail -n 1 "$KEEP.tab")
# As cron does: five fields, then the command, in which \% is a %.
command=${line#\* \* \* \* \* }
sh -c "${command//\\%/%}"
ox --json units
has "it came up" "$out" '"supervisor_running":true'
ox stop
is "stop" "$code" 0

case_is "49, 50: launchd and schtasks"
plain_root root
ox install-keepalive --with launchd
is "launchd" "$code" 0
plist=$(echo "$HOME"/Library/LaunchAgents/com.orxaq.autonomy.ensure.*.plist)
label=$(basename "$plist" .plist)
away="launchctl bootout gui/$(id -u)/$label"
there="launchctl bootstrap gui/$(id -u) $plist"
is "told, also if one was there" "$(calls | grep launchctl)" "$away
$there"
ox keepalive-status --with launchd
has "status" "$out" '"active": true'
has "status" "$out" "\"label\": \"$label\""
has "status" "$out" "\"plist\": \"$plist\""
has "status" "$out" '"platform": "macos"'
if command -v python3 >/dev/null; then
    is "a property list" "$(python3 -c 'import plistlib,sys; print(plistlib.load(open(sys.argv[1],"rb"))["ProgramArguments"][2])' "$plist")" "$root"
fi
was=$(cat "$plist")
touch "$KEEP.fail"
echo "<!-- orxaq-keepalive: of before -->" >"$plist"
ox install-keepalive --with launchd
is "fails" "$code" 1
is "as before" "$(cat "$plist")" "<!-- orxaq-keepalive: of before -->"
is "the one before was loaded again" "$(calls | grep launchctl | tail -n 2)" "$away
$there"
is "after the new one failed" "$(calls | grep -c bootstrap)" 3
rm "$KEEP.fail"
: >"$KEEP.calls"
ox uninstall-keepalive --with launchd
is "uninstall" "$code" 0
[ ! -e "$plist" ] || fail "still there"
is "told" "$(calls | grep launchctl)" "$away"
ox install-keepalive --with schtasks
is "schtasks" "$code" 0
has "told" "$(calls)" "schtasks /Create /F /SC MINUTE /MO 1 /TN OrxaqAutonomyEnsure-"
has "49: what it does" "$(calls)" "--root\" \"$root\" ensure"
hasnt "49: no more rights than it has" "$(calls)" "/RL"
ox keepalive-status --with schtasks
has "status" "$out" '"active": true'
ox uninstall-keepalive --with schtasks
is "uninstall" "$code" 0
[ ! -e "$KEEP.task" ] || fail "still there"
ox install-keepalive --with magic
is "no such way" "$code" 2

case_is "a supervisor that waits takes over"
plain_root root
ox start
first=$(cat "$root/artifacts/autonomy/supervisor.pid")
"$orxaq" --root "$root" supervise --wait 2>"$work/waits" &
second=$!
kill -KILL "$first"
# It has taken over when it answers, which is after it has written its pid.
took_over() {
    [ "$(cat "$root/artifacts/autonomy/supervisor.pid")" = "$second" ] &&
        "$orxaq" --root "$root" --json units | grep -q '"supervisor_running":true'
}
until_true "it took over" took_over
is "took over" "$(cat "$root/artifacts/autonomy/supervisor.pid")" "$second"
ox stop
wait "$second" || fail "it did not end well"

case_is "what a service manager hears"
if command -v python3 >/dev/null; then
    plain_root root
    python3 - "$work/notify" >"$work/heard" <<'PY' &
import os, socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1] + ".new")
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    text = s.recv(4096).decode().strip()
    print(text, flush=True)
    if text == "STOPPING=1":
        break
PY
    listener=$!
    until_true "somebody listens" test -S "$work/notify"
    NOTIFY_SOCKET=$work/notify WATCHDOG_USEC=200000 "$orxaq" --root "$root" supervise 2>/dev/null &
    supervisor=$!
    lives() { [ "$(grep -c WATCHDOG=1 "$work/heard")" -ge 3 ]; }
    until_true "signs of life" lives
    is "first" "$(head -n 1 "$work/heard")" "READY=1"
    kill -TERM "$supervisor"
    wait "$supervisor" "$listener" || fail "it did not end well"
    is "last" "$(tail -n 1 "$work/heard")" "STOPPING=1"
fi

finish_tests
