/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "random_machine.h"

#include <linux/pci_regs.h>
#include <string.h>

#define SBR  PCIRESET_BIT(PCIRESET_METHOD_SBR)
#define CXL  PCIRESET_BIT(PCIRESET_METHOD_CXL_BUS)
#define PM   PCIRESET_BIT(PCIRESET_METHOD_PM)
#define NONE PCIRESET_NONE

struct pcireset_function random_functions[RANDOM_MAX];
struct pcireset_decision random_decisions[RANDOM_MAX];
static size_t n_functions;
static uint64_t state;

void random_seed(unsigned int seed)
{
	state = 0x9e3779b97f4a7c15u ^ (uint64_t)seed << 20;
}

unsigned int random_below(unsigned int n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned int)((state >> 11) % n);
}

static bool percent(unsigned int n)
{
	return random_below(100) < n;
}

static size_t add(size_t parent, uint32_t domain, size_t bus, unsigned int slot)
{
	size_t i = n_functions++;

	random_functions[i] = (struct pcireset_function){
		.address = { domain + (uint32_t)(bus / 256), (uint8_t)bus, (uint8_t)(slot / 8),
			     (uint8_t)(slot % 8) },
		.answers = true,
		.parent = parent,
		.physical = NONE,
		.behind = NONE,
		.express = percent(80) ? 0x40 : 0,
		.af = 0x60,
		.power = 0x70,
		.aer = 0x100,
		.port_type = (uint8_t)random_below(9),
		.iommu_group = -1,
	};
	return i;
}

static void add_endpoint(size_t i, unsigned int spared)
{
	static const unsigned int masks[] = { PCIRESET_FUNCTION_LEVEL, SBR, PM, PM | SBR, 0, CXL };

	random_functions[i].offers = percent(40)   ? random_below(256) & ~1u
				     : percent(50) ? SBR | PM
						   : 0;
	random_functions[i].is_unknown = percent(3);
	random_functions[i].advertises = percent(80) ? random_functions[i].offers : 0;
	random_functions[i].ats = percent(20) ? 0x200 : 0;
	random_functions[i].iommu_group = percent(50) ? (int)i : -1;
	random_functions[i].header[PCI_INTERRUPT_PIN] = percent(50);
	random_functions[i].header[PCI_BASE_ADDRESS_0 + 3] = percent(50) ? 0xfe : 0;
	if (percent(5))
		(void)strcpy(random_functions[i].driver, "x");
	random_decisions[i].engine = percent(20) ? random_below(PCIRESET_ENGINES) : 0;
	random_decisions[i].leave_intx = percent(20);
	random_functions[i].answers = !percent(spared / 4);
	random_functions[i].quirks = percent(spared / 2) ? 1u << random_below(6) : 0;
	random_decisions[i].action = percent(spared) ? random_below(3) : PCIRESET_RESET;
	random_decisions[i].methods =
		percent(spared * 2) ? masks[random_below(6)] : PCIRESET_ANY_METHOD;
	if (n_functions > 1 && percent(1) &&
	    random_functions[0].address.domain != random_functions[i].address.domain)
		random_functions[i].behind = random_below((unsigned int)i);
}

static void add_bridge(size_t i, unsigned int spared)
{
	random_functions[i].header_type =
		percent(95) ? PCI_HEADER_TYPE_BRIDGE : PCI_HEADER_TYPE_CARDBUS;
	random_functions[i].has_reset_subordinate = percent(85);
	random_functions[i].hotplug_bound = percent(spared);
	random_functions[i].cxl =
		percent(spared / 2) ? PCIRESET_CXL_PORT | PCIRESET_CXL_SBR_MASKED : 0;
	random_functions[i].quirks = percent(spared / 4) ? PCIRESET_QUIRK_NO_BUS_RESET : 0;
	random_decisions[i].action = percent(95) ? PCIRESET_KEEP : PCIRESET_RESET;
	random_decisions[i].methods = PCIRESET_ANY_METHOD;
	random_decisions[i].no_bus_reset = percent(spared / 2);
}

/* Bus by bus: a bridge comes before what is below it, neighbours are together. */
size_t random_machine(size_t n, size_t bridges_max, unsigned int spared)
{
	size_t todo[RANDOM_MAX], n_todo = 0, n_bridges = 0, bus = 0;

	n_functions = 0;
	memset(random_decisions, 0, sizeof(random_decisions));
	while (n_functions < n) {
		size_t parent = bus > 0 && bus <= n_todo ? todo[bus - 1] : NONE;
		uint32_t domain = parent == NONE ? 16 * (uint32_t)bus
						 : random_functions[parent].address.domain;

		for (unsigned int k = random_below(5) + (percent(20) ? random_below(20) : 0);
		     n_functions < n; k--) {
			size_t i = add(parent, domain, bus, k % 256);

			if (n_bridges < bridges_max && percent(45)) {
				add_bridge(i, spared);
				todo[n_todo++] = i;
				n_bridges++;
			} else {
				add_endpoint(i, spared);
				for (unsigned int v = percent(10) ? random_below(8) : 0;
				     v-- > 0 && n_functions < n;) {
					size_t vf = add(parent, domain, bus, 128 + v);

					add_endpoint(vf, spared);
					random_functions[vf].is_virtual = true;
					random_functions[vf].physical = i;
					random_functions[vf].behind = NONE;
					random_functions[i].vfs = ++random_functions[i].vfs_listed;
				}
			}
			if (k == 0)
				break;
		}
		bus++;
	}
	return n_functions;
}
