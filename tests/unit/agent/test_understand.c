/* Calls of a model, understood or sent back with what was expected. */
#include "agent/text.h"
#include "agent/tools.h"
#include "data/json.h"
#include "platform/platform.h"
#include "platform/tools_protocol.h"

#include "test.h"

#include <string.h>

static const char *const listed[] = {"make", "git diff", NULL};
static const orx_tool_rules shell = {.commands = ORX_COMMANDS_SHELL, .command_ns = 600 * ORX_SEC};
static const orx_tool_rules by_list = {
    .commands = ORX_COMMANDS_LISTED, .listed = listed, .command_ns = 600 * ORX_SEC};
static const orx_tool_rules off = {.commands = ORX_COMMANDS_OFF, .command_ns = 600 * ORX_SEC};

static orx_arena arena;
static orx_str said;
static orx_tool_request request;

static bool understand(const orx_tool_rules *rules, const char *name, const char *arguments) {
    orx_str_clear(&said);
    return orx_tools_understand(rules, orx_view_of(name), orx_view_of(arguments), &arena, &request,
                                &said);
}

static int teardown(void **state) {
    (void)state;
    orx_arena_free(&arena);
    orx_str_free(&said);
    return 0;
}

static void field_is(size_t i, const char *text) {
    assert_true(i < request.count);
    if (!orx_view_is(request.fields[i], text))
        fail_msg("field %zu is \"%.*s\", expected \"%s\"", i, ORX_VIEW_ARG(request.fields[i]),
                 text);
}

static void arguments_become_fields(void **state) {
    (void)state;
    assert_true(understand(&shell, "read_file", "{\"path\": \"a\", \"limit\": 3}"));
    assert_int_equal(request.op, ORX_TOOLS_READ);
    assert_int_equal(request.count, 3);
    field_is(0, "a");
    field_is(1, "");
    field_is(2, "3");
    assert_true(
        understand(&shell, " search ", "{\"regex\": true, \"pattern\": \"x\", \"other\": 1}"));
    field_is(0, "x");
    field_is(3, "1");
    assert_true(understand(&shell, "list_dir", ""));
    assert_true(understand(&shell, "list_dir", "{}"));
    assert_true(understand(&shell, "write_file", "{\"path\": \"a\", \"content\": \"\"}"));
    field_is(1, "");
    assert_true(understand(&shell, "apply_patch", "{\"patch\": \"--- a\\n\"}"));
    field_is(0, "--- a\n");
}

static void what_is_meant_is_taken(void **state) {
    (void)state;
    assert_true(
        understand(&shell, "read_file", "{\"path\": \"a\", \"offset\": \"7\", \"limit\": 2.0}"));
    field_is(1, "7");
    field_is(2, "2");
    assert_true(
        understand(&shell, "search", "{\"pattern\": \"x\", \"regex\": \"True\", \"path\": null}"));
    field_is(3, "1");
}

static void is_sent_back(const char *name, const char *arguments, const char *why) {
    if (understand(&shell, name, arguments))
        fail_msg("understood: %s %s", name, arguments);
    assert_contains(orx_str_cstr(&said), why);
}

