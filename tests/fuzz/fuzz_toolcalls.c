/* What a model says, of any bytes: the first picks a tool, the rest are its arguments, an answer
 * with calls in it, and a stored conversation. Calls are understood or sent back with a reason, and
 * a conversation that can be read is written and read as the same. */
#include "agent/text.h"
#include "agent/tools.h"
#include "fuzz.h"
#include "platform/platform.h"
#include "platform/tools_protocol.h"

#include <string.h>

static const char *const listed[] = {"make", "git diff", NULL};

static void understand(orx_view name, orx_view arguments, orx_commands commands) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    ORX_CLEANUP(orx_str_free) orx_str out = {0};
    orx_tool_request r;
    const orx_tool_rules rules = {commands, listed, 600 * ORX_SEC};
    if (!orx_tools_understand(&rules, name, arguments, &arena, &r, &out)) {
        FUZZ_CHECK(out.len > 0);
        return;
    }
    FUZZ_CHECK(r.finish == (r.op == 0) && r.count <= ORX_TOOLS_FIELDS_MAX && r.timeout_ns > 0);
    FUZZ_CHECK(r.op != ORX_TOOLS_RUN || r.count >= 2);
    for (size_t i = 0; r.op == ORX_TOOLS_RUN && i < r.count; i++)
        FUZZ_CHECK(!r.fields[i].len || !memchr(r.fields[i].p, '\0', r.fields[i].len));
    if (commands == ORX_COMMANDS_LISTED && r.op == ORX_TOOLS_RUN)
        FUZZ_CHECK(orx_view_is(r.fields[1], "make") || orx_view_is(r.fields[1], "git"));
}

static void read_answer(orx_view answer) {
    ORX_CLEANUP(orx_arena_free) orx_arena arena = {0};
    const orx_talk_call *calls = NULL;
    size_t n = orx_text_calls(answer, &arena, &calls);
    FUZZ_CHECK(n <= ORX_TEXT_CALLS_MAX);
    for (size_t i = 0; i < n; i++)
        understand(calls[i].name, calls[i].arguments, ORX_COMMANDS_SHELL);
}

static void read_talk(orx_view json) {
    orx_talk talk = {0};
    orx_talk again = {0};
    ORX_CLEANUP(orx_str_free) orx_str a = {0};
    ORX_CLEANUP(orx_str_free) orx_str b = {0};
    if (orx_talk_read(&talk, json, NULL) == 0) {
        orx_talk_write(&talk, 0, &a);
        FUZZ_CHECK(orx_talk_read(&again, orx_str_view(&a), NULL) == 0);
        orx_talk_write(&again, 0, &b);
        FUZZ_CHECK(orx_view_eq(orx_str_view(&a), orx_str_view(&b)));
        while (orx_talk_digest(&talk)) {
        }
    } else {
        FUZZ_CHECK(talk.messages.len == 0);
    }
    orx_talk_free(&talk);
    orx_talk_free(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const char *const names[] = {"read_file",   "list_dir",    "search", "write_file",
                                        "apply_patch", "run_command", "finish", "other"};
    if (!size)
        return 0;
    orx_view rest = orx_view_mem(data + 1, size - 1);
    understand(orx_view_of(names[data[0] & 7]), rest, (orx_commands)((data[0] >> 3) % 3));
    read_answer(rest);
    read_talk(rest);
    return 0;
}
