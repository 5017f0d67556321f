/* The check of responders: whatever they are asked, the answer is one object. */
#include "plugin/validate_drive.h"

#include "data/json.h"
#include "plugin/respond.h"

static int ask(orx_instance *instance, orx_trial *t, const char *text, orx_err *err) {
    ORX_CLEANUP(orx_str_free) orx_str answer = {0};
    const orx_node *question = NULL;
    const orx_node *root = NULL;
    int rc = orx_json_parse(&t->arena, "question", orx_view_of(text), &orx_limits_config, &question,
                            err);
    if (rc >= 0)
        rc = orx_respond(instance, question, &answer, err);
    if (rc >= 0)
        rc = orx_json_parse(&t->arena, "answer", orx_str_view(&answer), &orx_limits_data, &root,
                            err);
    if (rc >= 0 && root->kind != ORX_OBJECT)
        rc = orx_fails(err, "the answer is %s; expected an object", orx_kind_name(root->kind));
    return rc;
}

int orx_check_responder_answer(orx_trial *t, orx_err *err) {
    static const char *const questions[] = {
        "{}", "{\"provider\":\"one\",\"prompt\":\"\xc3\xa9t\xc3\xa9\\u0000\\n\",\"x.y\":[{}]}",
        "{\"provider\":7,\"prompt\":null,\"prompt_tokens_est\":-1e300,\"a\":{\"b\":[true]}}"};
    orx_instance *instance = NULL;
    int rc = orx_trial_plugin(t, err);
    if (rc >= 0 && !t->plugin.view.responder.struct_size)
        return orx_skips(err, "the module is no responder");
    if (rc >= 0)
        rc = orx_trial_instance(t, 0, &instance, err);
    for (size_t i = 0; i < ORX_ARRAY_LEN(questions) && rc >= 0; i++)
        rc = ask(instance, t, questions[i], err);
    orx_instance_free(instance);
    return rc;
}
