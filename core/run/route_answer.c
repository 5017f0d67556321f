#include "run/route_answer.h"

#include "data/json.h"
#include "plugin/respond.h"

static void say(orx_route_answer *a, int status, const char *error) {
    a->status = status;
    orx_str_clear(&a->body);
    orx_str_adds(&a->body, "{\"error\":");
    orx_json_quote(&a->body, orx_view_of(error), true);
    orx_str_adds(&a->body, ",\"ok\":false}");
}

static void answer_health(const orx_route_asked *asked, orx_arena *arena, orx_route_answer *a) {
    const orxaq_responder *responder = orx_plugin_responder(orx_instance_plugin(asked->router));
    orx_node *n = orx_node_new(arena, ORX_OBJECT);
    orx_node_set_bool(arena, n, "ok", true);
    orx_node_set_str(arena, n, "policy_file", asked->policy_file);
    orx_node_set_str(arena, n, "profile", asked->profile);
    orx_node_set_str(arena, n, "router_version", responder ? responder->version : "");
    orx_json_write(&a->body, n, ORX_JSON_CANONICAL);
}

static void answer_route(const orx_route_asked *asked, orx_arena *arena, orx_route_answer *a) {
    orx_view body = asked->body.len ? asked->body : orx_view_of("{}");
    const orx_node *question = NULL;
    if (orx_json_parse(arena, "body", body, &orx_limits_config, &question, NULL) < 0)
        say(a, 400, "invalid_json");
    else if (question->kind != ORX_OBJECT)
        say(a, 400, "invalid_payload");
    else if (orx_respond(asked->router, question, &a->body, NULL) < 0)
        say(a, 500, "router_failed");
}

/* A browser is the only one to see it. */
static void refuse_method(orx_route_answer *a) {
    a->status = 501;
    a->content_type = "text/html;charset=utf-8";
    orx_str_adds(&a->body, "<!DOCTYPE HTML>\n<html><head><title>Error response</title></head>"
                           "<body><h1>Error response</h1><p>Error code: 501</p>"
                           "<p>Message: Unsupported method.</p></body></html>\n");
}

void orx_route_answer_to(const orx_route_asked *asked, orx_arena *arena,
                         orx_route_answer *ret_answer) {
    orx_route_answer a = {.status = 200, .content_type = "application/json"};
    bool get = strcmp(asked->method, "GET") == 0;
    if (!get && strcmp(asked->method, "POST") != 0)
        refuse_method(&a);
    else if (get && orx_view_is(asked->target, "/health"))
        answer_health(asked, arena, &a);
    else if (!get && orx_view_is(asked->target, "/route"))
        answer_route(asked, arena, &a);
    else
        say(&a, 404, "not_found");
    *ret_answer = a;
}
