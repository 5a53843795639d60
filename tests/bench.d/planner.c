/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * planner [--ratios]: how long scan, rules, topology and plan take on machines in
 * memory. Prints JSON for tests/bench; exit status 1 where a target is missed.
 *
 * Processor time of this process, each stage's best of several: what else runs on the
 * machine does not count. The machine's own registers cost nothing here: on a
 * real one, each read takes about a microsecond more.
 */
#include <linux/pci_regs.h>
#include <string.h>

#include "bench.h"
#include "flat_parts.h"
#include "quiesce.h"

#define ROUNDS 15
#define TARGET_MS 50
/* Four times the functions; half as much again for noise and caches. */
#define TARGET_GROWTH 6

static const size_t sizes[] = { 512, 1024, 2048, 4096 };

static unsigned int place(size_t bus, size_t slot)
{
	return (unsigned int)(bus << 8 | slot);
}

/* A PF with 15 VFs, on one bus by ARI. */
static size_t add_nic(struct flat *flat, uint32_t domain, size_t bus, size_t most)
{
	struct flat_function *f;
	size_t n = 1;

	f = flat_add_endpoint(flat, domain, place(bus, 0), 0x15728086, FLAT_NIC);
	f->methods = "flr bus";
	flat_put(f, FLAT_EXPRESS + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_FLR, 4);
	flat_put(f, FLAT_ACS, PCI_EXT_CAP_ID_ACS | 1 << 16 | FLAT_SRIOV << 20, 4);
	flat_put(f, FLAT_SRIOV, PCI_EXT_CAP_ID_SRIOV | 1 << 16, 4);
	flat_put(f, FLAT_SRIOV + PCI_SRIOV_CTRL, PCI_SRIOV_CTRL_VFE, 2);
	flat_put(f, FLAT_SRIOV + PCI_SRIOV_TOTAL_VF, 15, 2);
	flat_put(f, FLAT_SRIOV + PCI_SRIOV_NUM_VF, 15, 2);
	flat_put(f, FLAT_SRIOV + PCI_SRIOV_VF_OFFSET, 1, 2);
	flat_put(f, FLAT_SRIOV + PCI_SRIOV_VF_STRIDE, 1, 2);
	for (; n < 16 && n < most; n++) {
		f = flat_add_endpoint(flat, domain, place(bus, n), 0xffffffff, FLAT_NIC);
		f->methods = "flr";
		flat_put(f, FLAT_EXPRESS + PCI_EXP_DEVCAP, PCI_EXP_DEVCAP_FLR, 4);
	}
	return n;
}

/* Without a reset of their own: only the bus. */
static size_t add_disks(struct flat *flat, uint32_t domain, size_t bus, size_t most)
{
	size_t n = 0;

	for (; n < 2 && n < most; n++)
		flat_add_endpoint(flat, domain, place(bus, n), 0xa808144d, FLAT_DISK)->methods =
			n ? "" : "bus";
	return n;
}

/*
 * A root port with a switch: 14 downstream ports, each with a NIC and its VFs or
 * with two functions that only their bus resets. 17 buses, hence 15 a domain.
 */
static void add_switch(struct flat *flat, uint32_t domain, size_t k, size_t n)
{
	const unsigned int first = 1 + 17 * (unsigned int)k;

	(void)flat_add_port(flat, domain, place(0, k * 8), PCI_EXP_TYPE_ROOT_PORT, first,
			    first + 16);
	(void)flat_add_port(flat, domain, place(first, 0), PCI_EXP_TYPE_UPSTREAM, first + 1,
			    first + 15);
	for (unsigned int port = 0; port < 14 && flat->n + 1 < n; port++) {
		const unsigned int bus = first + 2 + port;

		(void)flat_add_port(flat, domain, place(first + 1, port * 8),
				    PCI_EXP_TYPE_DOWNSTREAM, bus, bus);
		if (port % 7 == 0)
			(void)add_nic(flat, domain, bus, n - flat->n);
		else
			(void)add_disks(flat, domain, bus, n - flat->n);
	}
}

static void make_machine(struct flat *flat, size_t n)
{
	for (size_t k = 0; flat->n < n; k++) {
		/* No room for a port and what is behind it. */
		if (n - flat->n < 4)
			(void)flat_add_endpoint(flat, 0xff, place(0, n - flat->n), 0x29c08086,
						0x06000000);
		else
			add_switch(flat, (uint32_t)(k / 3), k % 3, n);
	}
}

struct times {
	double scan_us;
	double topology_us;
	double plan_us;
	double all_us; /* with the rules, as the command plan does it */
};

