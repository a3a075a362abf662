// SPDX-License-Identifier: GPL-2.0-only
/*
 * The unit tests as a KUnit module: see Kbuild in this folder.
 */
#include <linux/module.h>

#include "unit.h"

#define SUITE(list, text)						\
static struct kunit_suite list##_suite = {				\
	.name = text,							\
	.test_cases = list##_cases,					\
}

SUITE(wire, "iser_wire");
SUITE(hello, "iser_hello");
SUITE(greeting, "iser_hello_state");
SUITE(text, "iser_text");
SUITE(initiator_keys, "iser_initiator_keys");
SUITE(target_keys, "iser_target_keys");
SUITE(login, "iser_login");
SUITE(account, "iser_account");
SUITE(segment, "iser_segment");
SUITE(state, "iser_state");
SUITE(pi, "iser_pi");

kunit_test_suites(&wire_suite, &hello_suite, &greeting_suite, &text_suite,
		  &initiator_keys_suite, &target_keys_suite, &login_suite,
		  &account_suite, &segment_suite, &state_suite,
		  &pi_suite);

MODULE_DESCRIPTION("Unit tests of the pure files of iSER for Linux");
MODULE_LICENSE("GPL");
