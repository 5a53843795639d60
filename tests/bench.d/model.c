/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * model: the pipeline from scan to verdicts on machines in memory, with a clock
 * that only accesses and resets move on. Prints JSON for tests/bench; exit status 1
 * where a target is missed.
 *
 * Its times do not depend on where it runs, but for the processor time of our own
 * code, each best of several. What the kernel itself reads and writes around a
 * reset that it makes costs nothing here, nor does a file of sysfs.
 */
#include <linux/pci_regs.h>
#include <string.h>

#include "bench.h"
#include "flat_live.h"
#include "model_machine.h"
#include "quiesce.h"
#include "report.h"

#define ROUNDS 5

#define SILENCE_US_EACH 25.0
#define QUIESCE_US_EACH 120.0
#define READS_MAX	80
#define WRITES_MAX	30
#define FENCE_CPU_US	50
/* Four times the functions; half as much again for noise and caches. */
#define GROWTH_MAX	6

static const size_t sizes[] = { 8, 16, 32, 64, 128, 256, 512, 1024 };

/* PCI Local Bus Specification 3.0, 4.3.2: 2^25 clocks; and 100 ms of PCI Express, 6.6.1. */
#define CONVENTIONAL_WAIT_US 1100000

static const char *const engine_words[] = { "auto", "direct", "kernel" };
#define ENGINES ARRAY_SIZE(engine_words)

struct result {
	size_t n;
	enum model_machine machine;
	size_t engine; /* index of its word, as in enum pcireset_engine */
	size_t n_resets;
	size_t n_whole; /* functions whose whole bus it resets, a conventional one */
	uint64_t silence_us;
	uint64_t total_us;
	size_t reads_max; /* of one function that had FLR */
	size_t writes_max;
	double fence_cpu_us;
	double total_cpu_us;
	double report_cpu_us; /* one of those that come after each stage */
};

/* One pass, and what is told of it. */
struct pass {
	struct quiesce_run run;
	struct flat_live live;
	double fence_cpu_us;
	struct pcireset_journal journal; /* as PID 1 provides it: it outlives the worker */
};

static void on_stage(void *data, enum quiesce_stage stage)
{
	struct pass *pass = data;

	if (stage == QUIESCE_STAGE_FENCE)
		pass->fence_cpu_us = bench_cpu_us();
	pass->live.phase = stage + 1;
}

/* Or it is fast since it does less than it should. */
static void check(const struct pass *pass, const struct flat *before, size_t engine,
		  struct result *result)
{
	const struct flat *flat = &pass->live.flat;

	bench_must(pass->live.n_early == 0, "a function was accessed during its own reset");
	bench_must(pass->run.n_bad == 0, "a function is lost or failed");
	for (size_t i = 0; i < flat->n; i++) {
		const struct flat_function *f = &flat->functions[i];
		const struct pcireset_step *step = &pass->run.steps[i];
		const bool is_direct = step->engine == PCIRESET_ENGINE_DIRECT;

		memcpy(before->functions[i].config + PCI_COMMAND, f->config + PCI_COMMAND, 2);
		bench_must(memcmp(before->functions[i].config, f->config, sizeof(f->config)) == 0,
			   "a register is not restored");
		if (step->action != PCIRESET_RESET)
			continue;
		result->n_resets++;
		bench_must(!(f->config[PCI_COMMAND] & PCI_COMMAND_MASTER), "a Bus Master is on");
		bench_must(pass->run.outcomes[i].verdict ==
				   (is_direct ? PCIRESET_VERIFIED : PCIRESET_COMPLETED),
			   "a function is not reset");
		bench_must(is_direct == (engine == PCIRESET_ENGINE_DIRECT ||
					 (engine != PCIRESET_ENGINE_KERNEL && f->device_control)),
			   "a reset is made by the wrong engine");
		result->n_whole += step->whole_bus;
		if (!f->device_control)
			continue;
		if (f->n_dwords_read > result->reads_max)
			result->reads_max = f->n_dwords_read;
		if (f->n_writes > result->writes_max)
			result->writes_max = f->n_writes;
	}
	bench_must(result->n_resets > flat->n / 3, "a plan with few resets");
}

static double report_cpu_us(const struct quiesce_run *run)
{
	_cleanup_fclose_ FILE *nowhere = fopen("/dev/null", "we");
	const double start = bench_cpu_us();

	bench_must(nowhere && quiesce_report_print(run, nowhere) == 0, "no report");
	return (bench_cpu_us() - start) / (double)run->machine.n;
}