static void run_once(struct quiesce_run *run, const struct pcireset_io *io, struct times *times)
{
	static const struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = -1 };
	double start;

	/* Nothing of this machine. */
	*run = (struct quiesce_run){
		.root = "/proc/self/fdinfo", .io = io, .log = &log, .dry_run = true
	};
	quiesce_config_defaults(&run->config);
	start = bench_cpu_us();
	bench_must(quiesce_pipeline_run(run) == 0 && run->steps, "there is no plan");
	times->all_us = bench_cpu_us() - start;
}

/* Return: how many functions get a reset. */
static size_t plan_once(const struct pcireset_io *io, size_t n, struct times *times)
{
	_cleanup_free_ struct pcireset_step *steps = NULL;
	struct pcireset_machine machine;
	struct quiesce_run run;
	double start, scanned, read;
	size_t n_resets = 0;

	run_once(&run, io, times);
	start = bench_cpu_us();
	bench_must(pcireset_scan(io, &machine) == 0 && machine.n == n,
		   "the machine was not scanned");
	scanned = bench_cpu_us();
	pcireset_topology_read(io, &machine);
	read = bench_cpu_us();
	bench_must(pcireset_plan_make(&machine, run.decisions, &steps) == 0, "out of memory");
	times->plan_us = bench_cpu_us() - read;
	times->topology_us = read - scanned;
	times->scan_us = scanned - start;

	for (size_t i = 0; i < n; i++)
		n_resets += steps[i].action == PCIRESET_RESET;
	pcireset_machine_free(&machine);
	quiesce_run_free(&run);
	return n_resets;
}

static double least(double a, double b)
{
	return a < b ? a : b;
}

static struct times best_of(size_t n, size_t *ret_resets)
{
	struct flat flat = { 0 };
	const struct pcireset_io *io;
	struct times best = { 0 }, times;

	make_machine(&flat, n);
	io = flat_open(&flat);
	bench_must(flat.n == n, "a machine of another size");
	for (size_t round = 0; round < ROUNDS; round++) {
		*ret_resets = plan_once(io, n, &times);
		if (round == 0)
			best = times;
		best.scan_us = least(best.scan_us, times.scan_us);
		best.topology_us = least(best.topology_us, times.topology_us);
		best.plan_us = least(best.plan_us, times.plan_us);
		best.all_us = least(best.all_us, times.all_us);
	}
	flat_free(&flat);
	return best;
}

static void print_size(size_t i, const struct times *t, size_t n_resets)
{
	(void)printf("%s{\"functions\":%zu,\"resets\":%zu,\"scan_ms\":%.3f,"
		     "\"topology_ms\":%.3f,\"plan_ms\":%.3f,\"all_ms\":%.3f}",
		     i ? ",\n" : "\n", sizes[i], n_resets, t->scan_us / 1000,
		     t->topology_us / 1000, t->plan_us / 1000, t->all_us / 1000);
}

int main(int argc, char **argv)
{
	const bool ratios = argc == 2 && strcmp(argv[1], "--ratios") == 0;
	struct times times[ARRAY_SIZE(sizes)];
	const struct times *small = &times[1], *large = &times[3];
	struct bench_targets targets = { 0 };
	size_t n_resets;

	if (argc > 1 && !ratios)
		return 2;
	(void)printf("{\"name\":\"planner\",\"rounds\":%d,\"rows\":[", ROUNDS);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		times[i] = best_of(sizes[i], &n_resets);
		/* Or it is fast since it does nothing. */
		bench_must(n_resets > sizes[i] / 3, "a plan with few resets");
		print_size(i, &times[i], n_resets);
	}
	(void)printf("],\n\"targets\":[");
	/* What is small in the sum has to be linear as well. */
	bench_target(&targets, "scan, growth from 1024 to 4096", large->scan_us / small->scan_us,
		     TARGET_GROWTH);
	bench_target(&targets, "topology, growth from 1024 to 4096",
		     large->topology_us / small->topology_us, TARGET_GROWTH);
	bench_target(&targets, "plan, growth from 1024 to 4096", large->plan_us / small->plan_us,
		     TARGET_GROWTH);
	bench_target(&targets, "all, growth from 1024 to 4096", large->all_us / small->all_us,
		     TARGET_GROWTH);
	/* How fast it is depends on the machine. */
	if (!ratios)
		bench_target(&targets, "ms for 4096 functions", large->all_us / 1000, TARGET_MS);
	(void)printf("]}\n");
	return targets.n_missed > 0;
}
