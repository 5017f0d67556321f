/* Values as the predecessor read them: with goodwill. */
#include "scorecard.h"

#include <stdio.h>
#include <stdlib.h>

#define NUMBER_TEXT_MAX 64

/* What this process writes between whole number and decimals, which a library may have changed. */
static char decimal_point(void) {
    char text[8];
    (void)snprintf(text, sizeof text, "%.1f", 0.5);
    return text[1];
}

/* A decimal number and nothing else: no hexadecimal, no words. */
static double number_in(orxaq_view text) {
    char copy[NUMBER_TEXT_MAX + 1];
    char *end = copy;
    text = sc_trim(text);
    if (!text.len || text.len > NUMBER_TEXT_MAX)
        return 0;
    for (uint64_t i = 0; i < text.len; i++) {
        copy[i] = text.data[i];
        if (!copy[i] || !strchr("0123456789+-.eE", copy[i]))
            return 0;
        if (copy[i] == '.')
            copy[i] = decimal_point();
    }
    copy[text.len] = 0;
    double value = strtod(copy, &end);
    return *end ? 0 : value;
}

double sc_number(const orxaq_json_service *json, const orxaq_value *value) {
    double x = 0;
    switch (json->kind(value)) {
    case ORXAQ_VALUE_BOOLEAN:
        return json->boolean(value, 0) ? 1 : 0;
    case ORXAQ_VALUE_INTEGER:
    case ORXAQ_VALUE_NUMBER:
        x = json->number(value, 0);
        break;
    case ORXAQ_VALUE_STRING:
        x = number_in(json->text(value, orxaq_str("")));
        break;
    default:
        return 0;
    }
    return x - x == 0 ? x : 0; /* neither infinite nor no number */
}

static int truth_of(orxaq_view word, int otherwise) {
    static const char *const words[] = {"0", "false", "no", "off", "1", "true", "yes", "on"};
    word = sc_trim(word);
    for (int i = 0; i < 8; i++)
        if (sc_same(word, orxaq_str(words[i])))
            return i >= 4;
    return otherwise;
}

int sc_truth(const orxaq_json_service *json, const orxaq_value *value, int otherwise) {
    switch (json->kind(value)) {
    case ORXAQ_VALUE_BOOLEAN:
        return json->boolean(value, 0) != 0;
    case ORXAQ_VALUE_INTEGER:
    case ORXAQ_VALUE_NUMBER: {
        double x = json->number(value, 0);
        return x < 0 || x > 0;
    }
    case ORXAQ_VALUE_STRING:
        return truth_of(json->text(value, orxaq_str("")), otherwise);
    default:
        return otherwise;
    }
}

orxaq_view sc_text(const orxaq_json_service *json, const orxaq_value *map, const char *key) {
    return sc_trim(json->text(json->get(map, key), orxaq_str("")));
}
