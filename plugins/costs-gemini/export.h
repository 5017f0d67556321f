/* export.h: files of the billing export, as records of named fields.
 *
 *   lexer.c    bytes of CSV or JSON as one record after the other, in bounded memory
 *   line.c     the fields of a record as one line of the bill: checked, with its place
 *   sku.c      what the text of a SKU says: the model, the class of tokens
 *   export.c   two passes over all files, and what is told of them
 *   gemini.c   the module
 *
 * A CSV file begins with a line of names. A JSON file is a row of objects, on lines of their own or
 * within one list; members of objects become names with '_' between ("service_description"), and
 * each element of a list adds its fields under the list's name ("credits_amount", twice). Names are
 * compared without regard to case, '.' and '_' being the same. So both kinds of files, and queries
 * that flatten the export's columns, look alike from here.
 *
 * Everything is a view into the file or into the reader's own buffer and valid until the next
 * record.
 */
#ifndef EXPORT_H
#define EXPORT_H

#include <orxaq/orxaq.h>

#define EXPORT_FIELDS_MAX 256
#define EXPORT_RECORD_MAX ((uint64_t)1 << 20) /* bytes of one record */
#define EXPORT_NAME_MAX   128
#define EXPORT_DEPTH_MAX  16

typedef struct export_field {
    char name[EXPORT_NAME_MAX]; /* lower case, '_' for '.' */
    orxaq_view text;            /* unescaped; "" for null */
    uint64_t column;            /* CSV: from 1 on; JSON: 0 */
} export_field;

/* {0} and export_open; export_close frees it. The fields of the last record are in `fields`. */
typedef struct export_reader {
    orxaq_view bytes;
    uint64_t at;
    uint64_t line; /* of `at`, from 1 on */
    int json;
    uint32_t columns; /* CSV: how many names */
    export_field *fields;
    uint32_t count;
    orxaq_view record;    /* the bytes of the last one */
    uint64_t record_line; /* where the last record begins */
    char *text;           /* unescaped texts of the record */
    uint64_t text_len;
    const char *problem; /* of the last record */
    int fatal;           /* nothing behind it can be read */
} export_reader;

/* 0, or -1 without memory. A file whose first byte that is no blank is '{' or '[' is JSON. */
int export_open(export_reader *r, orxaq_view bytes);
void export_close(export_reader *r);

/* 1: a record, its fields are there. 0: the end. -1: one that cannot be read (`problem`); it was
 * passed over, unless `fatal`. */
int export_next(export_reader *r);

/* The field of this name, or NULL; *after goes on behind one that was found. */
const export_field *export_get(const export_reader *r, const char *name, const export_field *after);

/* All names that are looked for. */
#define EXPORT_WANTED                                                                              \
    "usage_start_time", "service_description", "sku_id", "sku_description", "project_id", "cost",  \
        "currency", "cost_type", "usage_amount", "usage_unit", "credits", "credits_amount"

/* ---- line.c ---------------------------------------------------------------------------------- */

#define EXPORT_CREDITS_MAX 64

/* One line of the export. Views as those of the reader. */
typedef struct export_line {
    int64_t day_ns; /* begin of the UTC day in which its use began */
    orxaq_view service;
    orxaq_view sku;      /* id */
    orxaq_view sku_text; /* description */
    orxaq_view project;
    orxaq_view type; /* "" = regular */
    orxaq_view cost;
    orxaq_view credits[EXPORT_CREDITS_MAX];
    uint32_t credit_count;
    orxaq_view amount; /* of use, "" = not stated */
    orxaq_view unit;
    uint64_t group;    /* digest of what makes it part of one line of our bill */
    int has_group;     /* also of a line with a problem, when it got that far */
    uint64_t digest;   /* of all of it */
    char problem[200]; /* "" = fine; names line and column */
} export_line;

void export_line_of(const export_reader *r, export_line *ret_line);

/* ---- sku.c ----------------------------------------------------------------------------------- */

#define EXPORT_MODEL_MAX 64

/* "gemini-2.5-flash-lite" of "Gemini 2.5 Flash Lite GA text output"; "" = it names none. */
void export_model(orxaq_view sku_text, char ret_model[EXPORT_MODEL_MAX]);

/* Sets the class of tokens, or requests, that this amount of use is about, if it is. */
void export_use(const export_line *line, orxaq_cost_row *row);

#endif
