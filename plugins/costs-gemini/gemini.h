/* gemini.h: the job of reading exported bills (export.c). */
#ifndef GEMINI_H
#define GEMINI_H

struct costs_job;

/* Reads all files and ends the job. */
void gemini_begin(struct costs_job *job);

#endif
