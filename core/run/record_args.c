/* The arguments of a job as JSON. */
#include "run/record_args.h"

#include "data/json.h"
#include "plugin/view.h"

/* ---- Task ------------------------------------------------------------------------------------ */

static void write_task(orx_line *l, const orxaq_task_args *a, orx_str *data) {
    orx_line_str(l, "task", orx_view_in(a->task_id));
    orx_line_int(l, "sandbox", a->sandbox);
    orx_line_int(l, "access", a->access);
    orx_line_str(l, "model", orx_view_in(a->model));
    orx_line_str(l, "repo", orx_view_in(a->repo));
    orx_line_str(l, "session", orx_view_in(a->session));
    orx_line_str(l, "effort", orx_view_in(a->effort));
    orx_line_str(l, "files_dir", orx_view_in(a->files_dir));
    orx_line_str(l, "state_dir", orx_view_in(a->state_dir));
    orx_line_str(l, "schema_path", orx_view_in(a->schema_path));
    orx_line_int(l, "max_cost_nano_usd", a->max_cost_nano_usd);
    orx_line_int(l, "max_turns", a->max_turns);
    orx_line_int(l, "total_ns", a->total_ns);
    orx_line_int(l, "idle_ns", a->idle_ns);
    orx_line_int(l, "schema_bytes", (int64_t)a->schema.len);
    orx_str_addv(data, orx_view_in(a->prompt));
    orx_str_addv(data, orx_view_in(a->schema));
}

static orxaq_view str_of(const orx_node *n, const char *key) {
    const orx_node *m = orx_node_get(n, key);
    return m && m->kind == ORX_STRING ? orxaq_view_of(m->u.s.p, m->u.s.len) : orxaq_str("");
}

static int64_t int_of(const orx_node *n, const char *key) {
    return orx_node_int(orx_node_get(n, key), 0);
}

static void *read_task(orx_arena *arena, const orx_node *n, orx_view data) {
    orxaq_task_args *a = orx_arena_zalloc(arena, 1, sizeof *a);
    int64_t schema = int_of(n, "schema_bytes");
    size_t tail = schema > 0 && (uint64_t)schema <= data.len ? (size_t)schema : 0;
    size_t prompt = data.len - tail;
    *a = (orxaq_task_args){
        .struct_size = sizeof *a,
        .sandbox = (int32_t)int_of(n, "sandbox"),
        .access = (int32_t)int_of(n, "access"),
        .prompt = orxaq_view_of(data.p, prompt),
        .schema = orxaq_view_of(data.p + prompt, tail),
        .model = str_of(n, "model"),
        .repo = str_of(n, "repo"),
        .schema_path = str_of(n, "schema_path"),
        .session = str_of(n, "session"),
        .files_dir = str_of(n, "files_dir"),
        .effort = str_of(n, "effort"),
        .task_id = str_of(n, "task"),
        .max_cost_nano_usd = int_of(n, "max_cost_nano_usd"),
        .max_turns = int_of(n, "max_turns"),
        .total_ns = int_of(n, "total_ns"),
        .idle_ns = int_of(n, "idle_ns"),
        .state_dir = str_of(n, "state_dir"),
    };
    return a;
}

/* ---- Turn ------------------------------------------------------------------------------------ */

static void add_str(orx_str *out, const char *before, orxaq_view text) {
    orx_str_adds(out, before);
    orx_json_quote(out, orx_view_in(text), false);
}

static void write_message(orx_str *out, const orxaq_message *m) {
    orx_str_addf(out, "{\"role\":%d", m->role);
    add_str(out, ",\"text\":", m->text);
    add_str(out, ",\"call_id\":", m->call_id);
    orx_str_adds(out, ",\"calls\":[");
    for (uint32_t i = 0; i < m->call_count; i++) {
        const orxaq_past_call *c = ORXAQ_AT(orxaq_past_call, m->calls, i);
        add_str(out, i ? ",{\"id\":" : "{\"id\":", c->id);
        add_str(out, ",\"name\":", c->name);
        add_str(out, ",\"arguments\":", c->arguments);
        orx_str_addc(out, '}');
    }
    orx_str_adds(out, "]}");
}