static void run_pass(struct pass *pass, struct result *result)
{
	static const struct quiesce_log log = { .kmsg_fd = -1, .stderr_max = -1 };
	struct quiesce_run *run = &pass->run;
	struct flat before = { 0 };
	double start;

	model_machine_make(&pass->live.flat, result->machine, result->n);
	model_machine_make(&before, result->machine, result->n);
	(void)flat_open(&before);
	pass->journal.capacity = result->n;
	pass->journal.entries = calloc(result->n, sizeof(*pass->journal.entries));
	bench_must(pass->journal.entries, "out of memory");
	/* Nothing of this machine; without the report, which comes after each stage. */
	*run = (struct quiesce_run){
		.root = "/proc/self/fdinfo",
		.io = flat_live_open(&pass->live),
		.log = &log,
		.is_addition = true,
		.journal = &pass->journal,
		.on_stage = on_stage,
		.on_stage_data = pass,
		.deadline_us = UINT64_MAX,
	};
	bench_must(pass->live.flat.n == result->n, "a machine of another size");
	quiesce_config_defaults(&run->config);
	run->config.engine = (enum pcireset_engine)result->engine;

	start = bench_cpu_us();
	bench_must(pcireset_scan(run->io, &run->machine) == 0 && quiesce_pipeline_silence(run) == 0,
		   "the pipeline failed");
	result->total_cpu_us = (bench_cpu_us() - start) / (double)result->n;
	result->fence_cpu_us = (pass->fence_cpu_us - start) / (double)result->n;
	result->silence_us = run->silence_us;
	result->total_us = run->total_us;
	result->report_cpu_us = report_cpu_us(run);
	check(pass, &before, result->engine, result);
	flat_free(&before);
}

static void end_pass(struct pass *pass)
{
	quiesce_run_free(&pass->run);
	flat_free(&pass->live.flat);
	free(pass->journal.entries);
	free(pass);
}

static void keep_least(double *least, double value)
{
	if (value < *least)
		*least = value;
}

/* The last pass is left to whoever wants to look at it, and frees it. */
static struct pass *measure(struct result *result)
{
	const struct result question = *result;
	struct pass *pass = NULL;

	for (size_t round = 0; round < ROUNDS; round++) {
		struct result now = question;

		if (pass)
			end_pass(pass);
		pass = calloc(1, sizeof(*pass));
		bench_must(pass, "out of memory");
		run_pass(pass, &now);
		if (round > 0) {
			keep_least(&now.fence_cpu_us, result->fence_cpu_us);
			keep_least(&now.total_cpu_us, result->total_cpu_us);
			keep_least(&now.report_cpu_us, result->report_cpu_us);
		}
		*result = now;
	}
	return pass;
}

/*
 * Of a function and, where one is reset, of a conventional bus: once, however many. Who
 * resets a bus directly waits for Trhfa and Tpvrh, whether its functions need that or not.
 */
static double resets_ms(const struct result *r)
{
	const bool is_direct = r->engine == PCIRESET_ENGINE_DIRECT;
	const double bus_us = is_direct ? FLAT_HOLD_US + CONVENTIONAL_WAIT_US : FLAT_CONVENTIONAL_US;

	return (FLAT_FLR_US + (r->n_whole ? bus_us : 0)) / 1000.0;
}

static double most_ms(const struct result *r)
{
	return resets_ms(r) + QUIESCE_US_EACH * (double)r->n / 1000;
}

/* Resets by the kernel alone have no target: they come one after the other below a port. */
static bool has_target(const struct result *r)
{
	return r->engine != PCIRESET_ENGINE_KERNEL;
}

static void print_row(const struct result *r, bool is_first)
{
	(void)printf("%s{\"machine\":\"%s\",\"engine\":\"%s\",\"functions\":%zu,\"resets\":%zu,"
		     "\"silence_us\":%llu,\"silence_most_us\":%g,\"quiesce_ms\":%.3f,"
		     "\"reads\":%zu,\"writes\":%zu,\"fence_cpu_us\":%.2f,\"cpu_us\":%.2f,\"report_"
		     "cpu_us\":%.2f",
		     is_first ? "\n" : ",\n", model_machine_word(r->machine),
		     engine_words[r->engine], r->n, r->n_resets, (unsigned long long)r->silence_us,
		     SILENCE_US_EACH * (double)r->n, (double)r->total_us / 1000, r->reads_max,
		     r->writes_max, r->fence_cpu_us, r->total_cpu_us, r->report_cpu_us);
	if (has_target(r))
		(void)printf(",\"quiesce_most_ms\":%g", most_ms(r));
	(void)printf("}");
}

