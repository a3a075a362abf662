// SPDX-License-Identifier: GPL-2.0-only
/* Commands that end with CHECK CONDITION: functions that cases share. */
#include "target.h"

const uint8_t medium_sense[20] = { 0, 18, 0x70, 0, 3, 0, 0, 0, 0, 10,
				   0, 0, 0, 0, 0x11, 0x04 };

struct msg *failed_read(struct conn *c)
{
	struct msg *m;

	drive("sgio 2800%08x00000800 IN 4096", LBA);
	m = reply(c, await_io(c, LBA), ISCSI_RESPONSE);
	BHS(m)[1] |= 2;
	BHS(m)[3] = 2;
	put32(BHS(m) + 44, 4096);
	return m;
}

void fails_and_dies(struct conn *c, const char *sgio, enum ibv_wr_opcode op, const char *outcome)
{
	uint64_t base;
	uint32_t stag;
	struct rx *rx;

	drive(sgio, LBA);
	rx = await_io(c, LBA);
	base = base_of(rx);
	stag = stag_of(rx);
	post(c, response(c, rx, 0, 2));
	finish(c);
	check(strstr(drive_said(), outcome), "another outcome: %s", drive_said());
	check(refused(c, op, 512, base, stag), "the STag is alive");
}
