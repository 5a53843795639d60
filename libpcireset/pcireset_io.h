/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, and the door to the machine; pcireset.h includes it. */
#ifndef PCIRESET_IO_H
#define PCIRESET_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ------------------------------------------------------------ addresses */

/** Enough for "ffffffff:ff:1f.7" and the terminating NUL. */
#define PCIRESET_ADDRESS_BYTES 20

/**
 * struct pcireset_address - where a function is
 * @domain: PCI domain (segment); up to 32 bits, VMD uses 0x10000 and above
 * @bus: 0 to 255
 * @device: 0 to 31
 * @function: 0 to 7
 */
struct pcireset_address {
	uint32_t domain;
	uint8_t bus;
	uint8_t device;
	uint8_t function;
};

/**
 * pcireset_address_parse() - read "0000:01:00.0" or "01:00.0"
 * @text: address in lspci's notation, hexadecimal; the domain may be left out
 * @ret_address: the address
 *
 * Return: 0, or -EINVAL on any other text.
 */
int pcireset_address_parse(const char *text, struct pcireset_address *ret_address);

/**
 * pcireset_address_format() - write an address as sysfs names it
 * @address: the address
 * @buffer: PCIRESET_ADDRESS_BYTES bytes
 *
 * Return: @buffer.
 */
const char *pcireset_address_format(struct pcireset_address address, char *buffer);

/**
 * pcireset_address_compare() - order by domain, bus, device, function
 * @a: one address
 * @b: the other
 *
 * Return: negative, 0 or positive, as strcmp().
 */
int pcireset_address_compare(struct pcireset_address a, struct pcireset_address b);

/* ------------------------------------------------- the door to the machine */

/** enum pcireset_engine - who makes the reset */
enum pcireset_engine {
	PCIRESET_ENGINE_NONE,
	PCIRESET_ENGINE_DIRECT, /* our own configuration writes */
	PCIRESET_ENGINE_KERNEL,
	PCIRESET_ENGINES,
};

/**
 * struct pcireset_write - one write of a text to an attribute
 * @path: path below the root, without a leading slash
 * @text: what to write, in one write(2)
 * @otherwise: what to write where @text is -EINVAL, or NULL; not freed
 * @restores: made even when an earlier write of the same job failed
 */
struct pcireset_write {
	char *path;
	char *text;
	const char *otherwise;
	bool restores;
};

/**
 * struct pcireset_job - writes made in order, in the background
 * @writes: the writes; heap, with their strings; see pcireset_job_free()
 * @n_writes: how many
 * @engine: who started it
 * @owner: the starter's own number
 * @is_orphan: the starter has ended: nobody wants to know
 * @result: 0, or -errno of the first write that failed; set when it is over
 * @restore_result: the same for the writes marked @restores
 *
 * A job belongs to the door from a successful job_start() until job_wait()
 * returns it. One that never ends is never returned and never freed.
 */
struct pcireset_job {
	struct pcireset_write *writes;
	size_t n_writes;
	enum pcireset_engine engine;
	size_t owner;
	bool is_orphan;
	int result;
	int restore_result;
};

/**
 * pcireset_job_run() - make a job's writes; for those who build a door
 * @job: its results are set
 * @write: makes one write; -errno
 * @data: first argument of @write
 */
void pcireset_job_run(struct pcireset_job *job,
		      int (*write)(void *data, const char *path, const char *text), void *data);

/**
 * pcireset_job_free() - free a job, its writes and their strings
 * @job: may be NULL
 */
void pcireset_job_free(struct pcireset_job *job);

