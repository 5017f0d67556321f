/* Nothing is wrong with the code: it is linked without -z now. */
#include "../validate_module.h"
