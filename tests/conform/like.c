// SPDX-License-Identifier: GPL-2.0-only
/* Deployed peers that the program can play, as their sources show them. */
#include "conform.h"

static const struct like likes[] = {
	{
		.name = "none", .what = "a peer that does what RFC 7145 says",
		.private_data = 0x80,
	}, {
		.name = "kernel", .what = "ib_iser and ib_isert of Linux",
		.private_data = 0x80,
		.keys = "InitiatorRecvDataSegmentLength=262144",
		.no_answer = true, .tagged = true, .recv_data = 128,
	}, {
		.name = "libiscsi", .what = "libiscsi: no remote invalidation, no immediate data",
		.private_data = 0xc0,
		/* It sends no immediate data but does not say so in a key. */
		.keys = "InitiatorRecvDataSegmentLength=262144",
		.no_immediate = true, .tagged = true, .recv_data = 128,
	}, {
		.name = "tgt", .what = "tgt: no private data, plain Sends",
		.no_private_data = true, .no_answer = true, .plain_send = true,
	}, {
		.name = "scst", .what = "SCST: no immediate data, ignores keys of iSER, plain Sends",
		.private_data = 0x80,
		.keys = "ImmediateData=No InitialR2T=Yes",
		.no_answer = true, .plain_send = true, .no_immediate = true,
	}, {
		/* Its source is not public: these settings assume nothing of it. */
		.name = "esxi", .what = "a cautious initiator: security stage first, no invalidation",
		.private_data = 0xc0,
		.keys = "MaxRecvDataSegmentLength=131072 InitiatorRecvDataSegmentLength=131072 MaxBurstLength=262144",
		.tagged = true,
	},
};

#define LIKES	(sizeof(likes) / sizeof(likes[0]))

const struct like *like_find(const char *name)
{
	unsigned int i;

	for (i = 0; i < LIKES; i++)
		if (!strcmp(likes[i].name, name))
			return &likes[i];
	return NULL;
}

void like_list(FILE *to)
{
	unsigned int i;

	for (i = 0; i < LIKES; i++)
		fprintf(to, "      %-9s %s\n", likes[i].name, likes[i].what);
}
