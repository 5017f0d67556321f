/* tables.h: the tables of this room at once.
 *
 * The migrations of tables.c are the truth: they make every version of the tables from the one
 * before. But SQLite reads its whole schema anew for each column that is added, and most journals
 * are new: tests, lanes tried out, queues of an afternoon. So what all of them together make is
 * written down here as well. tests/unit/run/test_tables.c holds both against each other, word for
 * word; whoever adds a migration changes this text with it, as the test says.
 */
#ifndef ORX_RUN_TABLES_H
#define ORX_RUN_TABLES_H

/* Makes in an empty journal what the migrations of orx_run_room make there. */
extern const char orx_run_tables_whole[];

#endif
