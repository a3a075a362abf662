// SPDX-License-Identifier: GPL-2.0-only
/*
 * The pure files once more, for the KUnit module: an object can't belong to
 * two modules, and the tests should load without an RDMA device or iser_core.
 */
#include "../../proto/wire.c"
#include "../../proto/text.c"
#include "../../proto/keys.c"
#include "../../proto/flow.c"
#include "../../proto/state.c"
#include "../../proto/pi.c"
