/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The report: conf/report.schema.json says what is in it. */
#include <cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "iommu.h"
#include "manifest.h"
#include "report.h"

#define SCHEMA 1
/* A bus may hold thousands: the report must not grow with their square. */
#define REACHES_MAX 64
/* musl's own buffer is 1 KiB: a system call for each function, after every stage. */
#define WRITE_BYTES 16384

void quiesce_report_method(struct cJSON *object, const struct pcireset_step *step, bool is_reset)
{
	quiesce_json_string(object, "method", is_reset ? pcireset_method_word(step->method) : NULL);
	quiesce_json_string(object, "engine", is_reset ? pcireset_engine_word(step->engine) : NULL);
	quiesce_json_string(object, "engine_reason",
			    is_reset ? pcireset_engine_why_words(step->engine_why) : NULL);
}

const char *quiesce_reason(const struct quiesce_run *run, size_t i,
			   char words[QUIESCE_PROBLEM_BYTES])
{
	const struct pcireset_step *step = run->steps ? &run->steps[i] : NULL;
	const char *why = step ? pcireset_why_words(step->why) : NULL;

	/* There is no kernel to ask. */
	if (step && step->why == PCIRESET_WHY_OFFERED && run->io->is_dump)
		return "Linux would offer it";
	if (step && step->why == PCIRESET_WHY_NOTHING_OFFERED &&
	    step->engine_why != PCIRESET_ENGINE_WHY_NONE) {
		(void)snprintf(words, QUIESCE_PROBLEM_BYTES, "%s; its bus not by us: %s", why,
			       pcireset_engine_why_words(step->engine_why));
		return words;
	}
	return why ? why : run->grounds[i].reason;
}

static void add_step(struct cJSON *device, const struct quiesce_run *run, size_t i)
{
	const struct pcireset_step *step = run->steps ? &run->steps[i] : NULL;
	bool moves = step && step->action == PCIRESET_RESET;
	char via[PCIRESET_ADDRESS_BYTES], reason[QUIESCE_PROBLEM_BYTES];

	quiesce_json_string(device, "action",
		   pcireset_action_word(step ? step->action : run->decisions[i].action));
	quiesce_report_method(device, step, moves);
	quiesce_json_string(device, "via",
		   moves && step->via != PCIRESET_NONE ?
			   pcireset_address_format(run->machine.functions[step->via].address,
						   via) :
			   NULL);
	quiesce_json_string(device, "reason", quiesce_reason(run, i, reason));
	quiesce_json_string(device, "rule", run->grounds[i].rule);
}

static void add_reaches(struct cJSON *device, const struct quiesce_run *run, size_t i)
{
	struct cJSON *reaches = cJSON_AddArrayToObject(device, "reaches");
	size_t n = 0, n_listed = 0, n_others = 0;
	const size_t *members;

	if (run->steps)
		n = pcireset_reach_of(&run->machine, run->steps, &run->reach, i, &members);
	for (size_t k = 0; k < n && n_listed < REACHES_MAX; k++) {
		char address[PCIRESET_ADDRESS_BYTES];

		if (members[k] == i)
			continue;
		(void)pcireset_address_format(run->machine.functions[members[k]].address,
					      address);
		(void)cJSON_AddItemToArray(reaches, cJSON_CreateString(address));
		n_listed++;
	}
	/* It is one of them itself, wherever there are any. */
	if (n > 0)
		n_others = n - 1;
	(void)cJSON_AddNumberToObject(device, "reaches_more", (double)(n_others - n_listed));
}

static void add_forecast(struct cJSON *device, const struct quiesce_run *run, size_t i)
{
	const struct pcireset_function *f = &run->machine.functions[i];
	const struct pcireset_step *step = run->steps ? &run->steps[i] : NULL;

	quiesce_json_string(device, "expected",
			    step ? pcireset_verdict_word(step->expected) : NULL);
	if (step && step->action == PCIRESET_RESET)
		(void)cJSON_AddNumberToObject(device, "estimate_ms", step->estimate_ms);
	else
		(void)cJSON_AddNullToObject(device, "estimate_ms");
	add_reaches(device, run, i);
	(void)cJSON_AddBoolToObject(device, "unknown", f->is_unknown);
	(void)cJSON_AddNumberToObject(device, "vfs",
				      f->vfs > f->vfs_listed ? f->vfs - f->vfs_listed : 0);
}