static void write_turn(orx_line *l, const orxaq_turn_args *a, orx_str *data) {
    orx_line_str(l, "model", orx_view_in(a->model));
    orx_line_str(l, "effort", orx_view_in(a->effort));
    orx_line_str(l, "files_dir", orx_view_in(a->files_dir));
    orx_line_int(l, "max_output_tokens", a->max_output_tokens);
    orx_line_int(l, "total_ns", a->total_ns);
    orx_line_int(l, "idle_ns", a->idle_ns);
    orx_str_adds(data, "{\"temperature\":");
    orx_json_double(data, a->temperature);
    add_str(data, ",\"schema\":", a->schema);
    orx_str_adds(data, ",\"messages\":[");
    for (uint32_t i = 0; i < a->message_count; i++) {
        orx_str_adds(data, i ? ",\n" : "\n");
        write_message(data, ORXAQ_AT(orxaq_message, a->messages, i));
    }
    orx_str_adds(data, "],\"tools\":[");
    for (uint32_t i = 0; i < a->tool_count; i++) {
        const orxaq_tool *t = ORXAQ_AT(orxaq_tool, a->tools, i);
        add_str(data, i ? ",\n{\"name\":" : "\n{\"name\":", t->name);
        add_str(data, ",\"help\":", t->help);
        add_str(data, ",\"parameters\":", t->parameters);
        orx_str_addc(data, '}');
    }
    orx_str_adds(data, "]}");
}

static void read_message(orx_arena *arena, const orx_node *n, orxaq_message *m) {
    const orx_node *list = orx_node_get(n, "calls");
    uint32_t count = list ? list->count : 0;
    orxaq_past_call *calls = orx_arena_zalloc(arena, (size_t)count + 1, sizeof *calls);
    uint32_t i = 0;
    ORX_NODE_EACH(list, c) {
        calls[i++] = (orxaq_past_call){.struct_size = sizeof *calls,
                                       .id = str_of(c, "id"),
                                       .name = str_of(c, "name"),
                                       .arguments = str_of(c, "arguments")};
    }
    *m = (orxaq_message){.struct_size = sizeof *m,
                         .role = (int32_t)int_of(n, "role"),
                         .text = str_of(n, "text"),
                         .call_id = str_of(n, "call_id"),
                         .calls = calls,
                         .call_count = count};
}

static void read_lists(orx_arena *arena, const orx_node *n, orxaq_turn_args *a) {
    const orx_node *messages = orx_node_get(n, "messages");
    const orx_node *tools = orx_node_get(n, "tools");
    uint32_t m = 0;
    uint32_t t = 0;
    orxaq_message *ms =
        orx_arena_zalloc(arena, (size_t)(messages ? messages->count : 0) + 1, sizeof *ms);
    orxaq_tool *ts = orx_arena_zalloc(arena, (size_t)(tools ? tools->count : 0) + 1, sizeof *ts);
    ORX_NODE_EACH(messages, it) {
        read_message(arena, it, &ms[m++]);
    }
    ORX_NODE_EACH(tools, it) {
        ts[t++] = (orxaq_tool){.struct_size = sizeof *ts,
                               .name = str_of(it, "name"),
                               .help = str_of(it, "help"),
                               .parameters = str_of(it, "parameters")};
    }
    a->messages = ms;
    a->message_count = m;
    a->tools = ts;
    a->tool_count = t;
}

static int read_turn(orx_arena *arena, const orx_node *n, orx_view data, const void **ret_args,
                     orx_err *err) {
    const orx_node *body = NULL;
    int rc = orx_json_parse(arena, "the record's turn", data, &orx_limits_data, &body, err);
    if (rc < 0)
        return rc;
    orxaq_turn_args *a = orx_arena_zalloc(arena, 1, sizeof *a);
    *a = (orxaq_turn_args){.struct_size = sizeof *a,
                           .model = str_of(n, "model"),
                           .schema = str_of(body, "schema"),
                           .effort = str_of(n, "effort"),
                           .files_dir = str_of(n, "files_dir"),
                           .max_output_tokens = int_of(n, "max_output_tokens"),
                           .total_ns = int_of(n, "total_ns"),
                           .idle_ns = int_of(n, "idle_ns"),
                           .temperature = orx_node_num(orx_node_get(body, "temperature"), -1)};
    read_lists(arena, body, a);
    *ret_args = a;
    return 0;
}

/* ---- Either ---------------------------------------------------------------------------------- */

void orx_args_write(orx_line *l, int32_t op, const void *args, orx_str *data) {
    orx_line_int(l, "op", op);
    orx_line_str(l, "what", orx_view_of(orx_provider_op_name(op)));
    if (op == ORXAQ_OP_TASK)
        write_task(l, args, data);
    else if (op == ORXAQ_OP_TURN)
        write_turn(l, args, data);
}

int orx_args_read(orx_arena *arena, const orx_node *line, orx_view data, int32_t *ret_op,
                  const void **ret_args, orx_err *err) {
    int64_t op = int_of(line, "op");
    if (op == ORXAQ_OP_TASK) {
        *ret_args = read_task(arena, line, data);
    } else if (op == ORXAQ_OP_TURN) {
        int rc = read_turn(arena, line, data, ret_args, err);
        if (rc < 0)
            return rc;
    } else {
        return orx_err_set(err, ORX_E_UNSUPPORTED, "the record holds a job of the op %lld",
                           (long long)op);
    }
    *ret_op = (int32_t)op;
    return 0;
}
