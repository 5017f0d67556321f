/* Its answer is a list, put together without the host's writer. */
#define ON_ANSWER return (void)question, reply->json(reply, orxaq_str("{\"a\":1}]}"))
#include "../validate_module.h"
