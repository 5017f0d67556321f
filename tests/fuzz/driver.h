/* driver.h: a job of a driver that runs one program, whose output is the text. */
#ifndef ORX_FUZZ_DRIVER_H
#define ORX_FUZZ_DRIVER_H

#include "base/view.h"

/* Runs the job to its end and checks what the driver was fed and what came out. pieces says how the
 * output arrives (records.h), what says who interferes and when: its bits 0-2 the moods of
 * driver.c, 3-5 after how many frames or pieces, 6 that every second piece is standard error, 7
 * that the program is held until it was recorded. */
void drive_job(int32_t framing, size_t max, orx_view text, uint8_t pieces, uint8_t what);

#endif
