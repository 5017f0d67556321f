#include "run/prompt.h"

#include "run/text.h"

#define OBJECTIVE_MAX ((size_t)64 * 1024)
#define ROLE_MAX      ((size_t)128 * 1024)
#define HANDOFF_MAX   5000
#define ERROR_MAX     1200
#define SUMMARY_MAX   800
#define SNIPPET_MAX   240
/* What the notes about cut parts take at most. */
#define NOTES_MAX 256

/* How many bytes of the parts that may give way are shown at most; 0 = the part is left out. */
typedef struct shares {
    size_t snippets; /* each */
    size_t handoff;
    size_t role;
    size_t objective;
} shares;

static const shares usual = {SNIPPET_MAX, HANDOFF_MAX, ROLE_MAX, OBJECTIVE_MAX};

/* Appends text cut at max bytes with a note of what is missing. */
static void add_cut(orx_str *out, const char *text, size_t max) {
    ORX_CLEANUP(orx_str_free) orx_str clean = {0};
    orx_str_add_utf8(&clean, orx_view_trim(orx_view_of(text)));
    size_t len = clean.len;
    if (len > max) {
        while (max && ((unsigned char)clean.buf[max] & 0xC0) == 0x80)
            max--;
        orx_str_truncate(&clean, max);
    }
    orx_str_addv(out, orx_str_view(&clean));
    orx_str_addc(out, '\n');
    if (len > max)
        orx_str_addf(out, "[%zu further bytes left out]\n", len - max);
}

static void add_section(orx_str *out, const char *title, const char *text, size_t max) {
    if (!max || !text || !orx_view_trim(orx_view_of(text)).len)
        return;
    orx_str_addf(out, "# %s\n", title);
    add_cut(out, text, max);
    orx_str_addc(out, '\n');
}

static void add_bullets(orx_str *out, const char *const *items, size_t max_each) {
    for (size_t i = 0; items && items[i]; i++) {
        orx_str_adds(out, "- ");
        add_cut(out, items[i], max_each);
    }
}

static void add_skill(orx_str *out, const orx_node *skill) {
    orx_str_addf(out, "# Autonomy skill protocol: %s v%s\n",
                 orx_node_str(orx_node_get(skill, "name"), "orxaq-autonomy"),
                 orx_node_str(orx_node_get(skill, "version"), "2"));
    add_cut(out, orx_node_str(orx_node_get(skill, "description"), ""), 2000);
    ORX_NODE_EACH(orx_node_get(skill, "required_behaviors"), it) {
        if (it->kind == ORX_STRING) {
            orx_str_adds(out, "- ");
            add_cut(out, it->u.s.p, 300);
        }
    }
    const char *policy = orx_node_str(orx_node_get(skill, "filetype_policy"), "");
    if (*policy) {
        orx_str_adds(out, "File types: ");
        add_cut(out, policy, 2000);
    }
    orx_str_addc(out, '\n');
}

static void add_snippets(orx_str *out, const orx_prompt_context *c, size_t max_each) {
    if (!max_each || !c->snippets || !c->snippets[0])
        return;
    orx_str_addf(out, "# Context (from %s)\n", c->snippets_source ? c->snippets_source : "MCP");
    add_bullets(out, c->snippets, max_each);
    orx_str_addc(out, '\n');
}

static void add_task(orx_str *out, const orx_prompt_input *in) {
    const orx_task_row *t = in->task;
    orx_str_addf(out, "# Task\nid: %s\ntitle: %s\nrole: %s\nrepository: %s\n%s\n\n", t->id,
                 t->title, t->owner, in->repo, in->file_profile ? in->file_profile : "");
    orx_str_adds(out, t->description);
    orx_str_adds(out, "\n\nAcceptance:\n");
    if (t->acceptance && t->acceptance[0])
        add_bullets(out, t->acceptance, 2000);
    else
        orx_str_adds(out, "- The description above is met and the validation commands pass.\n");
    orx_str_addc(out, '\n');
}

static void add_hints(orx_str *out, const char *const *hints) {
    if (!hints || !hints[0])
        return;
    orx_str_adds(out, "# State of the repository\n");
    add_bullets(out, hints, 300);
    orx_str_addc(out, '\n');
}

static void add_previous(orx_str *out, const orx_prompt_input *in) {
    const orx_task_row *t = in->task;
    if (in->attempt <= 1 && !*t->last_error)
        return;
    orx_str_addf(out, "# Previous attempt\nThis is attempt %lld of this task.\n",
                 (long long)in->attempt);
    if (*t->last_summary) {
        orx_str_adds(out, "It reported: ");
        add_cut(out, t->last_summary, SUMMARY_MAX);
    }
    if (*t->last_error) {
        orx_str_adds(out, "It failed with:\n```\n");
        add_cut(out, t->last_error, ERROR_MAX);
        orx_str_adds(out, "```\n");
    }
    if (in->restored)
        orx_str_adds(out,
                     "Its uncommitted work is in the working tree. Look at it with `git status` "
                     "and `git diff`, and continue from there.\n");
    else if (in->parked)
        orx_str_addf(out,
                     "Its uncommitted work is not in the working tree; it is kept on the branch %s "
                     "(`git show %s`) in case parts of it are of use.\n",
                     in->parked, in->parked);
    orx_str_addc(out, '\n');
}

