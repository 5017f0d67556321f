/* What is written for each system, byte for byte, and a crontab of which only our line is ours. */
#include "unit/keepalive.h"

#include "test.h"

#include <string.h>

static const char *const plain_flags[] = {"--root", "/srv/root", NULL};
static const orx_keepalive plain = {.root = "/srv/root",
                                    .exe = "/usr/bin/orxaq",
                                    .flags = plain_flags,
                                    .path = "/usr/bin:/bin",
                                    .log = "/srv/root/a/ensure.log"};

#define EVIL "/a %h $HOME \"q\" 'p' \\ <&>\nz"
static const char *const evil_flags[] = {"--root", EVIL, NULL};
static const orx_keepalive evil = {
    .root = EVIL, .exe = "/opt/$x%/orxaq", .flags = evil_flags, .log = EVIL "/log"};

static void expect(orx_keepalive_kind kind, const orx_keepalive *k, const char *expected) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_keepalive_text(kind, k, &text, &err), &err);
    assert_string_equal(orx_str_cstr(&text), expected);
}

static void contains(orx_keepalive_kind kind, const orx_keepalive *k, const char *expected) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    assert_ok(orx_keepalive_text(kind, k, &text, &err), &err);
    assert_contains(orx_str_cstr(&text), expected);
}

static void refuses(orx_keepalive_kind kind, const char *root, const char *why) {
    ORX_CLEANUP(orx_str_free) orx_str text = {0};
    orx_err err = ORX_ERR_INIT;
    const char *const flags[] = {"--root", root, NULL};
    const orx_keepalive k = {.root = root, .exe = "/usr/bin/orxaq", .flags = flags, .log = "/log"};
    assert_true(orx_keepalive_text(kind, &k, &text, &err) < 0);
    assert_contains(err.msg, why);
}

static void case_51_52_systemd(void **state) {
    (void)state;
    expect(ORX_KEEPALIVE_SYSTEMD, &plain,
           "# orxaq-keepalive: written by `orxaq install-keepalive`, removed by "
           "`orxaq uninstall-keepalive`.\n"
           "[Unit]\n"
           "Description=orxaq supervisor\n"
           "StartLimitIntervalSec=0\n"
           "\n"
           "[Service]\n"
           "Type=notify\n"
           "ExecStart=\"/usr/bin/orxaq\" \"--root\" \"/srv/root\" supervise --wait\n"
           "Environment=\"PATH=/usr/bin:/bin\"\n"
           "Restart=always\n"
           "RestartSec=5\n"
           "TimeoutStartSec=infinity\n"
           "TimeoutStopSec=120\n"
           "WatchdogSec=30\n"
           "KillMode=mixed\n"
           "Delegate=yes\n"
           "\n"
           "[Install]\n"
           "WantedBy=default.target\n");
    /* In the program itself a $ is a $. */
    contains(ORX_KEEPALIVE_SYSTEMD, &evil,
             "\nExecStart=\"/opt/$x%%/orxaq\" \"--root\" "
             "\"/a %%h $$HOME \\\"q\\\" 'p' \\\\ <&>\\x0az\" supervise --wait\n");
}

static void case_51_52_crontab(void **state) {
    (void)state;
    expect(ORX_KEEPALIVE_CRONTAB, &plain,
           "* * * * * PATH='/usr/bin:/bin' '/usr/bin/orxaq' '--root' '/srv/root' ensure "
           ">/dev/null 2>&1 # orxaq-keepalive-8f155b2d");
    contains(ORX_KEEPALIVE_CRONTAB, &evil,
             "* * * * * '/opt/$x\\%/orxaq' '--root' \"$(printf '/a \\045h $HOME \"q\" \\047p\\047 "
             "\\134 <&>\\012z')\" ensure >/dev/null");
    const char *const flags[] = {"--root", "/it's 100%", NULL};
    const orx_keepalive k = {.root = "/it's 100%", .exe = "/o", .flags = flags};
    contains(ORX_KEEPALIVE_CRONTAB, &k, "'/it'\\''s 100\\%' ensure");
    refuses(ORX_KEEPALIVE_CRONTAB, "/a\n", "a line feed at the end of a name");
    char root[1200];
    memset(root, 'r', sizeof root);
    root[0] = '/';
    root[sizeof root - 1] = '\0';
    refuses(ORX_KEEPALIVE_CRONTAB, root, "expected at most 990");
}

