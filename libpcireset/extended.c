/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One function's extended capability list: only PCI Express functions have it. */
#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "internal.h"

#define ONES 0xffffffffu
#define SRIOV_BYTES 0x40

/*
 * CXL Specification 3.1, 8.1.1 (DVSEC IDs), 8.1.3 (devices), 8.1.5 (ports);
 * kernels before 6.11 do not export them.
 */
#define CXL_VENDOR 0x1e98
#define CXL_DVSEC_DEVICE 0
#define CXL_DVSEC_DEVICE_CAPABILITY 0x0a
#define CXL_DVSEC_DEVICE_MEM_CAPABLE 0x0004
#define CXL_DVSEC_PORT 3
#define CXL_DVSEC_PORT_CONTROL 0x0c
#define CXL_DVSEC_PORT_UNMASK_SBR 0x0001

static void read_dvsec(const struct pcireset_io *io, struct pcireset_function *function,
		       uint16_t at)
{
	uint16_t vendor, id, value;

	if (pcireset_read16(io, function, at + PCI_DVSEC_HEADER1, &vendor) < 0 ||
	    vendor != CXL_VENDOR ||
	    pcireset_read16(io, function, at + PCI_DVSEC_HEADER2, &id) < 0)
		return;

	if (id == CXL_DVSEC_DEVICE) {
		function->cxl |= PCIRESET_CXL_DEVICE;
		if (pcireset_read16(io, function, at + CXL_DVSEC_DEVICE_CAPABILITY, &value) == 0 &&
		    value & CXL_DVSEC_DEVICE_MEM_CAPABLE)
			function->cxl |= PCIRESET_CXL_MEMORY;
	} else if (id == CXL_DVSEC_PORT) {
		function->cxl |= PCIRESET_CXL_PORT;
		if (pcireset_read16(io, function, at + CXL_DVSEC_PORT_CONTROL, &value) == 0 &&
		    !(value & CXL_DVSEC_PORT_UNMASK_SBR))
			function->cxl |= PCIRESET_CXL_SBR_MASKED;
	}
}

static void read_sriov(const struct pcireset_io *io, struct pcireset_function *function,
		       uint16_t at)
{
	uint16_t control, n;

	if (at + SRIOV_BYTES > PCI_CFG_SPACE_EXP_SIZE ||
	    pcireset_read16(io, function, at + PCI_SRIOV_CTRL, &control) < 0) {
		function->is_unknown = true;
		return;
	}

	function->sriov = at;
	function->sriov_ari = control & PCI_SRIOV_CTRL_ARI;
	if (control & PCI_SRIOV_CTRL_VFE &&
	    pcireset_read16(io, function, at + PCI_SRIOV_NUM_VF, &n) == 0)
		function->vfs = n;
}

static void remember(struct pcireset_function *function, uint16_t at, uint16_t id)
{
	for (size_t i = 0; i < PCIRESET_EXTENDED_MAX; i++) {
		struct pcireset_extended *e = &function->extended[i];

		if (e->id == id)
			return; /* a second one has no meaning */
		if (e->id == 0) {
			*e = (struct pcireset_extended){ id, at };
			return;
		}
	}
}

static void read_capability(const struct pcireset_io *io, struct pcireset_function *function,
			    uint16_t at, uint16_t id)
{
	switch (id) {
	case PCI_EXT_CAP_ID_ERR:
		function->aer = at;
		break;
	case PCI_EXT_CAP_ID_ARI:
		function->ari = true;
		break;
	case PCI_EXT_CAP_ID_ATS:
		function->ats = at;
		break;
	case PCI_EXT_CAP_ID_SRIOV:
		read_sriov(io, function, at);
		break;
	case PCI_EXT_CAP_ID_DVSEC:
		read_dvsec(io, function, at);
		break;
	case PCI_EXT_CAP_ID_ACS:
	case PCI_EXT_CAP_ID_DPC:
	case PCI_EXT_CAP_ID_L1SS:
	case PCI_EXT_CAP_ID_LTR:
	case PCI_EXT_CAP_ID_PTM:
	case PCI_EXT_CAP_ID_REBAR:
	case PCI_EXT_CAP_ID_VC:
	case PCIRESET_EXT_CAP_ID_RTR:
	case PCIRESET_EXT_CAP_ID_VF_REBAR:
		remember(function, at, id);
		break;
	default:
		break;
	}
}

/*
 * Some bridges do not pass the upper bits of an address on, so that 100 is
 * 000 again: drivers/pci/probe.c, pci_ext_cfg_is_aliased().
 */
static bool is_alias(const struct pcireset_function *function, uint32_t head)
{
	return head == ((uint32_t)function->header[0] | (uint32_t)function->header[1] << 8 |
			(uint32_t)function->header[2] << 16 | (uint32_t)function->header[3] << 24);
}

uint16_t pcireset_extended_find(const struct pcireset_function *function, uint16_t id)
{
	for (size_t i = 0; i < PCIRESET_EXTENDED_MAX; i++)
		if (function->extended[i].id == id)
			return function->extended[i].at;
	return 0;
}

void pcireset_extended_read(const struct pcireset_io *io, struct pcireset_function *function)
{
	struct pcireset_visited visited = { 0 };
	uint16_t at = PCI_CFG_SPACE_SIZE;
	uint32_t head;

	if (!function->express ||
	    pcireset_read32(io, function, at, &head) < 0 || head == ONES ||
	    is_alias(function, head))
		return;

	function->config_bytes = PCI_CFG_SPACE_EXP_SIZE;
	/* Nothing but zeroes: no list. */
	if (head == 0)
		return;
	for (;;) {
		(void)pcireset_visit(&visited, at);
		read_capability(io, function, at, PCI_EXT_CAP_ID(head));
		at = PCI_EXT_CAP_NEXT(head);
		if (at == 0)
			return;
		if (at < PCI_CFG_SPACE_SIZE || !pcireset_visit(&visited, at) ||
		    pcireset_read32(io, function, at, &head) < 0 || head == ONES || head == 0)
			break;
	}
	function->is_unknown = true;
}
