/* screen.h: the terminal of this process as one page that is drawn anew in place.
 *
 * The page is the terminal's other screen, so that what stood there before is back at the end, with
 * its scrollback. Keys are not shown and not waited for; Ctrl-C is a signal as ever, Ctrl-Z does
 * nothing. A page is written at once, over the one before: nothing is cleared first, so nothing
 * flickers.
 *
 * Whoever opens a screen closes it before the process ends, also when a signal asks for the end; a
 * process that is killed with KILL leaves the terminal as it was then, as any would.
 *
 * Threads: one. Never in the simulation.
 */
#ifndef ORX_PLATFORM_SCREEN_H
#define ORX_PLATFORM_SCREEN_H

#include "base/err.h"
#include "base/view.h"

typedef struct orx_screen orx_screen;

/* Takes the terminal on standard output. ORX_E_UNSUPPORTED: it is none, or this process is in its
 * background. */
int orx_screen_open(orx_screen **ret_screen, orx_err *err);

/* How big it is now; asked anew each time, so a window that was changed is seen. At least 1 x 1;
 * 24 x 80 when it does not tell. */
void orx_screen_size(const orx_screen *s, int *ret_rows, int *ret_cols);

/* The page: lines of at most the width, each with its newline, not more than the height. Negative
 * when the terminal is gone. */
int orx_screen_draw(orx_screen *s, orx_view page);

/* A key that was typed since, or -1. */
int orx_screen_key(orx_screen *s);

/* Gives the terminal back as it was. NULL is fine. */
void orx_screen_close(orx_screen *s);

#endif
