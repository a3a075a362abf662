# SPDX-License-Identifier: GPL-2.0-only
# What can be done here: make help. What is built stands in Kbuild.

KDIR ?= /lib/modules/$(shell uname -r)/build
# Not kernelrelease: for 6.1 Debian's headers print another name than the folder's.
KREL  = $(or $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h 2>/dev/null),$(shell uname -r))

all: modules

modules: | $(KDIR)/Makefile
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

clean: | $(KDIR)/Makefile
	$(MAKE) -C $(KDIR) M=$(CURDIR) clean

install: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_DIR=updates modules_install
	depmod $(if $(INSTALL_MOD_PATH),-b $(INSTALL_MOD_PATH)) $(KREL)
	@$(if $(INSTALL_MOD_PATH),:,scripts/loaded.sh $(KREL))

uninstall:
	scripts/uninstall.sh $(KREL) $(INSTALL_MOD_PATH)
	@$(if $(INSTALL_MOD_PATH),:,scripts/loaded.sh $(KREL))

# What the modules are built from, for DKMS: the packages install it by this rule.
ISER_VERSION = $(shell scripts/version.sh)
dkms-source:
	install -d $(DESTDIR)/usr/src/iser-$(ISER_VERSION)
	find dkms.conf Kbuild Makefile LICENSE include proto core initiator target -type f \
		\( -name '*.[ch]' ! -name '*.mod.c' -o ! -name '*.*' -o -name dkms.conf \) \
		-exec install -D -m 644 -T {} $(DESTDIR)/usr/src/iser-$(ISER_VERSION)/{} \;
	install -D -m 755 -t $(DESTDIR)/usr/src/iser-$(ISER_VERSION)/scripts \
		scripts/initramfs.sh scripts/loaded.sh scripts/uninstall.sh

# A tarball of the commit: the same bytes for everyone, and without what is not committed.
dist:
	mkdir -p dist
	git -c safe.directory='*' -c tar.umask=0022 archive --prefix=iser-$(ISER_VERSION)/ HEAD | \
		gzip -9n >dist/iser-$(ISER_VERSION).tar.gz
	@echo dist/iser-$(ISER_VERSION).tar.gz

# From here on nothing needs the headers of the running kernel.
check:
	@scripts/check.sh

check-long:
	@scripts/check.sh --long

static:
	@scripts/static.sh

unit:
	@$(MAKE) --no-print-directory -C tests/unit check

mutants:
	@$(MAKE) --no-print-directory -C tests/unit mutants

vm:
	@tests/vm/run $(ARGS)

conform:
	@tests/conform/all $(ARGS)

bench:
	@tests/bench/run $(ARGS)

demo:
	@scripts/demo.sh

help:
	@sed -n 's/^#: //p' Makefile

$(KDIR)/Makefile:
	@echo "no kernel headers in $(KDIR)" >&2
	@echo "install them (apt-get install linux-headers-$$(uname -r))," >&2
	@echo "or name those of another kernel: make KDIR=/path/to/build" >&2
	@false

.PHONY: all modules clean install uninstall dkms-source dist check check-long static unit mutants vm conform bench demo help

#: make             build the three modules for the running kernel (KDIR=... for another)
#: make install     install them under updates/, where they come before the kernel's own
#:                  (INSTALL_MOD_PATH=... below another root)
#: make uninstall   remove them; the kernel's own modules take effect again
#:                  (INSTALL_MOD_PATH=... below another root)
#: make dkms-source /usr/src/iser-VERSION for DKMS (DESTDIR=... below another root)
#: make dist        dist/iser-VERSION.tar.gz of the commit
#: make -C tools    build iserctl, which finds mistakes of the configuration, shows and measures, and the
#:                  manuals of the modules (make -C tools install: below PREFIX=/usr/local)
#: make demo        two virtual machines, a target and an initiator, end to end
#: make check       all tests that belong to every change, on a fresh machine too
#: make check-long  every case on every machine, and the broken rules: hours
#: make static      only the static checks
#: make unit        only the unit tests; make mutants: whether they notice seeded faults
#: make vm          test cases in a virtual machine, ARGS="--kernel 6.1 --provider siw"
#: make conform     the conformance suite on both halves, ours and the kernel's
#: make bench       what an I/O costs, ours beside the kernel's, NVMe and TCP, ARGS="--short"
#: make clean       remove what was built in this folder
#:
#: The short loop of a change, see CONTRIBUTING.md:
#:   make KDIR=...                                compile
#:   tests/vm/run --machine uml-plain GROUP/CASE  one case in User-Mode Linux
#:   tests/vm/run --machine uml GROUP/CASE        the same under KASAN, lockdep and kmemleak
#:   tests/vm/run GROUP/CASE                      the same in QEMU, with two CPUs
#:   tests/vm/machine --out DIR 'COMMAND'         any command in a machine, e.g. to trace
