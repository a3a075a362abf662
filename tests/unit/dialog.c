// SPDX-License-Identifier: GPL-2.0-only
/*
 * Login texts as rows of a table: runs them.
 */
#include "dialog.h"

#define ROOM	512	/* bytes of room after a text */

static const char *state_word(enum iser_key_state state)
{
	static const char * const words[] = {
		"unseen", "offered", "agreed", "refused",
	};

	return (u32)state < ARRAY_SIZE(words) ? words[state] : "wrong";
}

void dialog_state(const struct iser_keys *k, char *buf)
{
	snprintf(buf, DIALOG_STATE_LEN,
		 " %s %s rdma:%s i:%u i:%s t:%u t:%s unexpected:%u unexpected:%s ahs:%u ahs:%s tagged:%s tagged:%s hello:%s hello:%s ",
		 k->discovery ? "discovery" : "normal",
		 k->rdma_extensions ? "iser" : "plain",
		 state_word(k->rdma_state),
		 k->initiator_dsl, state_word(k->initiator_dsl_state),
		 k->target_dsl, state_word(k->target_dsl_state),
		 k->peer_unexpected, state_word(k->unexpected_state),
		 k->peer_ahs, state_word(k->ahs_state),
		 k->tagged_solicited_only ? "Yes" : "No",
		 state_word(k->tagged_state),
		 k->hello ? "Yes" : "No", state_word(k->hello_state));
}

void dialog_check_state(struct unit *t, const struct iser_keys *k,
			const char *words)
{
	char *state = unit_alloc(t, DIALOG_STATE_LEN);
	char word[64];
	size_t size;

	dialog_state(k, state);
	while (*words) {
		size = strcspn(words, " ");
		snprintf(word, sizeof(word), " %.*s ", (int)size, words);
		/* The comparison makes the message when it fails. */
		if (!strstr(state, word))
			CHECK_STR(t, state, word);
		words += size;
		words += *words == ' ';
	}
}

void dialog_init(struct iser_keys *k, const struct dialog *row)
{
	iser_keys_init(k, row->recv ? row->recv : 8192,
		       row->send ? row->send : 8192);
	k->offer = !(row->set & SILENT);
	k->first_contact = !(row->set & AGAIN);
	k->leading = !(row->set & FURTHER);
	k->want_hello = row->set & HELLO;
	k->force_initial_r2t = row->set & FORCE_R2T;
	k->strict = row->set & STRICT;
}

static void exchange_bytes(char *text, size_t len, char from, char to)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] == from)
			text[i] = to;
}

int dialog_step(struct unit *t, struct iser_keys *k, const struct step *step,
		char **out)
{
	u32 len = step->in ? (u32)strlen(step->in) : 0;
	/* A response is edited in place: it has no room to grow. */
	u32 cap = len + (step->full || step->direction == RSP_IN ? 0 : ROOM);
	char *text = unit_alloc(t, cap);
	int rc = 0;

	if (len)
		memcpy(text, step->in, len);
	exchange_bytes(text, len, '|', 0);

	switch (step->direction) {
	case REQ_OUT:
		rc = iser_keys_request_out(k, text, len, cap, step->stage,
					   step->partial);
		break;
	case RSP_IN:
		rc = iser_keys_response_in(k, text, len, step->stage,
					   step->partial);
		break;
	case REQ_IN:
		rc = iser_keys_request_in(k, text, len, cap, step->stage,
					  step->partial);
		break;
	case RSP_OUT:
		rc = iser_keys_response_out(k, text, len, cap, step->stage,
					    step->partial);
		break;
	case FINISH:
		rc = iser_keys_finish(k);
		break;
	case END:
		break;
	}

	if (rc > (int)cap) {
		CHECK_EQ(t, rc, cap);
		rc = (int)cap;
	}
	*out = unit_alloc(t, rc > 0 ? (size_t)rc + 1 : 1);
	if (rc > 0) {
		memcpy(*out, text, (size_t)rc);
		exchange_bytes(*out, (size_t)rc, 0, '|');
	}
	return rc;
}

void dialog_run(struct unit *t)
{
	const struct dialog *row = t->param_value;
	struct iser_keys *k = unit_alloc(t, sizeof(*k));
	const struct step *step;
	char *out;
	int rc, i;

	dialog_init(k, row);
	for (i = 0; i < STEPS && row->step[i].direction != END; i++) {
		step = &row->step[i];
		rc = dialog_step(t, k, step, &out);
		if (step->direction == FINISH || !step->out) {
			CHECK_EQ(t, rc, step->error);
			continue;
		}
		/* A negative length shows here as an empty text. */
		CHECK_STR(t, out, step->out);
		CHECK_EQ(t, rc, strlen(step->out));
	}
	if (row->state)
		dialog_check_state(t, k, row->state);
}
