/* A second exported name. */
extern int helper;
__attribute__((visibility("default"))) int helper = 7;
#include "../validate_module.h"
