/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Bytes as the configuration space of some functions, planned.
 *
 * The input is a row of records. With bit 7 of its first byte it is a new
 * function: bits 0 and 1 say how much of its space can be read, 2 to 4 which
 * rule it has, and 5 whether the bus below it can be reset; domain, bus, device
 * and function, and reset methods follow. Without that bit it is up to 16 bytes
 * of the function before: bits 0 to 3 and the next byte are the offset, the
 * byte behind is how many, less one.
 */
#include "fuzz.h"

#include <string.h>

#include "flat_io.h"

#define FUNCTIONS_MAX 64
/*
 * Behind the header 256 bytes have room for 48 capabilities, and the rest for 960
 * heads, with a few registers each: a walk that goes round would read more.
 */
#define READS_MAX 4096

struct input {
	const uint8_t *at;
	const uint8_t *end;
};

static uint8_t take(struct input *input)
{
	return input->at < input->end ? *input->at++ : 0;
}

static void take_function(struct flat *flat, uint8_t what, struct input *input, FILE *config)
{
	static const uint16_t sizes[] = { FLAT_CONFIG_BYTES, 64, 256, 128 };
	static const char *const actions[] = { NULL, "keep", "fence", "reset", "reset-sbr" };
	static const char *const methods[] = {
		NULL, "", "flr", "af", "pm", "bus", "flr bus", "device_specific acpi pm cxl_bus",
	};
	struct pcireset_address address = { .domain = take(input), .bus = take(input) };
	const uint8_t slot = take(input);
	struct flat_function *f;
	char text[PCIRESET_ADDRESS_BYTES];
	const char *action = actions[(what >> 2 & 7) % ARRAY_SIZE(actions)];

	address.device = slot >> 3;
	address.function = slot & 7;
	f = flat_add(flat, address);
	f->config_bytes = sizes[what & 3];
	f->has_reset_subordinate = what & 0x20;
	f->methods = methods[take(input) % ARRAY_SIZE(methods)];
	if (action)
		(void)fprintf(config, "%s = address %s\n", action,
			      pcireset_address_format(address, text));
}

static void take_bytes(struct flat_function *f, uint8_t what, struct input *input)
{
	const unsigned int reg = (what & 15u) << 8 | take(input);
	const unsigned int n = (take(input) & 15u) + 1;

	for (unsigned int i = 0; i < n; i++)
		flat_put(f, (reg + i) % FLAT_CONFIG_BYTES, take(input), 1);
}

/* Return: configuration text; heap. */
static char *take_machine(struct flat *flat, struct input *input)
{
	char *text = NULL;
	size_t bytes;
	FILE *config = open_memstream(&text, &bytes);

	fuzz_check(config, "out of memory");
	(void)fputs("[rules]\n", config);
	while (input->at < input->end) {
		const uint8_t what = take(input);

		if (what & 0x80 && flat->n < FUNCTIONS_MAX)
			take_function(flat, what, input, config);
		else if (flat->n > 0)
			take_bytes(&flat->functions[flat->n - 1], what, input);
	}
	(void)fclose(config);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = { data, data + size };
	struct flat flat = { 0 };
	_cleanup_free_ char *config = take_machine(&flat, &input);

	fuzz_plan(flat_open(&flat), config);
	for (size_t i = 0; i < flat.n; i++)
		fuzz_check(flat.functions[i].n_reads <= READS_MAX,
			   "configuration space is read again and again");
	flat_free(&flat);
	return 0;
}
