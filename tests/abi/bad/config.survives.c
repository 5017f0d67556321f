/* Falls over a setting that its own range allows. */
#include <orxaq/orxaq.h>
#define ON_CREATE                                                                                  \
    const orxaq_json_service *json = host->service(host, ORXAQ_JSON_1);                            \
    if (json->integer(json->get(settings, "level"), 5) > 50)                                       \
    __builtin_trap()
#include "../validate_module.h"