static void case_50_52_launchd(void **state) {
    (void)state;
    expect(ORX_KEEPALIVE_LAUNCHD, &plain,
           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
           "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
           "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
           "<!-- orxaq-keepalive: written by `orxaq install-keepalive` -->\n"
           "<plist version=\"1.0\">\n"
           "<dict>\n"
           "    <key>Label</key>\n"
           "    <string>com.orxaq.autonomy.ensure.8f155b2d</string>\n"
           "    <key>ProgramArguments</key>\n"
           "    <array>\n"
           "        <string>/usr/bin/orxaq</string>\n"
           "        <string>--root</string>\n"
           "        <string>/srv/root</string>\n"
           "        <string>supervise</string>\n"
           "        <string>--wait</string>\n"
           "    </array>\n"
           "    <key>EnvironmentVariables</key>\n"
           "    <dict>\n"
           "        <key>PATH</key>\n"
           "        <string>/usr/bin:/bin</string>\n"
           "    </dict>\n"
           "    <key>RunAtLoad</key>\n"
           "    <true/>\n"
           "    <key>KeepAlive</key>\n"
           "    <true/>\n"
           "    <key>ThrottleInterval</key>\n"
           "    <integer>10</integer>\n"
           "    <key>StandardOutPath</key>\n"
           "    <string>/srv/root/a/ensure.log</string>\n"
           "    <key>StandardErrorPath</key>\n"
           "    <string>/srv/root/a/ensure.log</string>\n"
           "</dict>\n"
           "</plist>\n");
    contains(ORX_KEEPALIVE_LAUNCHD, &evil,
             "<string>/a %h $HOME \"q\" 'p' \\ &lt;&amp;&gt;&#10;z</string>\n");
    refuses(ORX_KEEPALIVE_LAUNCHD, "/a\001", "a control character");
    refuses(ORX_KEEPALIVE_LAUNCHD, "/a\xff", "bytes that are not UTF-8");
}

static void case_49_52_schtasks(void **state) {
    (void)state;
    const char *const flags[] = {"--root", "C:\\Own Files\\r\\", NULL};
    const orx_keepalive k = {
        .root = "C:\\Own Files\\r\\", .exe = "C:\\orxaq\\orxaq.exe", .flags = flags};
    expect(ORX_KEEPALIVE_SCHTASKS, &k,
           "\"C:\\orxaq\\orxaq.exe\" \"--root\" \"C:\\Own Files\\r\\\\\" ensure");
    refuses(ORX_KEEPALIVE_SCHTASKS, "C:\\%TEMP%", "a %, which would begin a variable");
    refuses(ORX_KEEPALIVE_SCHTASKS, "C:\\a\"b", "a quote or a line feed");
    char root[300];
    memset(root, 'r', sizeof root);
    root[sizeof root - 1] = '\0';
    refuses(ORX_KEEPALIVE_SCHTASKS, root, "expected at most 261");
}

static void of_a_crontab_only_our_line_is_ours(void **state) {
    (void)state;
    static const char name[] = "orxaq-keepalive-8f155b2d";
    static const struct {
        const char *before;
        const char *after;
        bool found;
    } cases[] = {
        {"", "", false},
        {"a\r\n\n # x\nb", "a\r\n\n # x\nb", false},
        {"a\n* * * * * o # orxaq-keepalive-8f155b2d\nb", "a\nb", true},
        {"a\n* * * * * o # orxaq-keepalive-8f155b2d", "a\n", true},
        {"* * * * * o # orxaq-keepalive-8f155b2d\n", "", true},
        /* Another root's, one that only speaks of it, and a comment. */
        {"* * * * * o # orxaq-keepalive-11111111\n", "* * * * * o # orxaq-keepalive-11111111\n",
         false},
        {"0 0 * * * x # orxaq-keepalive-8f155b2d too\n",
         "0 0 * * * x # orxaq-keepalive-8f155b2d too\n", false},
        {"#* * * * * o # orxaq-keepalive-8f155b2d\n", "#* * * * * o # orxaq-keepalive-8f155b2d\n",
         false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ORX_CLEANUP(orx_str_free) orx_str out = {0};
        assert_int_equal(orx_keepalive_crontab_without(orx_view_of(cases[i].before), name, &out),
                         cases[i].found);
        assert_string_equal(orx_str_cstr(&out), cases[i].after);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(case_51_52_systemd),
        cmocka_unit_test(case_51_52_crontab),
        cmocka_unit_test(case_50_52_launchd),
        cmocka_unit_test(case_49_52_schtasks),
        cmocka_unit_test(of_a_crontab_only_our_line_is_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
