/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The name under which an installed libpci is found. */
#include "../../lib/pci.h"