/* Of its group; inherited is its own, since drivers replace theirs one by one. */
static void add_iommu(struct cJSON *device, const struct quiesce_run *run, size_t i)
{
	const struct quiesce_group *group = run->iommu ? quiesce_group_of(run->iommu, i) : NULL;
	struct cJSON *iommu = cJSON_AddObjectToObject(device, "iommu");
	enum pcireset_known inherited = group ? group->inherited : PCIRESET_UNKNOWN;

	if (run->machine.functions[i].iommu_group >= 0)
		(void)cJSON_AddNumberToObject(iommu, "group",
					      run->machine.functions[i].iommu_group);
	else
		(void)cJSON_AddNullToObject(iommu, "group");
	/* What appeared later has a group that was not asked. */
	if ((group && run->iommu->members[i].replaced) ||
	    (run->iommu && run->machine.functions[i].iommu_group < 0))
		inherited = PCIRESET_NO;
	quiesce_json_string(iommu, "type", group && group->type[0] ? group->type : NULL);
	quiesce_json_string(iommu, "inherited", quiesce_inherited_word(inherited));
	quiesce_json_string(iommu, "reinit", group ? quiesce_reinit_word(group->reinit) : NULL);
	quiesce_json_string(iommu, "reason", group && group->reason[0] ? group->reason : NULL);
}

/* Before that stage of a run it is a forecast, which is told of a plan only. */
static void add_containment(struct cJSON *device, const struct quiesce_run *run, size_t i)
{
	const struct quiesce_containment *c = run->containments ? &run->containments[i] : NULL;
	const bool is_told = c && c->way && (run->dry_run ||
					     run->outcomes[i].verdict == PCIRESET_CONTAINED);

	quiesce_json_string(device, "contain", is_told ? pcireset_contain_word(c->way) : NULL);
	quiesce_json_string(device, "contained_from",
			    is_told ? pcireset_verdict_word(c->instead_of) : NULL);
	if (is_told && run->dry_run)
		(void)cJSON_AddBoolToObject(device, "contain_unless_driver", c->may_be_spared);
	else
		(void)cJSON_AddNullToObject(device, "contain_unless_driver");
}

struct cJSON *quiesce_report_device(const struct quiesce_run *run, size_t i)
{
	const struct pcireset_function *f = &run->machine.functions[i];
	struct cJSON *device = cJSON_CreateObject();
	char address[PCIRESET_ADDRESS_BYTES], problem[QUIESCE_PROBLEM_BYTES];

	quiesce_json_string(device, "address", pcireset_address_format(f->address, address));
	quiesce_json_hex(device, "vendor", f->vendor, 4);
	quiesce_json_hex(device, "device", f->device, 4);
	quiesce_json_hex(device, "class", f->class_code, 6);
	add_step(device, run, i);
	add_forecast(device, run, i);
	quiesce_json_string(device, "verdict", pcireset_verdict_word(run->outcomes[i].verdict));
	quiesce_json_string(device, "problem", quiesce_problem(run, i, problem));
	add_containment(device, run, i);
	quiesce_report_evidence(device, run, i);
	quiesce_report_earlier(device, run, i);
	add_iommu(device, run, i);
	return device;
}

static void print_ms(FILE *out, const char *key, uint64_t us)
{
	if (us)
		(void)fprintf(out, "\"%s\":%llu.%03llu,", key, (unsigned long long)us / 1000,
			      (unsigned long long)us % 1000);
	else
		(void)fprintf(out, "\"%s\":null,", key);
}

