/* A module that hopes to find the good one's function in the process. */
int good_answer(void);
int needs_good(void);

__attribute__((visibility("default"))) int needs_good(void) {
    return good_answer();
}
