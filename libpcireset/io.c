/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The door with the width in the name: registers are little endian. */
#include <errno.h>

#include "internal.h"

int pcireset_read_register(const struct pcireset_io *io, struct pcireset_address address,
			   uint16_t reg, uint8_t bytes, uint32_t *ret_value)
{
	uint8_t raw[4] = { 0 };
	int r;

	r = io->config_read(io->data, address, reg, raw, bytes);
	if (r < 0)
		return r;

	*ret_value = raw[0] | (uint32_t)raw[1] << 8 | (uint32_t)raw[2] << 16 |
		     (uint32_t)raw[3] << 24;
	return 0;
}

int pcireset_read8(const struct pcireset_io *io, const struct pcireset_function *function,
		   uint16_t reg, uint8_t *ret_value)
{
	return io->config_read(io->data, function->address, reg, ret_value, 1);
}

int pcireset_read16(const struct pcireset_io *io, const struct pcireset_function *function,
		    uint16_t reg, uint16_t *ret_value)
{
	uint32_t value;
	int r;

	r = pcireset_read_register(io, function->address, reg, 2, &value);
	if (r == 0)
		*ret_value = (uint16_t)value;
	return r;
}

int pcireset_read16_alive(const struct pcireset_io *io, const struct pcireset_function *function,
			  uint16_t reg, uint16_t *ret_value)
{
	uint16_t value;
	int r;

	r = pcireset_read16(io, function, reg, &value);
	if (r == 0 && value == 0xffff)
		r = -ENODEV;
	if (r == 0)
		*ret_value = value;
	return r;
}

int pcireset_read32(const struct pcireset_io *io, const struct pcireset_function *function,
		    uint16_t reg, uint32_t *ret_value)
{
	return pcireset_read_register(io, function->address, reg, 4, ret_value);
}

int pcireset_write16(const struct pcireset_io *io, const struct pcireset_function *function,
		     uint16_t reg, uint16_t value)
{
	return io->config_write(io->data, function->address, reg, value, 2);
}

int pcireset_attr_read(const struct pcireset_io *io, const struct pcireset_function *function,
		       const char *name, char *buffer, size_t bytes)
{
	char path[PCIRESET_PATH_BYTES];

	return io->attr_read(io->data, pcireset_attr_path(function->address, name, path),
			     buffer, bytes);
}

int pcireset_attr_write(const struct pcireset_io *io, const struct pcireset_function *function,
			const char *name, const char *text)
{
	char path[PCIRESET_PATH_BYTES];

	return io->attr_write(io->data, pcireset_attr_path(function->address, name, path), text);
}