static void mistakes_are_named(void **state) {
    (void)state;
    is_sent_back("read_file", "{\"path\": \"a\"", "no JSON object");
    is_sent_back("read_file", "path: a", "no JSON object");
    is_sent_back("read_file", "[\"a\"]",
                 "\"arguments\" is an array; the arguments are {\"path\": text,");
    is_sent_back("read_file", "\"{\\\"path\\\": \\\"a\\\"}\"", "\"arguments\" is a string");
    is_sent_back("read_file", "{}", "read_file: \"path\" is missing");
    is_sent_back("read_file", "{\"file\": \"a\"}", "\"path\" is missing");
    is_sent_back("read_file", "{\"path\": 7}", "\"path\" is no text");
    is_sent_back("read_file", "{\"path\": \"a\", \"offset\": \"x\"}",
                 "\"offset\" is no whole number");
    is_sent_back("read_file", "{\"path\": \"a\", \"offset\": 1.5}",
                 "\"offset\" is no whole number");
    is_sent_back("read_file", "{\"path\": \"a\", \"path\": \"b\"}", "no JSON object");
    is_sent_back("search", "{\"pattern\": \"x\", \"regex\": 1}", "neither true nor false");
    is_sent_back("write_file", "{\"path\": \"a\"}", "\"content\": text");
    is_sent_back("write_file", "{\"path\": \"a\", \"content\": {\"a\": 1}}",
                 "\"content\" is no text");
    is_sent_back("open_file", "{}", "no tool \"open_file\"; there are: read_file list_dir");
    is_sent_back("", "{}", "no tool \"\"");
    is_sent_back("finish", "{\"status\": \"fine\", \"summary\": \"\"}", "none of the three words");
    is_sent_back("finish", "{\"status\": \"done\"}", "\"summary\" is missing");
    is_sent_back("finish", "{\"status\": \"done\", \"summary\": \"\", \"validations\": [1]}",
                 "no list of texts");
    is_sent_back("run_command", "{\"command\": \"  \"}", "\"command\" is empty");
    is_sent_back("run_command", "{\"command\": \"a\\u0000b\"}", "\"command\" is no text");
    is_sent_back("run_command", "{\"command\": []}", "no list of words");
    is_sent_back("run_command", "{\"command\": [\"a\", 1]}", "no list of words");
    is_sent_back("run_command", "{\"command\": \"a\", \"timeout\": \"soon\"}", "no whole number");
}

static void finish_needs_no_server(void **state) {
    (void)state;
    assert_true(understand(&shell, "finish", "{\"status\": \"Done\", \"summary\": \"all\"}"));
    assert_true(request.finish);
}

static void a_line_goes_to_the_shell_and_words_do_not(void **state) {
    (void)state;
    assert_true(understand(&shell, "run_command", "{\"command\": \"a | b\", \"timeout\": 5}"));
    assert_int_equal(request.count, 4);
    field_is(0, "5000");
    field_is(1, "/bin/sh");
    field_is(2, "-c");
    field_is(3, "a | b");
    assert_true(request.timeout_ns > 5 * ORX_SEC);
    assert_true(
        understand(&shell, "run_command", "{\"command\": [\"a\", \"| b\"], \"timeout\": 99999}"));
    assert_int_equal(request.count, 3);
    field_is(0, "600000");
    field_is(1, "a");
    field_is(2, "| b");
}

static void a_listed_command_has_no_shell(void **state) {
    (void)state;
    assert_true(understand(&by_list, "run_command", "{\"command\": \"git diff '$(id)' ; ls\"}"));
    assert_int_equal(request.count, 6);
    field_is(1, "git");
    field_is(3, "$(id)");
    field_is(4, ";");
    assert_true(understand(&by_list, "run_command", "{\"command\": \"make\"}"));
    static const char *const refused[] = {
        "{\"command\": \"git push\"}",          "{\"command\": \"makefile\"}",
        "{\"command\": \"sh -c make\"}",        "{\"command\": \"git\"}",
        "{\"command\": \"LD_PRELOAD=x make\"}", "{\"command\": [\"sh\", \"-c\", \"make\"]}",
        "{\"command\": \"/tmp/make\"}",
    };
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        assert_false(understand(&by_list, "run_command", refused[i]));
        assert_contains(orx_str_cstr(&said), "not allowed here");
    }
    assert_false(understand(&by_list, "run_command", "{\"command\": \"make 'open\"}"));
    assert_false(understand(&off, "run_command", "{\"command\": \"make\"}"));
    assert_contains(orx_str_cstr(&said), "there is no tool \"run_command\"");
}

