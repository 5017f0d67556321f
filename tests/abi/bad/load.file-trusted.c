/* Nothing is wrong with the code: the test makes the file writable by everybody. */
#include "../validate_module.h"