/**
 * struct pcireset_io - the machine as seen by the library
 * @scan: addresses of all functions that the kernel lists; heap, caller frees
 * @config_read: @bytes bytes of configuration space from @reg, little endian;
 *	-EIO where the kernel returns fewer
 * @config_write: the low @bytes (1, 2 or 4) bytes of @value to @reg;
 *	-EPERM under kernel lockdown
 * @attr_read: a file as text, cut at @bytes - 1, without its last newline
 * @attr_write: one write(2) of @text to an existing file
 * @link_read: last component of a symbolic link's target, cut at @bytes - 1
 * @job_start: begin @job; -EAGAIN when no more can be under way
 * @job_wait: wait until any job is over; -ETIMEDOUT at @deadline_us
 * @now_us: monotonic clock
 * @sleep_us: let time pass
 * @data: first argument of each
 * @is_dump: only configuration space can be read: nothing of sysfs is there
 *
 * Paths are relative to the root that the door was opened with.
 */
struct pcireset_io {
	int (*scan)(void *data, struct pcireset_address **ret_addresses, size_t *ret_n);
	int (*config_read)(void *data, struct pcireset_address address, uint16_t reg,
			   void *buffer, size_t bytes);
	int (*config_write)(void *data, struct pcireset_address address, uint16_t reg,
			    uint32_t value, size_t bytes);
	int (*attr_read)(void *data, const char *path, char *buffer, size_t bytes);
	int (*attr_write)(void *data, const char *path, const char *text);
	int (*link_read)(void *data, const char *path, char *buffer, size_t bytes);
	int (*job_start)(void *data, struct pcireset_job *job);
	int (*job_wait)(void *data, uint64_t deadline_us, struct pcireset_job **ret_job);
	uint64_t (*now_us)(void *data);
	void (*sleep_us)(void *data, uint64_t us);
	void *data;
	bool is_dump;
};

/** Jobs that the host's door has under way at most, stuck ones included. */
#define PCIRESET_JOBS_MAX 64

/**
 * pcireset_io_open() - open the door to a real machine, or to a copy of one
 * @root: directory that holds sys/; "/" for this machine
 * @ret_io: the door; pcireset_io_close() frees it
 *
 * Nothing is read or written before the first call through the door. At most
 * one door may be used at a time: libpci's error hook has no user data.
 *
 * Return: 0, -ENOMEM, -ENAMETOOLONG, or -errno of opening @root.
 */
int pcireset_io_open(const char *root, struct pcireset_io **ret_io);

/**
 * struct pcireset_dump_problem - why a dump cannot be used, or not all of it
 * @line: from 1; 0: the dump as a whole
 * @words: what is wrong, or NULL where it can be used
 * @n_cut: functions whose rows do not reach 64, 256 or 4096 bytes without a gap
 * @cut: the first of them, whose last row is @line
 */
struct pcireset_dump_problem {
	unsigned int line;
	const char *words;
	size_t n_cut;
	struct pcireset_address cut;
};

/**
 * pcireset_io_open_dump() - open the door to what "lspci -xxxx" printed
 * @text: the dump, decoded parts included; may be freed afterwards
 * @ret_problem: set with 0 and -EBADMSG
 * @ret_io: the door; pcireset_io_close() frees it
 *
 * What is behind a cut or a gap cannot be read, and its function's capabilities
 * are unknown. Every write through it fails with -EROFS, every file is missing.
 *
 * Return: 0, -EBADMSG, -ENOMEM, or -errno of memfd_create().
 */
int pcireset_io_open_dump(const char *text, struct pcireset_dump_problem *ret_problem,
			  struct pcireset_io **ret_io);

/**
 * pcireset_io_close() - close a door
 * @io: may be NULL
 *
 * Jobs that are still under way go on; their memory is left to them.
 */
void pcireset_io_close(struct pcireset_io *io);

/** Longest path of an attribute of one function, with its NUL. */
#define PCIRESET_PATH_BYTES 128

/**
 * pcireset_attr_path() - path of a function's sysfs attribute below the root
 * @address: the function
 * @name: the attribute's name, at most 64 bytes
 * @buffer: PCIRESET_PATH_BYTES bytes
 *
 * Return: @buffer.
 */
const char *pcireset_attr_path(struct pcireset_address address, const char *name,
			       char *buffer);

#endif