/* Of each function that had FLR, on average: where the accesses go. */
static void print_profile(const struct pass *pass, const struct result *result)
{
	static const char *const phases[] = { "fence", "plan", "reset", "verify" };
	bool is_first = true;

	(void)printf(
		"],\n\"details\":{\"accesses of a function, reads+writes, %s, %zu functions\":[",
		engine_words[result->engine], result->n);
	for (size_t dword = 0; dword < FLAT_DWORDS; dword++) {
		char name[32];
		size_t sum = 0;

		for (size_t k = 0; k < ARRAY_SIZE(phases); k++)
			sum += pass->live.accesses[k][dword].reads +
			       pass->live.accesses[k][dword].writes;
		if (sum == 0)
			continue;
		(void)printf("%s{\"register\":\"%s\"", is_first ? "\n" : ",\n",
			     model_register_word((unsigned int)dword * 4, name, sizeof(name)));
		is_first = false;
		for (size_t k = 0; k < ARRAY_SIZE(phases); k++)
			(void)printf(",\"%s\":\"%.2g+%.2g\"", phases[k],
				     (double)pass->live.accesses[k][dword].reads /
					     (double)result->n_resets,
				     (double)pass->live.accesses[k][dword].writes /
					     (double)result->n_resets);
		(void)printf("}");
	}
	(void)printf("]}");
}

/* The worst of all sizes. */
struct worst {
	double silence_us_each;
	double quiesce_us_each;
	double reads;
	double writes;
	double fence_cpu_us;
	double growth;
};

static void keep_worst(double *worst, double value)
{
	if (value > *worst)
		*worst = value;
}

static void judge(const struct result *r, struct worst *worst)
{
	keep_worst(&worst->silence_us_each, (double)r->silence_us / (double)r->n);
	keep_worst(&worst->fence_cpu_us, r->fence_cpu_us);
	if (!has_target(r))
		return;
	keep_worst(&worst->quiesce_us_each,
		   ((double)r->total_us - resets_ms(r) * 1000) / (double)r->n);
	keep_worst(&worst->reads, (double)r->reads_max);
	keep_worst(&worst->writes, (double)r->writes_max);
}

static int print_targets(const struct worst *worst)
{
	struct bench_targets targets = { 0 };

	(void)printf(",\n\"targets\":[");
	bench_target(&targets, "us to silence, a function", worst->silence_us_each,
		     SILENCE_US_EACH);
	bench_target(&targets,
		     "us beyond one reset time a kind, a function, engines direct and auto",
		     worst->quiesce_us_each, QUIESCE_US_EACH);
	bench_target(&targets, "dword reads of a function with FLR", worst->reads, READS_MAX);
	bench_target(&targets, "writes of a function with FLR", worst->writes, WRITES_MAX);
	bench_target(&targets, "us of our own processor time to silence, a function",
		     worst->fence_cpu_us, FENCE_CPU_US);
	bench_target(&targets, "our own processor time, growth from 256 to 1024", worst->growth,
		     GROWTH_MAX);
	(void)printf("]}\n");
	return targets.n_missed > 0;
}

static struct pass *run_series(enum model_machine machine, size_t engine, struct result *result,
			       struct worst *worst)
{
	double cpu_us[ARRAY_SIZE(sizes)];
	struct pass *pass = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (pass)
			end_pass(pass);
		*result = (struct result){ .n = sizes[i], .machine = machine, .engine = engine };
		pass = measure(result);
		print_row(result, machine == 0 && engine == 0 && i == 0);
		judge(result, worst);
		cpu_us[i] = result->total_cpu_us * (double)result->n;
	}
	/* For each reset that it makes, the kernel engine looks at all functions. */
	if (has_target(result) && machine == MODEL_FLR)
		keep_worst(&worst->growth,
			   cpu_us[ARRAY_SIZE(sizes) - 1] / cpu_us[ARRAY_SIZE(sizes) - 3]);
	return pass;
}

int main(void)
{
	struct worst worst = { .quiesce_us_each = -1e9 };
	struct result result, profiled = { 0 };
	struct pass *profile = NULL;

	(void)printf("{\"name\":\"model clock: 1 us a dword, 100 ms an FLR, 1 s a conventional "
		     "bus\",\n\"charts\":["
		     "{\"title\":\"Model clock, whole quiesce\",\"x\":\"functions\","
		     "\"y\":\"quiesce_ms\",\"panel\":\"machine\",\"limit\":\"quiesce_most_ms\"},\n"
		     "{\"title\":\"Model clock, silence\",\"x\":\"functions\",\"y\":\"silence_us\","
		     "\"limit\":\"silence_most_us\",\"where\":{\"engine\":\"auto\"}}],\n"
		     "\"rows\":[");
	for (unsigned int machine = 0; machine < MODEL_MACHINES; machine++) {
		for (size_t engine = 0; engine < ENGINES; engine++) {
			struct pass *pass = run_series(machine, engine, &result, &worst);

			if (machine == MODEL_FLR && engine == PCIRESET_ENGINE_DIRECT) {
				profile = pass;
				profiled = result;
			} else {
				end_pass(pass);
			}
		}
	}
	print_profile(profile, &profiled);
	end_pass(profile);
	return print_targets(&worst);
}
