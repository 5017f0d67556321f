/* A summary of two lines. */
#define SUMMARY "one\ntwo"
#include "../validate_module.h"
