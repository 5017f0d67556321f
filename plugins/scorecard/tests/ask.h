/* ask.h: the built plugin, asked questions as the service asks them. */
#ifndef ASK_H
#define ASK_H

#include "data/doc.h"
#include "test.h"

typedef struct drive drive; /* drive.h, for those who look into it */

/* For the group: *state is the drive. */
int ask_setup(void **state);

/* The instance with a shipped policy ("" = routellm_policy.json, "local-strong" ...). */
void ask_shipped(drive *d, const char *variant, const char *profile);

/* The instance with a policy in YAML or JSON. */
void ask_policy(drive *d, const char *policy, const char *profile);

/* Policy T of the specification: A and B are local, C is not. */
extern const char ask_t[];

/* The answer to a question in JSON. It lives as long as the drive. */
const orx_node *ask(drive *d, const char *question);

/* The question of a provider's model for a text that is so hard and so long. */
const orx_node *ask_for(drive *d, const char *provider, double difficulty, int tokens,
                        const char *prompt);

/* Members of an answer; the test fails when they are missing. */
const char *answered(const orx_node *answer, const char *path);
double figure(const orx_node *answer, const char *path);
bool truth(const orx_node *answer, const char *path);

/* The score of a model in the answer's rows. */
double score_of(const orx_node *answer, const char *model);

/* Numbers are compared to the last digit that is told. */
#define assert_figure(found, expected)                                                             \
    do {                                                                                           \
        double f_ = (found), e_ = (expected);                                                      \
        if (f_ < e_ || f_ > e_)                                                                    \
            fail_msg("%s is %.17g, expected %.17g", #found, f_, e_);                               \
    } while (0)

#endif
