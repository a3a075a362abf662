// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pure files once more, for the KUnit module: an object can't belong to
 * two modules, and the tests should load without an RDMA device or iser_core.
 */
#include "../../common/wire.c"
#include "../../common/greeting.c"
#include "../../common/account.c"
#include "../../common/segment.c"
#include "../../common/state.c"
#include "../../common/text.c"
#include "../../common/keys.c"
#include "../../common/declare.c"
#include "../../common/negotiate.c"
