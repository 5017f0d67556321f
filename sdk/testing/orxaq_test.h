/* orxaq_test.h: a host small enough for a driver's own tests.
 *
 * A driver is a codec: effects and events come out, feeds go in. So its tests need no orxaq, no
 * process and no network. They link the driver's source with orxaq_test.c, feed it what its program
 * or server was once seen to print, and look at what it made of it:
 *
 *     orxaq_test *t = orxaq_test_new("{\"command\": \"agent\"}");
 *     orxaq_test_open(t, ORXAQ_OP_TASK, &args);
 *     orxaq_test_next(t);                          // the first effect: t->effect.exec
 *     orxaq_test_frame(t, 1, ORXAQ_STREAM_OUT, "{\"type\": \"result\"}");
 *     orxaq_test_exit(t, 1, 0);
 *     orxaq_test_next(t);                          // ORXAQ_NEXT_DONE
 *     t->outcome.kind == ORXAQ_KIND_OK
 *     orxaq_test_free(t);
 *
 * The host here is friendlier than the real one: it does not check effects and keeps no deadline,
 * which is what `orxaq plugin validate` is for. It is strict about one thing. Trees and texts of
 * the json service, and the bytes of a feed, are freed as soon as the driver's call has returned,
 * so a driver that keeps one of them is found by AddressSanitizer or valgrind.
 *
 * What goes wrong in the host itself (no memory, a misuse) ends the test program with a message.
 */
#ifndef ORXAQ_TEST_H
#define ORXAQ_TEST_H

#include <orxaq/orxaq.h>

/* Stops the test program when the condition does not hold, and names the place. Unlike assert it is
 * there in every build. */
#define ORXAQ_CHECK(condition)                                                                     \
    ((condition) ? (void)0 : orxaq_test_failed(__FILE__, __LINE__, #condition))

void orxaq_test_failed(const char *file, int line, const char *what);

#define ORXAQ_TEST_ATTEMPTS 64
#define ORXAQ_TEST_TEXT     8192

/* Everything a test may look at. Texts are cut at their size and end with NUL. */
typedef struct orxaq_test {
    const orxaq_plugin *plugin;
    int32_t created; /* what create returned; the rest is usable only after 0 */
    char explained[ORXAQ_TEST_TEXT];

    /* The job: the answer of the last next and its effect. */
    int32_t answer;
    orxaq_effect effect;

    /* Its events. answer_text is everything said on ORXAQ_TEXT_ANSWER, joined. The views of the
     * structs are not kept, what matters of them is in the texts beside. */
    int texts, tools, usages, sessions, outcomes, probes, models;
    orxaq_usage usage;     /* the last one */
    orxaq_outcome outcome; /* the only one */
    orxaq_probe probe;
    char answer_text[ORXAQ_TEST_TEXT];
    char usage_key[ORXAQ_TEST_TEXT];
    char session[ORXAQ_TEST_TEXT];
    char message[ORXAQ_TEST_TEXT]; /* of the outcome, likewise summary */
    char summary[ORXAQ_TEST_TEXT];
    char version[ORXAQ_TEST_TEXT]; /* of the probe */

    /* A router's plan. */
    uint32_t attempts;
    orxaq_route_attempt attempt[ORXAQ_TEST_ATTEMPTS];
    char reason[ORXAQ_TEST_TEXT];

    struct orxaq_test_inside *inside;
} orxaq_test;

/* Loads the driver that is linked in and makes an instance. settings is JSON and stands for the
 * finished tree: every key is there, a duration is a number of nanoseconds, a size one of bytes. */
orxaq_test *orxaq_test_new(const char *settings);

/* Ends the job if there is one, the instance, and the test. */
void orxaq_test_free(orxaq_test *t);

/* ---- Jobs: a provider's, or a sink's when the driver is no provider ---------------------------
 */

/* Opens a job and forgets the events of the one before. What open returned. */
int32_t orxaq_test_open(orxaq_test *t, int32_t op, const void *args);

/* Turns the crank once: ORXAQ_NEXT_*, or a negative code. */
int32_t orxaq_test_next(orxaq_test *t);

/* Feeds of the effect `id`. What feed returned. */
int32_t orxaq_test_start(orxaq_test *t, uint32_t id);
int32_t orxaq_test_frame(orxaq_test *t, uint32_t id, int32_t stream, const char *text);
int32_t orxaq_test_exit(orxaq_test *t, uint32_t id, int32_t code);
int32_t orxaq_test_ended(orxaq_test *t, uint32_t id, int32_t reason, const char *sentence);
int32_t orxaq_test_error(orxaq_test *t, uint32_t id, int32_t code, const char *sentence);

void orxaq_test_cancel(orxaq_test *t, int32_t reason);

/* ---- Routers and sinks ------------------------------------------------------------------------
 */

/* Asks the router; the plan is in t->attempt. What select returned. */
int32_t orxaq_test_select(orxaq_test *t, const orxaq_route_request *request);

/* Whether the sink wants events of this kind. */
int32_t orxaq_test_wants(orxaq_test *t, const char *kind);

#endif
