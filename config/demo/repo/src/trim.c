#include "strkit.h"

#include <ctype.h>

char *sk_trim(char *text) {
    while (isspace((unsigned char)*text))
        text++;
    return text;
}
