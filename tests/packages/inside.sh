#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# usage: tests/packages/inside.sh FIRST SECOND
#
# The part of tests/packages.sh that runs in the root of a Debian release, which it
# changes. FIRST is a kernel that is installed there, /kernels has the files of SECOND.
# Prints "ok TEXT" and "not ok TEXT", lines that say what it does, and at its end "end".

set -euo pipefail
cd /packages/tree
first=$1 second=$2
version=$(scripts/version.sh)
export DEBIAN_FRONTEND=noninteractive
# Debian's headers then take objects of an earlier run from the cache of the compiler.
export DEBIAN_KERNEL_USE_CCACHE=1 CCACHE_DIR=/ccache CCACHE_MAXSIZE=500M

check() { # TEXT COMMAND...
	local text=$1 code=0
	shift
	# In the background, because in a condition it would run without "set -e".
	(set -e; "$@") >/packages/log 2>&1 </dev/null &
	wait $! || code=$?
	if [ $code = 0 ]; then
		echo "ok $text"
	else
		tail -n 30 /packages/log
		echo "not ok $text"
	fi
}

# build TREE OUT [SETTING...]: builds the packages for Debian and the RPMs
build() {
	local tree=$1 out=$2
	shift 2
	rm -rf "${tree:?}" "$out"
	mkdir -p "$(dirname "$tree")" "$out/rpm"
	cp -r /packages/tree "$tree"
	(cd "$tree" && env "$@" dpkg-buildpackage -us -uc)
	mv "$(dirname "$tree")"/iser*.* "$out"
	# Sorted, so that the RPM is of the same sources: make dist takes only what is committed.
	tar -C /packages --sort=name --transform "s,^tree,iser-$version," -czf "$out/rpm/iser-$version.tar.gz" tree
	# Elsewhere rpmbuild strips programs and compresses manuals. In Debian it does not: the
	# scripts for that are for a /bin/sh that is bash. Nothing is left for a package of what
	# was stripped, which Debian 13's takes for an error.
	env "$@" rpmbuild -tb --nodeps --define "_topdir $out/rpm" \
		--define 'build_ldflags -s' --define 'debug_package %{nil}' \
		--define '__brp_compress bash /usr/lib/rpm/brp-compress' \
		"$out/rpm/iser-$version.tar.gz"
	mv "$out"/rpm/RPMS/*/*.rpm "$out"
	rm -r "$out/rpm"
}

equal() {
	(cd /packages/one && sha256sum -- *.deb *.dsc *.tar.* *.rpm) >/packages/sums
	cat /packages/sums
	cd /packages/two && sha256sum -c /packages/sums
}

# unpack PACKAGE: into /packages/deb and /packages/rpm
unpack() {
	rm -rf /packages/deb /packages/rpm
	mkdir -p /packages/deb /packages/rpm
	dpkg-deb -x "$(echo "/packages/one/$1"_*.deb)" /packages/deb
	(cd /packages/rpm && rpm2cpio "/packages/one/$1"-[0-9]*.rpm | cpio -idm)
}

# same_sources: whether deb and RPM have the same files for DKMS, with the same bytes
same_sources() {
	unpack iser-dkms
	diff -r /packages/deb/usr/src /packages/rpm/usr/src
	diff <(cd /packages/deb/usr/src && find . -printf '%p %m\n' | sort) \
		<(cd /packages/rpm/usr/src && find . -printf '%p %m\n' | sort)
	[ -e "/packages/deb/usr/src/iser-$version/target/main.c" ]
}

# same_utils: whether deb and RPM have the same command, manuals and documents. The
# command is compiled with other flags, and each has a form for changes and licence.
same_utils() {
	local of dir
	unpack iser-utils
	for of in deb rpm; do
		dir=/packages/$of
		mv "$dir"/usr/share/doc/iser-utils* "$dir/documents"
		rm -rf "$dir"/documents/{changelog.gz,copyright} "$dir"/usr/{share/licenses,lib/.build-id}
		find "$dir" -name '*.gz' -exec gunzip {} +
		"$dir/usr/sbin/iserctl" --help >"$dir/usr/sbin/iserctl.help"
		readelf -d "$dir/usr/sbin/iserctl" | grep NEEDED >"$dir/usr/sbin/iserctl.needs"
		(cd "$dir" && find . -type f -printf '%p %m\n' | sort) | tee "/packages/files-$of"
		rm "$dir/usr/sbin/iserctl"
		find "$dir" -type d -empty -delete
	done
	diff /packages/files-{deb,rpm}
	diff -r /packages/{deb,rpm}
	cmp /packages/deb/documents/status.schema.json Documentation/status.schema.json
}

# as_documented: whether the deb and make -C tools install have those files of the command
# that the document names, and no others
as_documented() {
	local page=Documentation/interface.md
	unpack iser-utils
	grep -oE '`(PREFIX|/usr/share/doc/iser-utils)/[^`]*`' $page | tr -d '`' | sed s,^PREFIX,/usr, | sort -u \
		>/packages/files-page
	(cd /packages/deb && find . -type f ! -name copyright ! -name 'changelog*' -printf '/%P\n') | sed 's,\.gz$,,' | sort |
		diff /packages/files-page -
	make -C tools BUILD=/packages install DESTDIR=/packages/made
	(cd /packages/made && find . -type f -printf '/%P\n') | sed s,^/usr/local,/usr, | sort |
		diff <(grep -vE '/(iserctl|CHANGELOG)\.md$' /packages/files-page) -
}

# partly: whether those parts of a distribution that build only what depends on the
# architecture, or the rest, can do so
partly() {
	local kind=$1 package=$2
	rm -rf /tmp/partly
	mkdir -p /tmp/partly
	cp -r /packages/tree /tmp/partly/iser
	(cd /tmp/partly/iser && dpkg-buildpackage -us -uc "$kind")
	ls /tmp/partly/*.deb
	cmp "$(echo /tmp/partly/"$package"_*.deb)" "$(echo /packages/one/"$package"_*.deb)"
	[ "$(find /tmp/partly -maxdepth 1 -name '*.deb' ! -name '*-dbgsym_*' | wc -l)" = 1 ]
}

# Each release has another version of Debian's policy in mind.
clean_lintian() {
	lintian --allow-root --display-info --fail-on error,warning,info \
		--suppress-tags out-of-date-standards-version,newer-standards-version /packages/one/iser_*.changes
}

# Not each filter is needed by each version of rpmlint, which calls that an error.
clean_rpmlint() {
	rpmlint --strict -r packaging/iser.rpmlintrc /packages/one/iser-*.rpm >/packages/rpmlint || true
	cat /packages/rpmlint
	grep -q ' packages and .* checked; ' /packages/rpmlint
	! grep ': [EW]: ' /packages/rpmlint | grep -v ': unused-rpmlintrc-filter '
}

echo "builds the packages of version $version, twice"
check 'the packages are built' build /tmp/iser /packages/one
check 'and again' build /var/tmp/elsewhere/iser /packages/two TZ=Pacific/Auckland LC_ALL=C
check 'both have the same bytes' equal
echo 'runs lintian and rpmlint'
check 'lintian reports nothing' clean_lintian
check 'rpmlint reports nothing' clean_rpmlint
check 'deb and RPM have the same sources' same_sources
check 'and the same command, manuals and documents' same_utils
check 'these are the documented files' as_documented
check 'iser-utils is built alone' partly -B iser-utils
check 'iser-dkms is built alone' partly -A iser-dkms

# From here on this is a machine that runs FIRST: DKMS builds for the running kernel.
mv /usr/bin/uname /usr/bin/uname.real
printf '#!/bin/sh\ncase "$*" in -r) echo %s ;; *) exec uname.real "$@" ;; esac\n' "$first" \
	>/usr/bin/uname
chmod +x /usr/bin/uname

apt() { apt-get -q -y --no-install-recommends "$@"; }

# lacks REGEX TEXT: whether no line of the text matches
lacks() { [ -z "$(grep -E "$1" <<<"$2" || true)" ]; }

# takes ours|own RELEASE...: whether modprobe takes both halves and the core from DKMS, or the
# kernel's own halves
takes() {
	local whose=$1 release half files
	shift
	for release; do
		for half in iser isert; do
			files=$(modprobe -S "$release" --show-depends "ib_$half")
			echo "$files"
			if [ "$whose" = ours ]; then
				grep "^insmod /lib/modules/$release/updates/dkms/ib_$half\.ko" <<<"$files"
				grep "^insmod /lib/modules/$release/updates/dkms/iser_core\.ko" <<<"$files"
			else
				grep "^insmod /lib/modules/$release/kernel/drivers/infiniband/ulp/$half/ib_$half\.ko" <<<"$files"
				lacks iser_core "$files"
			fi
		done
	done
}

# are_of VERSION RELEASE...: whether modprobe and the initramfs have this version of ours
are_of() {
	local version=$1 release file dir
	shift
	for release; do
		dir=$(mktemp -d)
		unmkinitramfs "/boot/initrd.img-$release" "$dir"
		for m in iser_core ib_iser; do
			file=$(find "$dir" -name "$m.ko*")
			echo "$release: $m of $(modinfo -F version -k "$release" "$m"), in the initramfs ${file#"$dir"}"
			[ "$(modinfo -F version -k "$release" "$m")" = "$version" ]
			[ "$(modinfo -F srcversion "$file")" = "$(modinfo -F srcversion -k "$release" "$m")" ]
		done
		rm -r "$dir"
	done
}

# initramfs_own RELEASE...: whether the initramfs has the kernel's ib_iser, and nothing of ours
initramfs_own() {
	local release content
	for release; do
		content=$(lsinitramfs "/boot/initrd.img-$release" | grep iser)
		echo "$content"
		grep '/kernel/drivers/infiniband/ulp/iser/ib_iser\.ko' <<<"$content"
		lacks '/updates/|iser_core' "$content"
	done
}

# two_copies: whether those of DKMS are taken where updates/ has modules of the same
# names. Without a rule the order of directories would decide, which on a tmpfs is that in
# which they were made.
two_copies() {
	local order dir folder m
	for order in 'updates/dkms updates' 'updates updates/dkms'; do
		dir=$(mktemp -d)/lib/modules/$first
		for folder in $order; do
			mkdir -p "$dir/$folder"
			cp /lib/modules/"$first"/updates/dkms/*.ko* "$dir/$folder/"
		done
		touch "$dir"/modules.{order,builtin,builtin.modinfo}
		depmod -b "${dir%/lib/*}" "$first"
		for m in iser_core ib_iser ib_isert; do
			modinfo -b "${dir%/lib/*}" -k "$first" -n $m | tee /dev/stderr | grep /updates/dkms/
		done
	done
}

# lost_copy: whether loaded.sh names a module of "make install" that is not taken
lost_copy() {
	local dir=/lib/modules/$first/updates
	cp "$dir"/dkms/ib_iser.ko* "$dir/"
	depmod "$first"
	takes ours "$first"
	scripts/loaded.sh | tee /dev/stderr | grep "not taken: $dir/ib_iser\.ko"
	rm "$dir"/ib_iser.ko*
	depmod "$first"
}

# skipped RELEASE CODE CONFIG...: whether DKMS leaves out a kernel of this version and
# configuration instead of failing, which would stop apt
skipped() {
	local release=$1 number=$2 build=/lib/modules/$1/build code=0
	shift 2
	mkdir -p "$build/include/generated/uapi/linux"
	printf '%s=y\n' "$@" >"$build/.config"
	printf '#define %s\n' "LINUX_VERSION_CODE $number" \
		'KERNEL_VERSION(a, b, c) (((a) << 16) + ((b) << 8) + (c))' \
		>"$build/include/generated/uapi/linux/version.h"
	dkms build -m iser -v "$version" -k "$release" || code=$?
	rm -r "${build%/build}"
	[ $code = 77 ]
}

# next_version TREE: a version of the package that is built in a moment, because its
# modules do nothing
next_version() {
	local tree=$1
	rm -rf "$tree"
	mkdir -p "${tree%/*}"
	cp -r /packages/tree "$tree"
	cd "$tree"
	scripts/version.sh --set "$next"
	scripts/version.sh --check
	rm {core,initiator,target}/*.c
	cat >Kbuild <<-'END'
		ccflags-y := -I$(if $(KBUILD_EXTMOD),$(KBUILD_EXTMOD),$(src))/include
		obj-m := iser_core.o ib_iser.o ib_isert.o
		iser_core-y := core/none.o
		ib_iser-y := initiator/none.o
		ib_isert-y := target/none.o
	END
	cat >core/none.c <<-'END'
		#include <linux/module.h>
		#include <iser/version.h>
		int iser_none(void);
		int iser_none(void) { return 0; }
		EXPORT_SYMBOL_GPL(iser_none);
		MODULE_LICENSE("GPL");
		MODULE_DESCRIPTION("nothing");
		MODULE_VERSION(ISER_RELEASE);
	END
	cat >initiator/none.c <<-'END'
		#include <linux/module.h>
		#include <iser/version.h>
		int iser_none(void);
		static int __init none(void) { return iser_none(); }
		module_init(none);
		MODULE_LICENSE("GPL");
		MODULE_DESCRIPTION("nothing");
		MODULE_VERSION(ISER_RELEASE);
	END
	cp initiator/none.c target/
	dpkg-buildpackage -us -uc -b
}

# our_files: what the package may have left; the key with which DKMS signs is the machine's
our_files() {
	find / -xdev \( -path /proc -o -path /dev -o -path /tmp -o -path /var/tmp -o -path /packages -o -path /ccache \
		-o -path '/usr/lib/modules/*/kernel' -o -path '/usr/src/linux-*' -o -path '/var/lib/dkms/mok.*' \) -prune -o \
		! -path '*/reiser*' \( -path '*iser*' -o -path '/usr/lib/modules/*/updates*' -o -path '/var/lib/dkms/*' \) -print
}

removed() {
	local package
	for package; do
		if dpkg-query -W "$package"; then return 1; fi
	done
	diff /packages/files-before <(our_files)
}

# described: whether the manuals have the parameters of the modules that DKMS has built, and
# no others
described() {
	local m
	for m in iser_core ib_iser ib_isert; do
		modinfo -k "$first" -F parm $m | cut -d: -f1 | sort >/packages/parameters
		[ -s /packages/parameters ]
		MANWIDTH=80 man 4 $m | sed -n '/^PARAMETERS/,/^[A-Z]/s/^ \{4,8\}\([a-z_]\{1,\}\)\( \{1,\}mode .*\)\{0,1\}$/\1/p' |
			sort | diff /packages/parameters -
	done
}

# no_start: the packages have nothing that is loaded at boot, copied into an initramfs or
# set for modprobe. rdma-core loads ib_iser and leaves ib_isert to LIO, which loads it for a
# portal; open-iscsi's hook copies ib_iser.
no_start() {
	local package
	for package in iser-dkms iser-utils; do
		lacks '/(modules-load\.d|modprobe\.d|initramfs-tools|dracut|systemd|udev|init\.d)/|^/etc/' "$(dpkg -L $package)"
	done
	grep -x ib_iser /etc/rdma/modules/rdma.conf
	grep -x '# ib_isert' /etc/rdma/modules/rdma.conf
	grep -w ib_iser /usr/share/initramfs-tools/hooks/iscsi
}

# upgraded: whether nothing of the version before is left
upgraded() {
	lacks "iser-$version(/|\$)|dkms/iser/$version(/|\$)" "$(our_files)"
}

# Debian 12's rpm installs nothing in Debian without this option, which Debian 13's lacks.
anyway=(--force-debian)
rpm --help | grep -qe --force-debian || anyway=()

rpm_scripts() {
	rpm -i --nodeps "${anyway[@]}" /packages/one/iser-dkms-*.rpm
	dkms status
	takes ours "$first"
	rpm -e --nodeps "${anyway[@]}" iser-dkms
	takes own "$first"
	[ ! -e "/usr/src/iser-$version" ] && [ ! -e "/var/lib/dkms/iser/$version" ]
}

rpm_utils() {
	rpm -i --nodeps "${anyway[@]}" /packages/one/iser-utils-[0-9]*.rpm
	iserctl --help
	man -w 4 ib_iser
	rpm -e --nodeps "${anyway[@]}" iser-utils
	diff /packages/files-before <(our_files)
}

our_files >/packages/files-before
check 'iser-utils is installed alone' apt install /packages/one/iser-utils_*.deb
check 'its autopkgtest passes' debian/tests/utils
check 'it is removed' apt remove iser-utils
check 'nothing of it is left' removed iser-utils
check "without the package the kernel's own modules are taken" takes own "$first"
check 'and are in the initramfs' initramfs_own "$first"
echo "installs the package: DKMS compiles for $first"
check 'the package is installed' apt install /packages/one/iser-dkms_*.deb /packages/one/iser-utils_*.deb
check 'ours are taken' takes ours "$first"
check 'and are in the initramfs' are_of "$version" "$first"
check 'autopkgtest passes' debian/tests/modules
check 'the manuals have the parameters of the modules' described
check 'nothing is loaded at boot' no_start
check 'those of DKMS are taken if updates/ has others' two_copies
config=(CONFIG_INFINIBAND_ADDR_TRANS CONFIG_ISCSI_TCP CONFIG_ISCSI_TARGET)
check 'loaded.sh names the others' lost_copy
check 'a kernel of an older series is skipped' skipped 5.10.0-30-amd64 $((0x050a00)) "${config[@]}"
check 'an older kernel of the series is skipped' skipped 6.1.0-18-amd64 $((0x06014c)) "${config[@]}"
check 'a kernel without LIO is skipped' skipped 6.99.0-amd64 $((0x066300)) "${config[@]:0:2}"
echo "installs the second kernel: DKMS compiles for $second"
check 'a second kernel is installed' apt install /kernels/*.deb
check 'ours are taken for both' takes ours "$first" "$second"
check 'and are in both initramfs' are_of "$version" "$first" "$second"
echo 'upgrades the package'
next=$version.1
check 'the next version is built' next_version /tmp/next/iser
check 'it is installed' apt install "/tmp/next/iser-dkms_${next}_all.deb" /tmp/next/iser-utils_"$next"_*.deb
check 'it is taken, also in both initramfs' are_of "$next" "$first" "$second"
check 'nothing of the version before is left' upgraded
check 'iserctl runs' debian/tests/utils
echo 'removes and purges the package'
check 'the packages are removed' apt remove iser-dkms iser-utils
check "the kernel's own modules are taken" takes own "$first" "$second"
check 'and are in both initramfs' initramfs_own "$first" "$second"
check 'nothing is left' removed iser-dkms iser-utils
# apt knows no package that is in none of its lists.
check 'the packages are purged' dpkg --purge iser-dkms iser-utils
check 'nothing is left then either' removed iser-dkms iser-utils
echo "runs the scripts of the RPM, with DKMS of this release"
check 'the RPM is installed and removed' rpm_scripts
check 'and that of the command' rpm_utils
echo end
