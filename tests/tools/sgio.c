// SPDX-License-Identifier: GPL-2.0-only
/*
 * sgio - send one SCSI command and print how it ended, as NAME=VALUE words.
 *
 * sgio [-t MILLISECONDS] DEVICE n|r|w LENGTH CDB-BYTE...
 *   n no data, r read LENGTH bytes, w write LENGTH bytes (of 0x5a)
 */
#include <fcntl.h>
#include <scsi/sg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned char cdb[32], sense[252], *data;
	struct sg_io_hdr hdr = { .interface_id = 'S', .timeout = 30000 };
	unsigned int i, length, used;
	int fd, opt;

	while ((opt = getopt(argc, argv, "+t:")) != -1) {
		if (opt != 't')
			return 2;
		hdr.timeout = strtoul(optarg, NULL, 0);
	}
	argv += optind;
	argc -= optind;
	if (argc < 9 || argc > 35) {
		fputs("usage: sgio [-t MILLISECONDS] DEVICE n|r|w LENGTH CDB-BYTE...\n",
		      stderr);
		return 2;
	}
	fd = open(argv[0], O_RDWR | O_NONBLOCK);
	if (fd < 0)		/* a write-protected disk */
		fd = open(argv[0], O_RDONLY | O_NONBLOCK);
	if (fd < 0) {
		perror(argv[0]);
		return 1;
	}
	length = strtoul(argv[2], NULL, 0);
	for (i = 3; argv[i]; i++)
		cdb[i - 3] = strtoul(argv[i], NULL, 16);
	if (posix_memalign((void **)&data, 4096, length + 4096))
		return 1;
	memset(data, 0x5a, length + 4096);

	hdr.cmdp = cdb;
	hdr.cmd_len = i - 3;
	hdr.sbp = sense;
	hdr.mx_sb_len = sizeof(sense);
	hdr.dxferp = data;
	hdr.dxfer_len = length;
	hdr.dxfer_direction = *argv[1] == 'r' ? SG_DXFER_FROM_DEV :
			      *argv[1] == 'w' ? SG_DXFER_TO_DEV : SG_DXFER_NONE;
	if (ioctl(fd, SG_IO, &hdr)) {
		perror("SG_IO");
		return 1;
	}
	/* Bytes that the command did not write are still 0x5a. */
	for (used = length; used && data[used - 1] == 0x5a; used--)
		;
	printf("status=%02x host=%02x driver=%02x resid=%d used=%u",
	       hdr.status, hdr.host_status, hdr.driver_status, hdr.resid, used);
	if (hdr.sb_len_wr > 13)
		printf(" key=%x asc=%02x%02x", sense[2] & 15, sense[12], sense[13]);
	printf(" data=");
	for (i = 0; i < length && i < 16; i++)
		printf("%02x", data[i]);
	putchar('\n');
	return 0;
}
