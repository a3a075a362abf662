#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: findings/qemu-cmpxchg16b.sh
#
# QEMU 7.2 without KVM computes wrong flags after CMPXCHG16B: the instruction
# changes ZF alone, but what the emulator takes for the other flags may be an operand
# of an earlier instruction, TF and NT included. A kernel whose slab allocator uses the
# instruction dies of it now and then: a debug trap, or garbage in EFLAGS. So the
# machines of this project are emulated with -cx16 (tests/vm/boot.sh), which Linux
# asks for before it uses the instruction.
#
# Debian's qemu-user-static of the version below is unpacked in a temporary folder and
# runs a program of a few lines. Exit code 1 if it does not print what was seen. Needs
# Debian 12 on x86-64, gcc and libc6-dev; a CPU that has the instruction.

set -eu
package=qemu-user-static version=1:7.2+dfsg-7+deb12u18+b3
case ${1:-} in -h | --help) sed -n '3,/^$/s/^# \{0,1\}//p' "$0"; exit ;; esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
apt-get -qq -o APT::Sandbox::User=root download $package=$version
dpkg-deb -x $package*.deb root
emulator=$work/root/usr/bin/qemu-x86_64-static

cat >flags.c <<'EOF'
#include <stdio.h>

int main(void)
{
	static unsigned long long pair[2] __attribute__((aligned(16))) = { 1, 2 };
	unsigned long long a = 1, d = 2, flags;

	/* The addition leaves all flags clear, the exchange sets ZF. */
	asm volatile("pushfq; popfq; jmp 1f; 1: mov $1, %%r9; add %4, %%r9;"
		     "lock cmpxchg16b %3; pushfq; pop %0"
		     : "=r"(flags), "+a"(a), "+d"(d), "+m"(pair)
		     : "r"(0x7f00ff00ff00), "b"(3ULL), "c"(4ULL) : "r9", "cc", "memory");
	printf("%#llx\n", flags);
	return 0;
}
EOF
gcc -O1 -static -o flags flags.c

wrong=0
# expect WHO WANTED COMMAND...
expect() {
	local got
	got=$("${@:3}" 2>&1) || true
	echo "flags, $1: $got"
	[ "$got" = "$2" ] || { echo "  not $2 as seen with $version"; wrong=1; }
}
"$emulator" --version | head -n 1
expect 'the CPU (right)' 0x242 ./flags
expect 'emulated (wrong)' 0xff00ff42 "$emulator" ./flags
expect 'emulated as Nehalem (wrong)' 0xff00ff42 "$emulator" -cpu Nehalem ./flags
exit $wrong
