/* A module as it should be. */
int good_answer(void);
int good_bump(void);

static int bumps;

__attribute__((visibility("default"))) int good_answer(void) {
    return 42;
}

/* Counts up as long as the module stays mapped; a fresh mapping starts again at 1. */
__attribute__((visibility("default"))) int good_bump(void) {
    return ++bumps;
}
