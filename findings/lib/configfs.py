# SPDX-License-Identifier: GPL-2.0-only
# usage: configfs.py FOLDER SCRIPT [ARGUMENT...]
#
# Runs a Python script to which FOLDER is the configfs of LIO's iSCSI targets: a folder
# that the script makes there has files and folders at once, and removing it removes these.
# If IN_VAIN names one of the files, it cannot be written.
import os
import runpy
import sys

FOLDER = sys.argv[1]
# What LIO has in the folder of iSCSI, in a portal group and in a portal, as far as rtslib
# asks for it; "/" ends a folder.
ISCSI = ["discovery_auth/"] + ["discovery_auth/" + name for name in (
    "enforce_discovery_auth", "userid", "password", "userid_mutual", "password_mutual")]
GROUP = ["enable", "attrib/", "param/", "auth/", "lun/", "np/", "acls/"]
PORTAL = ["iser", "cxgbit"]
mkdir, rmdir = os.mkdir, os.rmdir


def entries(parent, name):
    if os.path.basename(parent) == "np":
        return PORTAL
    if name.startswith("tpgt_"):
        return GROUP
    return ISCSI if name == "iscsi" else []


def make(path, *mode, **at):
    mkdir(path, *mode, **at)
    parent, name = os.path.split(str(path))
    if not parent.startswith(FOLDER):
        return
    for entry in entries(parent, name):
        entry = os.path.join(path, entry)
        if entry.endswith("/"):
            mkdir(entry)
            continue
        with open(entry, "w") as file:
            file.write("0\n")
        if os.path.basename(entry) == os.environ.get("IN_VAIN"):
            os.chmod(entry, 0o400)


def remove(path, **at):
    if str(path).startswith(FOLDER):
        for parent, folders, files in os.walk(path, topdown=False):
            for name in files:
                os.unlink(os.path.join(parent, name))
            for name in folders:
                rmdir(os.path.join(parent, name))
    rmdir(path, **at)


os.mkdir, os.rmdir = make, remove
del sys.argv[:2]
runpy.run_path(sys.argv[0], run_name="__main__")
