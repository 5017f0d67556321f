/* The entry has another name. */
#define QUERY_NAME some_plugin_query
#include "../validate_module.h"
