/* provider.h: a shipped provider plugin against a program, or a server, that says anything.
 *
 * The plugin is linked into the target and runs under the real host on a simulated machine: what it
 * asks for is checked and performed, what comes back is cut into frames as ever. Whatever the other
 * side says, the plugin must keep the contract (no fault), and the host must give an outcome whose
 * texts are text and whose numbers are possible.
 *
 * An input is what the other side says, as it would be recorded, so that recordings are seeds as
 * they are. A first line that begins with '#' chooses the circumstances, one character each; those
 * left out are the first ones named:
 *
 *     op          t task, p probe, m models, u turn
 *     end         0-9 exit code, h hangs; of a server: 0 whole, c cut, h stalls, m malformed
 *     settings    0-9, see the target
 *     pieces      the seed from which the pieces are drawn in which it arrives
 *
 * A byte 1E ends what the first program (or answer) says and begins the next one's; in it a byte 1F
 * turns from standard output to standard error.
 */
#ifndef ORX_FUZZ_PROVIDER_H
#define ORX_FUZZ_PROVIDER_H

#include "base/view.h"

#include "fuzz.h"

typedef struct provider_target {
    const char *program; /* base name of what the plugin starts; NULL = a server */
    const char *version; /* what it says to --version, unless the op is a probe */
    /* Settings in YAML for a digit and what will be said; NULL = the defaults. */
    const char *(*settings)(int digit, orx_view said);
    int keyless; /* the digit with which the provider has no secret; 0 = none */
    /* What it answers to a line of its input that holds the first word, before it waits for the
     * second and says the input; NULL = it says the input at once. */
    const char *(*greeting)(int digit, orx_view said);
    const char *cues[2];
    /* Saying nothing at all and ending with 0 is no success. */
    bool silence_fails;
} provider_target;

/* What each target defines. */
extern const provider_target provider_target_of;

#endif
