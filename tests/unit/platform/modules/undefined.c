/* A module that calls what nobody offers. */
int function_that_nobody_has(void);
int undefined_answer(void);

__attribute__((visibility("default"))) int undefined_answer(void) {
    return function_that_nobody_has();
}
