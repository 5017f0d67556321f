#include "check.h"
#include "strkit.h"

int main(void) {
    char both[] = "  a b \t\n";
    char none[] = "ab";
    char blank[] = "   ";
    CHECK(strcmp(sk_trim(both), "a b") == 0);
    CHECK(strcmp(sk_trim(none), "ab") == 0);
    CHECK(strcmp(sk_trim(blank), "") == 0);
    return 0;
}
