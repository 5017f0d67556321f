/* Runs a program without a name. */
#define ARGC 0
#include "../validate_module.h"
