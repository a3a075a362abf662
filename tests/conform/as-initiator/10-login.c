// SPDX-License-Identifier: GPL-2.0-only
/* The login: sections 5.1, 5.1.2, 6.3. */
#include "conform.h"

CASE(initiator, "login/plain", "R-3.3-1 R-5.1-1 R-4.1-11 D-6-3",
     "a login with RDMAExtensions=Yes leads to full feature phase, a ping is answered")
{
	struct conn *c = session("");

	check(answer(c, "RDMAExtensions") && !strcmp(answer(c, "RDMAExtensions"), "Yes"),
	      "RDMAExtensions=Yes is not answered with Yes");
	ping(c);
}
