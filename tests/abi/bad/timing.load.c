/* Takes its time in the constructor. */
#include "../validate_find.h"
#define ON_LOAD be_busy(25)
#include "../validate_module.h"
