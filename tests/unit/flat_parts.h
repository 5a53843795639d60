/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What machines in memory are made of: endpoints and ports as most are. */
#ifndef FLAT_PARTS_H
#define FLAT_PARTS_H

#include "flat_io.h"

#define FLAT_NIC  0x02000000
#define FLAT_DISK 0x01080200
#define FLAT_PORT 0x06040000

/* Offsets of their capabilities; SR-IOV is for the caller to add. */
#define FLAT_POWER     0x040
#define FLAT_MSI       0x050
#define FLAT_EXPRESS   0x070
#define FLAT_MSIX      0x0b0
#define FLAT_AER       0x100
#define FLAT_DSN       0x148
#define FLAT_ARI       0x158
#define FLAT_SRIOV     0x160
#define FLAT_SECONDARY 0x1a0
#define FLAT_LTR       0x1c0
#define FLAT_L1SS      0x1d0
#define FLAT_ACS       0x1e0

/**
 * flat_add_endpoint() - a PCI Express function with DMA on, and without a reset
 * @place: bus in the upper bits, then 5 bits device and 3 bits function
 * @id: device << 16 | vendor
 * @class_revision: as in PCI_CLASS_REVISION
 */
struct flat_function *flat_add_endpoint(struct flat *flat, uint32_t domain, unsigned int place,
					uint32_t id, uint32_t class_revision);
/** flat_add_port() - a port, or a bridge to conventional PCI; @type is PCI_EXP_TYPE_* */
struct flat_function *flat_add_port(struct flat *flat, uint32_t domain, unsigned int place,
				    unsigned int type, unsigned int secondary,
				    unsigned int subordinate);
/** flat_add_conventional() - a function without PCI Express, that its bus resets */
struct flat_function *flat_add_conventional(struct flat *flat, uint32_t domain, unsigned int place,
					    uint32_t id);
/** flat_give_flr() - the function has FLR; what that erases every endpoint has */
void flat_give_flr(struct flat_function *function);

#endif
