// SPDX-License-Identifier: GPL-2.0-only
/*
 * Where there is no libFuzzer: random input from a fixed seed, built of the
 * words of the login, so that it gets beyond the first checks.
 * Usage: driver NUMBER, or driver FILE for one input.
 */
#include "fuzz.h"

static const char * const words[] = {
	"RDMAExtensions=", "InitiatorRecvDataSegmentLength=",
	"TargetRecvDataSegmentLength=", "MaxOutstandingUnexpectedPDUs=",
	"MaxAHSLength=", "TaggedBufferForSolicitedDataOnly=",
	"iSERHelloRequired=", "HeaderDigest=", "DataDigest=", "IFMarker=",
	"InitialR2T=", "SessionType=Discovery", "Yes", "No", "None", "CRC32C",
	"Reject", "NotUnderstood", "Irrelevant", "0", "1", "2", "511", "512",
	"8192", "262144", "16777215", "16777216", "4294967295", "4294967296",
	"0x200", "0xffffffffffffffff", "18446744073709551616", ",", "=", "A=1",
};

static u64 state = 0x7145;

static u32 next(u32 below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (u32)(state >> 20) % below;
}

static size_t text(u8 *buf, size_t room)
{
	u32 n = next(12), word;
	size_t used = 0, size;

	while (n--) {
		word = next(sizeof(words) / sizeof(words[0]));
		size = strlen(words[word]);
		if (used + size + 1 > room)
			break;
		memcpy(buf + used, words[word], size);
		used += size;
		if (words[word][size - 1] != '=' && next(16))
			buf[used++] = 0;
	}
	return used;
}

static size_t login(u8 *buf, size_t room)
{
	u32 texts = 1 + next(5), i;
	size_t used = 1, size;

	buf[0] = (u8)next(256);
	for (i = 0; i < texts; i++) {
		if (used + 3 > room)
			break;
		size = text(buf + used + 3, room - used - 3);
		buf[used] = (u8)next(256);
		/* Most texts are complete and of the operational stage. */
		if (next(4))
			buf[used] &= 0xc7;
		iser_put16(buf + used + 1, (u16)size);
		used += 3 + size;
	}
	return used;
}

static size_t message(u8 *buf, size_t room)
{
	size_t size = 4 + next((u32)room - 4), i;

	for (i = 0; i < size; i++)
		buf[i] = (u8)next(256);
	if (size > 84 && next(2)) {
		/* Make the message almost correct. */
		buf[1] = 0;
		buf[4] = (u8)(0x10 + next(16));
		buf[36] = (u8)next(4);
		iser_put24(buf + 37, (u32)size - 80 - buf[36] * 4 +
			   (next(4) ? 0 : next(3) - 1));
	}
	if (size > 8 && next(2)) {
		buf[4] = 0;
		buf[5] = (u8)next(12);
		buf[6] = (u8)next(4);
	}
	return size;
}

static void one_file(const char *path)
{
	static u8 buf[1 << 20];
	FILE *f = fopen(path, "rb");
	size_t size;

	REQUIRE(f);
	size = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	fuzz_message(buf, size);
	fuzz_login(buf, size);
}

int main(int argc, char **argv)
{
	unsigned long i, n = argc > 1 ? strtoul(argv[1], NULL, 10) : 100000;
	static u8 buf[1024];

	if (argc > 1 && !n) {
		one_file(argv[1]);
		return 0;
	}
	for (i = 0; i < n; i++) {
		fuzz_message(buf, message(buf, 256));
		fuzz_login(buf, login(buf, sizeof(buf)));
	}
	return 0;
}
