/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The release.  A module with a version also has a srcversion, by which
 * scripts/loaded.sh tells one build from another.
 */
#ifndef ISER_VERSION_H
#define ISER_VERSION_H

#define ISER_RELEASE	"0.1"

#endif
