/* profile.h: the same providers for another place: at home, in the office, on the way.
 *
 * A profile says which providers are required there (and, of a router, in what order lanes stand).
 * Applied to the base file it makes the active one; base and profile stay as they are.
 *
 * Threads: any.
 */
#ifndef ORX_FLEET_PROFILE_H
#define ORX_FLEET_PROFILE_H

#include "data/doc.h"

typedef struct orx_fleet_profile {
    const char *name;
    const char *source; /* its path, for messages and for what is made of it */
    const orx_node *doc;
} orx_fleet_profile;

/* A router's document with a profile {required_providers[], router.fallback_order[], lanes}:
 * `required` of every provider is its membership, lanes and fallback order are those of the profile
 * when it has them, and profile {name, source} says where it comes from. ORX_E_INVALID: it names
 * providers that are not there, or required_providers is no list. */
int orx_profile_router(const orx_node *doc, const orx_fleet_profile *profile, orx_arena *arena,
                       orx_node **ret_doc, orx_err *err);

/* A list of providers (providers-check) with a profile {overrides {required[], optional[]}}. Those
 * named in optional are optional, else those named in required are required, others stay as they
 * are. ORX_E_INVALID: a list is none, or a provider that shall be required is not there. The
 * predecessor copied the profile over the active file instead, which then held no provider. */
int orx_profile_providers(const orx_node *doc, const orx_fleet_profile *profile, orx_arena *arena,
                          orx_node **ret_doc, orx_err *err);

#endif
