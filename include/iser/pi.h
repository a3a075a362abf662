/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Protection information (T10-PI): what a command's says, and where it is.  Each
 * block of data has a tuple of 8 bytes: guard, application tag, reference tag.  In
 * memory the tuples are in a list of their own, on the wire each follows its block.
 */
#ifndef ISER_PI_H
#define ISER_PI_H

#include <iser/types.h>

struct scatterlist;

#define ISER_PI_TUPLE		8	/* bytes for a block */

/* The first wrong field that was found: the ASCQ with which SBC names it (ASC 10h). */
enum iser_pi_error {
	ISER_PI_GOOD,
	ISER_PI_GUARD,
	ISER_PI_APP,
	ISER_PI_REF,
};

/* What is checked: a bit for each enum iser_pi_error. */
#define ISER_PI_CHECK(error)	(1U << (error))

/* The protection information of a command. */
struct iser_pi {
	u32 interval;		/* bytes of a block */
	u32 ref_tag;		/* of the first block */
	bool memory, wire;	/* where the tuples are: one or both */
	bool ip_guard;		/* in memory, the guard is an IP checksum; else a CRC */
	bool increment;		/* the reference tag grows by one with each block: not type 3 */
	u8 checks;		/* ISER_PI_CHECK() */
	struct scatterlist *sgl;	/* the tuples in memory; unused if there are none */
	unsigned int nents;
};

/* What a check has found. */
struct iser_pi_result {
	enum iser_pi_error error;
	u32 block;		/* with it, counted from the command's first */
};

/**
 * iser_pi_possible - whether adapters can check blocks of this command
 * @pi: protection information
 * @len: bytes of data
 * Return: true for whole blocks of 512 or 4096 bytes.
 */
bool iser_pi_possible(const struct iser_pi *pi, u32 len);

/**
 * iser_pi_tuples - bytes of the tuples of some data
 * @pi: protection information
 * @len: bytes of data, whole blocks
 * Return: their bytes.
 */
u32 iser_pi_tuples(const struct iser_pi *pi, u32 len);

/**
 * iser_pi_wire - bytes that some data take on the wire
 * @pi: protection information
 * @len: bytes of data, whole blocks
 * Return: those of the data, and of their tuples if these are on the wire.
 */
u32 iser_pi_wire(const struct iser_pi *pi, u32 len);

/**
 * iser_pi_ref_tag - the reference tag of a later block
 * @pi: protection information
 * @block: number of the block
 * Return: its tag.
 */
u32 iser_pi_ref_tag(const struct iser_pi *pi, u32 block);

/**
 * iser_pi_piece - bytes of data that the next registration of a command takes
 * @pi: protection information
 * @left: bytes of data that are left, whole blocks
 * @room: bytes that a registration covers for certain, at least a block
 * Return: bytes, whole blocks.
 */
u32 iser_pi_piece(const struct iser_pi *pi, u32 left, u32 room);

/**
 * iser_pi_error_block - the block that an adapter means
 * @pi: protection information
 * @offset: where it has found the error, in data with a tuple after each block
 * Return: number of the block within what was registered.
 */
u32 iser_pi_error_block(const struct iser_pi *pi, u64 offset);

#endif
