/* address.h: what the address of a server says about where it is, without asking anybody.
 *
 * Addresses come from configuration and look like "http://127.0.0.1:1234/v1". Two questions are
 * answered: which host and port that is, and whether what is sent there stays on machines of the
 * operator's own. The second answer forbids or allows that code and prompts leave, so whatever is
 * not plainly private counts as public: a number in octal, hexadecimal or with fewer than four
 * parts, a letter that is none of ASCII's, a name with a domain.
 *
 * Names are believed: "den.local" or "gpu-box" is the operator's machine because only a network of
 * the operator's own gives out such names.
 *
 * Threads: any.
 */
#ifndef ORX_BASE_ADDRESS_H
#define ORX_BASE_ADDRESS_H

#include "base/str.h"

#include <stdbool.h>

/* [K] Appends "host:port" in lower case: the port of the scheme where none is stated, http where no
 * scheme is. False, and nothing appended, when it is no address of a web server. */
bool orx_address_key(orx_view url, orx_str *out);

/* Whether the host is this machine or in a private network: 127/8, 10/8, 172.16/12, 192.168/16,
 * 169.254/16, ::1, fc00::/7, fe80::/10, names of one word, and names below .local, .localhost,
 * .internal, .lan and .home.arpa. */
bool orx_address_is_private(orx_view url);

#endif
