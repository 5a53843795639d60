/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions of a scripted machine: headers, capabilities, attributes. */
#include "fake_io.h"

#include <stdio.h>
#include <string.h>

static struct fake_function *add(struct fake *fake, const char *address)
{
	struct fake_function *f = &fake->functions[fake->n_functions++];

	assert_true(fake->n_functions <= FAKE_FUNCTIONS);
	assert_int_equal(pcireset_address_parse(address, &f->address), 0);
	f->config_bytes = 256;
	return f;
}

struct fake_function *fake_endpoint(struct fake *fake, const char *address, uint32_t id,
				    uint32_t class_code, uint16_t command)
{
	struct fake_function *f = add(fake, address);

	fake_put(f->config, 0x00, id, 4);
	fake_put(f->config, 0x04, command, 2);
	fake_put(f->config, 0x09, class_code, 3);
	return f;
}

struct fake_function *fake_port(struct fake *fake, const char *address, uint8_t secondary,
				uint8_t subordinate)
{
	struct fake_function *f = fake_endpoint(fake, address, 0x000c1b36, 0x060400, 0x0507);

	f->config[0x0e] = 1;
	f->config[0x18] = f->address.bus;
	f->config[0x19] = secondary;
	f->config[0x1a] = subordinate;
	fake_capability(f, 0x40, 0x10);
	fake_put(f->config, 0x42, 0x0042, 2); /* version 2, root port */
	f->config_bytes = FAKE_CONFIG_BYTES;
	return f;
}

void fake_capability(struct fake_function *function, uint8_t at, uint8_t id)
{
	uint8_t *link = &function->config[0x34];

	while (*link)
		link = &function->config[*link + 1];
	*link = at;
	function->config[at] = id;
	function->config[at + 1] = 0;
	function->config[0x06] |= 0x10;
}

void fake_extended(struct fake_function *function, uint16_t at, uint16_t id)
{
	uint16_t last = 0x100;

	function->config_bytes = FAKE_CONFIG_BYTES;
	while (fake_get(function->config, last + 2, 2) >> 4)
		last = (uint16_t)(fake_get(function->config, last + 2, 2) >> 4);
	if (at != last)
		fake_put(function->config, last + 2, 1u | (uint32_t)at << 4, 2);
	fake_put(function->config, at, id, 2);
	fake_put(function->config, at + 2, 1, 2);
}

void fake_express(struct fake_function *function, bool flr)
{
	fake_capability(function, 0x40, 0x10);
	fake_put(function->config, 0x42, 0x0002, 2);
	fake_put(function->config, 0x44, flr ? 0x10000000 : 0, 4);
}

struct fake_attr *fake_attr(struct fake *fake, const struct fake_function *function,
			    const char *name, const char *text)
{
	struct fake_attr *attr = &fake->attrs[fake->n_attrs++];

	assert_true(fake->n_attrs <= FAKE_ATTRS);
	(void)pcireset_attr_path(function->address, name, attr->path);
	(void)snprintf(attr->text, sizeof(attr->text), "%s", text);
	return attr;
}

struct fake_attr *fake_resets(struct fake *fake, struct fake_function *function,
			      const char *methods)
{
	struct fake_attr *reset;

	(void)fake_attr(fake, function, "driver_override", "(null)");
	(void)fake_attr(fake, function, "reset_method", methods);
	reset = fake_attr(fake, function, "reset", "");
	reset->function = function;
	reset->blocks_us = 100000;
	return reset;
}

void fake_append(const char *root, const char *name, const char *text)
{
	char path[96];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", root, name);
	file = fopen(path, "a");
	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}