static void print_forecast(const struct quiesce_run *run, FILE *out)
{
	size_t counts[PCIRESET_VERDICTS] = { 0 };

	if (!run->steps) {
		(void)fputs("\"estimate_ms\":null,\"expected\":null,", out);
		return;
	}

	for (size_t i = 0; i < run->machine.n; i++)
		counts[run->steps[i].expected]++;
	(void)fprintf(out, "\"estimate_ms\":%u,\"expected\":{", run->estimate_ms);
	for (unsigned int v = PCIRESET_VERDICT_NONE + 1; v < PCIRESET_VERDICTS; v++)
		(void)fprintf(out, "%s\"%s\":%zu", v > PCIRESET_VERDICT_NONE + 1 ? "," : "",
			      pcireset_verdict_word(v), counts[v]);
	(void)fputs("},", out);
}

static struct cJSON *make_device(const void *data, size_t row)
{
	const struct quiesce_run *run = data;

	return quiesce_report_device(run, run->shown ? run->shown[row] : row);
}

int quiesce_report_print(const struct quiesce_run *run, FILE *out)
{
	int r;

	(void)fprintf(out, "{\"schema\":%d,\"mode\":\"%s\",\"complete\":%s,\"level\":\"%s\",",
		      SCHEMA, run->dry_run ? "plan" : "run",
		      run->complete || (run->dry_run && run->steps) ? "true" : "false",
		      quiesce_level_word(run->config.level));
	if (run->silence_us)
		(void)fprintf(out, "\"silence_us\":%llu,\"fence_us\":%llu,",
			      (unsigned long long)run->silence_us,
			      (unsigned long long)run->fence_us);
	else
		(void)fputs("\"silence_us\":null,\"fence_us\":null,", out);
	print_ms(out, "total_ms", run->total_us);
	print_forecast(run, out);
	quiesce_modules_before_print(run, out);
	r = quiesce_manifest_report(run, out);
	if (r < 0)
		return r;
	quiesce_suspects_print(run, out);
	(void)fputs("\"devices\":[", out);

	r = quiesce_json_elements(out, run->shown ? run->n_shown : run->machine.n, make_device, run);
	if (r < 0)
		return r;
	(void)fputs("\n]}\n", out);
	return quiesce_flush(out);
}

static int open_beside(const struct quiesce_run *run, char *ret_path, size_t bytes, FILE **ret_out)
{
	char directory[512];
	int fd;

	(void)snprintf(directory, sizeof(directory), "%s/run/pci-quiesce", run->root);
	if (mkdir(directory, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (snprintf(ret_path, bytes, "%s/" QUIESCE_REPORT ".new", run->root) >= (int)bytes)
		return -ENAMETOOLONG;

	/* In /run of a booted system nobody else can have put a link there. */
	fd = open(ret_path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	*ret_out = fdopen(fd, "w");
	if (!*ret_out) {
		(void)close(fd);
		return -ENOMEM;
	}
	return 0;
}

void quiesce_report_keep(const char *root)
{
	char path[512], kept[512];

	if (snprintf(path, sizeof(path), "%s/" QUIESCE_REPORT, root) < (int)sizeof(path) &&
	    snprintf(kept, sizeof(kept), "%s/" QUIESCE_REPORT_KEPT, root) < (int)sizeof(kept) &&
	    access(kept, F_OK) < 0)
		(void)rename(path, kept);
}

int quiesce_report_write(const struct quiesce_run *run)
{
	char path[512], beside[520], buffer[WRITE_BYTES];
	_cleanup_fclose_ FILE *out = NULL;
	int r;

	if (snprintf(path, sizeof(path), "%s/" QUIESCE_REPORT, run->root) >= (int)sizeof(path))
		return -ENAMETOOLONG;
	r = open_beside(run, beside, sizeof(beside), &out);
	if (r < 0)
		return r;
	(void)setvbuf(out, buffer, _IOFBF, sizeof(buffer));

	r = quiesce_report_print(run, out);
	if (r == 0 && rename(beside, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlink(beside);
	return r;
}
