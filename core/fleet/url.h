/* url.h: addresses of endpoints, as configurations write them.
 *
 * Some give "https://host", some "https://host/v1", some the whole address of the list of models;
 * the path to ask is given apart. orx_url_join makes one address of the two without saying a part
 * twice: the predecessor did, and asked for /v1/v1/models.
 *
 * Threads: any.
 */
#ifndef ORX_FLEET_URL_H
#define ORX_FLEET_URL_H

#include "base/arena.h"
#include "base/str.h"

/* The address, without a slash at its end, and the path behind it. A path that the address ends
 * with is not added again; when only its first segment is there already, the rest is. */
const char *orx_url_join(orx_arena *arena, const char *base, const char *path);

/* Walks what is secret in an address: user and password, and the values of parameters whose name
 * speaks of a key. Begin with *at = 0. False = no more. */
bool orx_url_secret(const char *url, size_t *at, orx_view *ret_secret);

/* Appends what a part of an address stands for: "a%2Fb" is "a/b". */
void orx_url_decode(orx_str *out, orx_view part);

#endif
