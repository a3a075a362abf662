// SPDX-License-Identifier: GPL-2.0-only
/* What a case says: lines of KTAP diagnostics, and its end. */
#include <time.h>
#include "conform.h"
#include "run.h"

static void line(const char *before, const char *format, va_list args)
{
	char text[1024];

	vsnprintf(text, sizeof(text), format, args);
	printf("# %s%s\n", before, text);
	fflush(stdout);
}

void fail(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line("", format, args);
	va_end(args);
	run_end(RUN_FAIL);
}

void skip(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run_shared->skip, sizeof(run_shared->skip), format, args);
	va_end(args);
	run_end(RUN_SKIP);
}

void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line("", format, args);
	va_end(args);
}

void wire(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line("wire: ", format, args);
	va_end(args);
}

void step(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(run_shared->step, sizeof(run_shared->step), format, args);
	va_end(args);
}

void hex(const char *what, const void *data, uint32_t len)
{
	const uint8_t *p = data;
	uint32_t i, shown = len < 320 ? len : 320;

	if (!opt.verbose)
		return;
	printf("# %s %u bytes", what, len);
	for (i = 0; i < shown; i++) {
		if (i == 0 || i == ISER_LEN || (i > ISER_LEN && (i - ISER_LEN) % 16 == 0))
			printf("\n#   %4u ", i);
		printf(" %02x", p[i]);
	}
	printf(shown < len ? " ...\n" : "\n");
	fflush(stdout);
}

long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void pause_ms(int ms)
{
	usleep(ms * opt.slow * 1000);
}
