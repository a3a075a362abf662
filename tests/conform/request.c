// SPDX-License-Identifier: GPL-2.0-only
/* PDUs of an initiator. */
#include "conform.h"

/* The first byte of the header's LUN field, single level. */
static void put_lun(uint8_t *bhs)
{
	bhs[8] = opt.lun > 255 ? 0x40 | opt.lun >> 8 : 0;
	bhs[9] = opt.lun;
}

struct msg *nop_out(struct conn *c, bool immediate)
{
	struct msg *m = pdu(c, ISCSI_NOP_OUT | (immediate ? IMMEDIATE : 0));

	c->cmdsn += !immediate;
	return m;
}

struct msg *text_request(struct conn *c, const char *text)
{
	struct msg *m = pdu(c, ISCSI_TEXT);
	struct text t = { 0 };

	text_change(&t, text);
	c->cmdsn++;
	if (t.len)
		add_data(m, t.b, t.len);
	return m;
}

struct msg *send_targets(struct conn *c)
{
	char text[512];

	/* Without a name LIO refuses it. */
	snprintf(text, sizeof(text), "SendTargets=%s", opt.target);
	return text_request(c, text);
}

struct msg *logout_request(struct conn *c, uint8_t reason)
{
	struct msg *m = pdu(c, ISCSI_LOGOUT | IMMEDIATE);

	BHS(m)[1] = FINAL | reason;
	put16(BHS(m) + 20, c->cid);
	put16(BHS(m) + 22, 0);
	return m;
}

struct msg *logout_of(struct conn *c, uint8_t reason, uint16_t cid)
{
	struct msg *m = logout_request(c, reason);

	put16(BHS(m) + 20, cid);
	return m;
}

struct msg *tmf(struct conn *c, uint8_t function, uint32_t referenced)
{
	struct msg *m = pdu(c, ISCSI_TMF | IMMEDIATE);

	BHS(m)[1] = FINAL | function;
	put_lun(BHS(m));
	put32(BHS(m) + 20, referenced);
	put32(BHS(m) + 32, c->cmdsn - 1);	/* RefCmdSN: the last command */
	return m;
}

struct msg *snack(struct conn *c, uint8_t type)
{
	struct msg *m = pdu(c, ISCSI_SNACK);

	BHS(m)[1] = FINAL | type;
	put32(BHS(m) + 16, NO_TAG);
	put32(BHS(m) + 24, 0);
	return m;
}

struct msg *data_out(struct conn *c, uint32_t itt, uint32_t ttt, uint32_t datasn,
		     uint32_t offset, const void *data, uint32_t len, bool final)
{
	struct msg *m = pdu(c, ISCSI_DATA_OUT);

	c->itt--;
	BHS(m)[1] = final ? FINAL : 0;
	put_lun(BHS(m));
	put32(BHS(m) + 16, itt);
	put32(BHS(m) + 20, ttt);
	put32(BHS(m) + 24, 0);
	put32(BHS(m) + 36, datasn);
	put32(BHS(m) + 40, offset);
	if (len)
		add_data(m, data, len);
	return m;
}

struct msg *scsi(struct conn *c, const uint8_t *cdb, unsigned int cdb_len, uint32_t edtl,
		 uint8_t flags)
{
	struct msg *m = pdu(c, ISCSI_COMMAND);
	uint8_t *bhs = BHS(m);

	bhs[1] = FINAL | flags | 1;	/* simple */
	put_lun(bhs);
	put32(bhs + 20, edtl);
	memcpy(bhs + 32, cdb, cdb_len < 16 ? cdb_len : 16);
	c->cmdsn++;
	if (cdb_len > 16) {
		uint8_t rest[260] = { 0 };

		memcpy(rest + 1, cdb + 16, cdb_len - 16);
		add_ahs(m, 1, rest, cdb_len - 15);
	}
	return m;
}

void name_read(struct msg *m, uint32_t stag, uint64_t base)
{
	m->b[0] |= ISER_RSV;
	put32(m->b + 16, stag);
	put64(m->b + 20, base);
}

void name_write(struct msg *m, uint32_t stag, uint64_t base)
{
	m->b[0] |= ISER_WSV;
	put32(m->b + 4, stag);
	put64(m->b + 8, base);
}

struct msg *test_unit_ready(struct conn *c)
{
	static const uint8_t cdb[6];

