// SPDX-License-Identifier: GPL-2.0-only
/* Addresses of the internet, with port and zone. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "iserctl.h"

/*
 * An own parser, because getaddrinfo() asks DNS, takes forms such as 10.1, and refuses the
 * zone of a network device that does not exist.
 */
bool addr_parse(const char *text, struct addr *addr)
{
	char copy[128], *end, *port = NULL, *zone;
	unsigned long number = ISER_PORT;

	memset(addr, 0, sizeof(*addr));
	if (strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	text = copy;
	if (*copy == '[') {
		text = copy + 1;
		end = strchr(copy, ']');
		if (!end)
			return false;
		*end = 0;
		if (end[1] == ':')
			port = end + 2;
		else if (end[1])
			return false;
	} else if (strchr(copy, ':') && strchr(copy, ':') == strrchr(copy, ':')) {
		port = strchr(copy, ':');
		*port++ = 0;
	}
	if (port) {
		if (!*port || strspn(port, "0123456789") != strlen(port) || strlen(port) > 5)
			return false;
		number = strtoul(port, NULL, 10);
		if (!number || number > 65535)
			return false;
	}
	zone = strchr(copy, '%');
	if (zone) {
		*zone++ = 0;
		if (!*zone || strlen(zone) >= sizeof(addr->zone))
			return false;
		strcpy(addr->zone, zone);
	}
	addr->port = number;
	addr->family = strchr(text, ':') ? AF_INET6 : AF_INET;
	if (inet_pton(addr->family, text, addr->bytes) == 1 && (addr->family == AF_INET6 || !zone))
		return true;
	memset(addr, 0, sizeof(*addr));
	return false;
}

/* Compares neither ports nor, if one of them has none, zones. */
bool addr_same(const struct addr *a, const struct addr *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof(a->bytes)) &&
	       (!*a->zone || !*b->zone || !strcmp(a->zone, b->zone));
}

bool addr_any(const struct addr *addr)
{
	static const uint8_t none[16];

	return !memcmp(addr->bytes, none, sizeof(none));
}

bool addr_serves(const struct addr *listener, const struct addr *addr)
{
	return addr_same(listener, addr) ||
	       (listener->family == addr->family && addr_any(listener));
}

bool addr_local_link(const struct addr *addr)
{
	return addr->family == AF_INET6 && addr->bytes[0] == 0xfe &&
	       (addr->bytes[1] & 0xc0) == 0x80;
}

const char *addr_text(const struct addr *addr)
{
	char text[INET6_ADDRSTRLEN] = "none";

	if (addr->family)
		inet_ntop(addr->family, addr->bytes, text, sizeof(text));
	return format("%s%s%s", text, *addr->zone ? "%" : "", addr->zone);
}

const char *portal_text(const struct addr *addr)
{
	return format(addr->family == AF_INET6 ? "[%s]:%u" : "%s:%u", addr_text(addr), addr->port);
}