static void add_rules(orx_str *out, const orx_prompt_input *in) {
    orx_str_adds(
        out,
        "# Rules\n"
        "- Work alone and without questions; nobody is there to answer. Stop only for missing "
        "credentials, destructive operations, or a decision that is not yours.\n"
        "- Do this task only, and do not begin another one.\n"
        "- Leave your work in the working tree. Committing is optional: after the checks below "
        "pass, "
        "everything you changed is staged and committed for you. Do not push, do not switch "
        "branches, do not change git's configuration or hooks.\n"
        "- Keep changes to what the task needs. List foreign changes you find instead of undoing "
        "them.\n"
        "- Use non-interactive commands only, and try again when something fails for a passing "
        "reason.\n"
        "- Take care with file types you do not know.\n");
    if (in->validations && in->validations->count) {
        orx_str_adds(out,
                     "- Your work is accepted when each of these commands, run in the "
                     "repository, ends with exit code 0. Run them yourself before you stop:\n");
        for (size_t i = 0; i < in->validations->count; i++)
            orx_str_addf(out, "    %s\n", in->validations->items[i]);
    }
    orx_str_addc(out, '\n');
}

static void add_contract(orx_str *out, const orx_prompt_input *in) {
    if (!in->result_by_schema)
        orx_str_adds(out, "# Result\nEnd with exactly one JSON object and nothing after it:\n");
    else
        orx_str_adds(out, "# Result\nAnswer with the result object:\n");
    orx_str_adds(out,
                 "{\"status\": \"done\" | \"partial\" | \"blocked\", \"summary\": \"...\", "
                 "\"commit\": \"sha or empty\", \"validations\": [\"command: outcome\"], "
                 "\"next_actions\": [\"...\"], \"blocker\": \"why, if blocked\", \"usage\": "
                 "{\"input_tokens\": 0, \"output_tokens\": 0, \"total_tokens\": 0, \"model\": "
                 "\"\"}}\n"
                 "Say \"done\" only when every acceptance point is met; the claim is checked.\n");
}

/* [K] The predecessor told each role what it is for. */
static void add_role(orx_str *out, const char *owner) {
    if (strcmp(owner, "gemini") == 0)
        orx_str_adds(out, "\n# Role: test-owner\nWrite tests, specifications and benchmarks; avoid "
                          "edits to production code, and name what must be fixed there.\n");
    else if (strcmp(owner, "claude") == 0)
        orx_str_adds(out, "\n# Role: review-owner\nReview architecture, security and governance; "
                          "prefer the smallest remedy, give evidence for each finding, and prove "
                          "it with tests.\n");
}

static void put(const orx_prompt_input *in, const shares *most, orx_str *out) {
    const orx_prompt_context *c = in->context;
    add_section(out, "Objective", c->objective, most->objective);
    if (c->skill)
        add_skill(out, c->skill);
    add_section(out, "Role", in->role_text, most->role);
    add_section(out, "Handoff", in->handoff, most->handoff);
    add_snippets(out, c, most->snippets);
    add_task(out, in);
    add_hints(out, in->hints);
    add_previous(out, in);
    add_rules(out, in);
    add_contract(out, in);
    add_role(out, in->task->owner);
}

/* ---- Giving way ------------------------------------------------------------------------------ */

static size_t length_of(const char *text) {
    return text ? orx_view_trim(orx_view_of(text)).len : 0;
}

/* Lowers a share to what is needed, but not below least. With least 0 the part goes whole. */
static void give_way(size_t *share, size_t has, size_t least, size_t *over) {
    size_t shown = has < *share ? has : *share;
    if (!*over || shown <= least)
        return;
    size_t can = shown - least;
    size_t gives = !least || can < *over ? can : *over;
    *share = shown - gives;
    *over -= gives < *over ? gives : *over;
}

static shares shares_for(const orx_prompt_input *in, size_t over) {
    shares s = usual;
    size_t snippets = 0;
    for (size_t i = 0; in->context->snippets && in->context->snippets[i]; i++)
        snippets += length_of(in->context->snippets[i]);
    if (snippets && over) {
        s.snippets = 0;
        over -= snippets < over ? snippets : over;
    }
    give_way(&s.handoff, length_of(in->handoff), 0, &over);
    give_way(&s.role, length_of(in->role_text), ORX_PROMPT_LEAST, &over);
    give_way(&s.objective, length_of(in->context->objective), ORX_PROMPT_LEAST, &over);
    return s;
}

int orx_prompt_build(const orx_prompt_input *in, orx_str *out, orx_err *err) {
    size_t start = out->len;
    size_t budget = in->budget && in->budget < ORX_PROMPT_MAX ? in->budget : ORX_PROMPT_MAX;
    put(in, &usual, out);
    if (out->len - start > budget) {
        shares s = shares_for(in, out->len - start - budget + NOTES_MAX);
        orx_str_truncate(out, start);
        put(in, &s, out);
    }
    if (out->len - start > ORX_PROMPT_MAX)
        return orx_err_set(
            err, ORX_E_LIMIT,
            "the prompt of task \"%s\" has %zu bytes, at most %zu are sent; shorten its "
            "description or the acceptance list",
            in->task->id, out->len - start, ORX_PROMPT_MAX);
    return 0;
}