	return scsi(c, cdb, sizeof(cdb), 0, 0);
}

struct msg *inquiry(struct conn *c, struct mem *mem, uint8_t len)
{
	const uint8_t cdb[6] = { 0x12, 0, 0, 0, len };
	struct msg *m = scsi(c, cdb, sizeof(cdb), mem->len, SCSI_READ);

	name_read(m, mem->stag, mem->base);
	return m;
}

static void transfer_cdb(uint8_t *cdb, uint8_t operation, uint32_t lba, uint32_t blocks)
{
	memset(cdb, 0, 10);
	cdb[0] = operation;
	put32(cdb + 2, lba);
	put16(cdb + 7, blocks);
}

struct msg *read_blocks(struct conn *c, uint32_t lba, struct mem *mem)
{
	uint8_t cdb[10];
	struct msg *m;

	transfer_cdb(cdb, 0x28, lba, mem->len / block_size(c));
	m = scsi(c, cdb, sizeof(cdb), mem->len, SCSI_READ);
	name_read(m, mem->stag, mem->base);
	return m;
}

struct msg *write_blocks(struct conn *c, uint32_t lba, struct mem *mem, uint32_t immediate)
{
	const char *tagged = text_get(&c->offer, "TaggedBufferForSolicitedDataOnly");
	uint8_t cdb[10];
	struct msg *m;
	bool yes;

	transfer_cdb(cdb, 0x2a, lba, mem->len / block_size(c));
	m = scsi(c, cdb, sizeof(cdb), mem->len, SCSI_WRITE);
	if (immediate && opt.like->no_immediate)
		skip("%s sends no immediate data", opt.like->name);
	if (immediate)
		add_data(m, mem->p, immediate);
	/* Section 6.9: the default is that the base belongs to the first byte. */
	yes = tagged ? !strcmp(tagged, "Yes") : opt.like->tagged;
	if (immediate < mem->len)
		name_write(m, mem->stag, mem->base + (yes ? immediate : 0));
	return m;
}

struct msg *write_in_parts(struct conn *c, uint32_t lba, struct mem *m, uint32_t immediate)
{
	uint32_t first = answer_number(c, "FirstBurstLength", 65536);
	const char *tagged = text_get(&c->offer, "TaggedBufferForSolicitedDataOnly");
	struct msg *out = write_blocks(c, lba, m, immediate);

	BHS(out)[1] &= ~FINAL;
	if (first >= m->len) {
		out->b[0] &= ~ISER_WSV;
		memset(out->b + 4, 0, 12);
	} else {
		name_write(out, m->stag, m->base + (tagged && !strcmp(tagged, "Yes") ? first : 0));
	}
	return out;
}

uint32_t block_size(struct conn *c)
{
	static uint32_t size;
	static const uint8_t cdb[10] = { 0x25 };
	struct mem *mem;
	struct msg *m;

	if (!size) {
		mem = mem_new(c, 8, READ_SINK);
		m = scsi(c, cdb, sizeof(cdb), 8, SCSI_READ);
		name_read(m, mem->stag, mem->base);
		command(c, m);
		size = get32(mem->p + 4);
		check(size >= 512 && size <= 4096, "blocks of %u bytes?", size);
		check(get32(mem->p) >= 32767, "the disk is too small: %u blocks", get32(mem->p));
	}
	return size;
}

void writes_at_once(struct conn *c, unsigned int n, uint32_t seed)
{
	uint32_t lba = free_block(c);
	struct mem *mem[8];
	struct msg *m[8];
	unsigned int i;

	for (i = 0; i < n; i++) {
		mem[i] = mem_new(c, 131072, WRITE_SOURCE);
		fill(mem[i]->p, mem[i]->len, seed + i);
		m[i] = write_blocks(c, lba + i * 256, mem[i], 0);
	}
	post_many(c, m, n);
	for (i = 0; i < n; i++)
		expect_good(expect(c, ISCSI_RESPONSE, itt_of(BHS(m[i]))));
	for (i = 0; i < n; i++)
		verify(c, lba + i * 256, mem[i]->len, seed + i);
}

uint32_t free_block(struct conn *c)
{
	block_size(c);
	/* Cases follow one another: they may share; not block 0, which may be a label. */
	return 4096;
}