/* Each schema is JSON, and names what is required. */
static void the_offer_is_well_formed(void **state) {
    (void)state;
    uint32_t count = 0;
    const orxaq_tool *offer = orx_tools_offer(&by_list, &arena, &count);
    assert_int_equal(count, 7);
    for (uint32_t i = 0; i < count; i++) {
        const orx_node *root = NULL;
        orx_err err = ORX_ERR_INIT;
        assert_ok(orx_json_parse(&arena, "schema",
                                 orx_view_mem(offer[i].parameters.data, offer[i].parameters.len),
                                 &orx_limits_config, &root, &err),
                  &err);
        assert_string_equal(orx_node_str(orx_node_get(root, "type"), ""), "object");
        assert_non_null(orx_node_get(root, "required"));
    }
    orx_str_clear(&said);
    orx_tools_describe(&by_list, &said);
    assert_contains(orx_str_cstr(&said), "It has to begin with one of: make, git diff");
    (void)orx_tools_offer(&off, &arena, &count);
    assert_int_equal(count, 6);
}

/* ---- Calls as text --------------------------------------------------------------------------- */

static const orx_talk_call *found;

static size_t find(const char *answer) {
    return orx_text_calls(orx_view_of(answer), &arena, &found);
}

static void calls_in_text_are_found(void **state) {
    (void)state;
    assert_int_equal(
        find("Let me look.\n```tool\n{\"name\": \"read_file\", \"arguments\": {\"path\":"
             " \"a\"}}\n```\nand\n<tool_call>\n{\"name\": \"list_dir\", \"parameters\":"
             " {}}</tool_call>```tool_call\n{\"tool\": \"x\", \"args\": \"{}\"}\n```"),
        3);
    assert_true(orx_view_is(found[0].name, "read_file"));
    assert_true(orx_view_is(found[0].arguments, "{\"path\":\"a\"}"));
    assert_true(orx_view_is(found[1].name, "list_dir"));
    assert_true(orx_view_is(found[2].name, "x"));
    assert_true(orx_view_is(found[2].arguments, "{}"));
    assert_int_equal(find("```c\nint tool;\n```\n```json\n{\"name\": \"read_file\"}\n```"), 0);
    assert_int_equal(find(""), 0);
}

static void broken_blocks_are_calls_without_a_name(void **state) {
    (void)state;
    assert_int_equal(find("```tool\n{\"name\": \"read_file\", \"arguments\": {\"path\": \"a\n```"),
                     1);
    assert_int_equal(found[0].name.len, 0);
    assert_int_equal(find("<tool_call>{\"arguments\": {}}"), 1);
    assert_int_equal(found[0].name.len, 0);
    /* The end of a block may be lost with the end of the answer. */
    assert_int_equal(find("```tool\n{\"name\": \"list_dir\"}"), 1);
    assert_true(orx_view_is(found[0].name, "list_dir"));
}

static void only_so_many_calls_are_understood(void **state) {
    (void)state;
    orx_str text = {0};
    for (int i = 0; i < 100; i++)
        orx_str_adds(&text, "<tool_call>{\"name\": \"list_dir\"}</tool_call>");
    assert_int_equal(find(text.buf), ORX_TEXT_CALLS_MAX);
    orx_str_free(&text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arguments_become_fields),
        cmocka_unit_test(what_is_meant_is_taken),
        cmocka_unit_test(mistakes_are_named),
        cmocka_unit_test(finish_needs_no_server),
        cmocka_unit_test(a_line_goes_to_the_shell_and_words_do_not),
        cmocka_unit_test(a_listed_command_has_no_shell),
        cmocka_unit_test(the_offer_is_well_formed),
        cmocka_unit_test(calls_in_text_are_found),
        cmocka_unit_test(broken_blocks_are_calls_without_a_name),
        cmocka_unit_test(only_so_many_calls_are_understood),
    };
    return cmocka_run_group_tests(tests, NULL, teardown);
}
