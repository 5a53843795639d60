/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The list of writes that a job is. */
#include <errno.h>
#include <string.h>

#include "internal.h"

int pcireset_job_add(struct pcireset_job *job, const char *path, const char *text, bool restores)
{
	struct pcireset_write *writes;

	writes = reallocarray(job->writes, job->n_writes + 1, sizeof(*writes));
	if (!writes)
		return -ENOMEM;

	job->writes = writes;
	writes[job->n_writes] = (struct pcireset_write){
		.path = strdup(path),
		.text = strdup(text),
		.restores = restores,
	};
	job->n_writes++;
	if (!writes[job->n_writes - 1].path || !writes[job->n_writes - 1].text)
		return -ENOMEM;
	return 0;
}

void pcireset_job_run(struct pcireset_job *job,
		      int (*write)(void *data, const char *path, const char *text), void *data)
{
	for (size_t i = 0; i < job->n_writes; i++) {
		const struct pcireset_write *w = &job->writes[i];
		int *result = w->restores ? &job->restore_result : &job->result;
		int r;

		if (!w->restores && job->result < 0)
			continue;
		r = write(data, w->path, w->text);
		if (r == -EINVAL && w->otherwise)
			r = write(data, w->path, w->otherwise);
		if (r < 0 && *result == 0)
			*result = r;
	}
}

void pcireset_job_free(struct pcireset_job *job)
{
	if (!job)
		return;
	for (size_t i = 0; i < job->n_writes; i++) {
		free(job->writes[i].path);
		free(job->writes[i].text);
	}
	free(job->writes);
	free(job);
}
