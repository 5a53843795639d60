/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assignments in files that kdump's scripts source: sysconfig/kdump, default/kdump-tools. */
#include <errno.h>
#include <string.h>

#include "target.h"

/* One word of sh, quotes removed; a quoted line break is a blank. Return: what is behind it. */
static const char *copy_word(const char *text, char *to)
{
	char quote = '\0';

	for (; *text; text++) {
		if (!quote && strchr(" \t\r\n;#", *text))
			break;
		if (*text == quote)
			quote = '\0';
		else if (!quote && (*text == '"' || *text == '\''))
			quote = *text;
		else if (*text == '\\' && text[1] && quote != '\'')
			*to++ = *++text == '\n' ? ' ' : *text;
		else
			*to++ = *text == '\n' ? ' ' : *text;
	}
	*to = '\0';
	return text;
}

/* Behind "NAME=" or "NAME+=" at the start of a command, or NULL. */
static const char *value_at(const char *line, const char *name, bool *ret_adds)
{
	const size_t length = strlen(name);

	line += strspn(line, " \t");
	if (strncmp(line, "export", 6) == 0 && strchr(" \t", line[6]))
		line += 6 + strspn(line + 6, " \t");
	if (strncmp(line, name, length) != 0)
		return NULL;
	line += length;
	*ret_adds = line[0] == '+';
	line += *ret_adds;
	return line[0] == '=' ? line + 1 : NULL;
}

int quiesce_shell_variable(const char *text, const char *name, char **ret_value,
			   unsigned int *ret_line)
{
	_cleanup_free_ char *value = malloc(strlen(text) + 1);
	unsigned int line = 0, found = 0;
	const char *assigned, *end;
	bool adds;

	if (!value)
		return -ENOMEM;
	value[0] = '\0';
	for (const char *at = text; *at; at = end + (*end == '\n')) {
		line++;
		end = strchrnul(at, '\n');
		assigned = value_at(at, name, &adds);
		if (!assigned)
			continue;
		found = line;
		assigned = copy_word(assigned, adds ? strchr(value, '\0') : value);
		for (; end < assigned; end = strchrnul(end + 1, '\n'))
			line++;
	}
	if (!found)
		return -ENOENT;
	*ret_value = value;
	value = NULL;
	if (ret_line)
		*ret_line = found;
	return 0;
}
