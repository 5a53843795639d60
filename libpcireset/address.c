/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PCI addresses as lspci and sysfs write them. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

/* One hexadecimal number of at most @digits digits, then @end. */
static bool take_hex(const char **text, size_t digits, char end, uint32_t *ret_value)
{
	uint32_t value = 0;
	size_t n = 0;
	const char *p = *text;

	for (; n < digits && *p; n++, p++) {
		if (*p >= '0' && *p <= '9')
			value = value << 4 | (uint32_t)(*p - '0');
		else if (*p >= 'a' && *p <= 'f')
			value = value << 4 | (uint32_t)(*p - 'a' + 10);
		else if (*p >= 'A' && *p <= 'F')
			value = value << 4 | (uint32_t)(*p - 'A' + 10);
		else
			break;
	}
	if (n == 0 || *p != end)
		return false;

	*text = end ? p + 1 : p;
	*ret_value = value;
	return true;
}

int pcireset_address_parse(const char *text, struct pcireset_address *ret_address)
{
	uint32_t domain = 0, bus, device, function;
	const char *colon = strchr(text, ':');

	if (colon && strchr(colon + 1, ':') && !take_hex(&text, 8, ':', &domain))
		return -EINVAL;
	if (!take_hex(&text, 2, ':', &bus) || !take_hex(&text, 2, '.', &device) ||
	    !take_hex(&text, 1, '\0', &function))
		return -EINVAL;
	if (device > 0x1f || function > 7)
		return -EINVAL;

	*ret_address = (struct pcireset_address){
		.domain = domain,
		.bus = (uint8_t)bus,
		.device = (uint8_t)device,
		.function = (uint8_t)function,
	};
	return 0;
}

const char *pcireset_address_format(struct pcireset_address address, char *buffer)
{
	(void)snprintf(buffer, PCIRESET_ADDRESS_BYTES, "%04x:%02x:%02x.%x", address.domain,
		       address.bus, address.device & 0x1fu, address.function & 7u);
	return buffer;
}

static uint64_t order(struct pcireset_address a)
{
	return (uint64_t)a.domain << 32 | (uint64_t)a.bus << 16 | (uint64_t)a.device << 8 |
	       a.function;
}

int pcireset_address_compare(struct pcireset_address a, struct pcireset_address b)
{
	return (order(a) > order(b)) - (order(a) < order(b));
}

const char *pcireset_attr_path(struct pcireset_address address, const char *name, char *buffer)
{
	char text[PCIRESET_ADDRESS_BYTES];

	(void)snprintf(buffer, PCIRESET_PATH_BYTES, "sys/bus/pci/devices/%s/%.64s",
		       pcireset_address_format(address, text), name);
	return buffer;
}
