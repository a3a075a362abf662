#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: scripts/interface.py [TREE]

Compares the tables of Documentation/interface.md with what they are about: modules and
their parameters (name, mode, default, values), files of the transport class, tracepoints
with their fields, prefixes of log lines, names of workqueues, and files that are installed,
whose documents have to be the same in both packages. The parameters in
Documentation/install.md must be the same, with the same defaults. Prints what only one of
them has, or what differs; exit code 1 if there is anything.

The limits of a parameter are those in its macro, if they are numbers, and otherwise those
that tests/cases/module/parameters.sh expects.
"""

import os
import re
import sys

PAGE = "Documentation/interface.md"
INSTALL = "Documentation/install.md"
LIMITS = "tests/cases/module/parameters.sh"
MODULES = {"initiator": "ib_iser", "target": "ib_isert"}    # every other folder: iser_core
FOLDERS = ("include/iser", "proto", "core", "core/initiator", "core/target", "initiator", "target")
# What a line of the log begins with, and where the source says so.
PREFIXES = {
    "iser_core: target, peer ADDRESS on DEVICE:": ("core/log.c", 'KBUILD_MODNAME ": target, "'),
    "iser_core: initiator, peer ADDRESS on DEVICE:":
        ("core/log.c", 'KBUILD_MODNAME ": initiator, "'),
    "ib_isert: peer ADDRESS:": ("core/log.c", '"%speer %s%s%s: %pV\\n"'),
    "ib_iser: peer ADDRESS:": ("include/iser/log.h", 'KBUILD_MODNAME ": ", NULL, fmt'),
    "iser_core: portal ADDRESS:": ("core/target/listen.c", '"portal %s: '),
    "iser_core: N lines about": ("core/log.c", 'KBUILD_MODNAME ": %u lines %s were left out'),
}

STRING = r'"(?:\\.|[^"\\])*"'
LIMITED = re.compile(r"^ISER_PARAM\((\w+),\s*(\w+),\s*([^,]+),\s*([^,]+),\s*(\d+)\);", re.M)
PLAIN = re.compile(r"^module_param\((\w+),\s*(\w+),\s*(\d+)\);", re.M)
NAMED = re.compile(r"^module_param_named\((\w+),\s*(\w+),\s*(\w+),\s*(\d+)\);", re.M)
BACK = re.compile(r"^module_param_cb\((\w+),\s*&\w+,\s*&(\w+),\s*(\d+)\);", re.M)
ANY = re.compile(r"^(?:ISER_PARAM|module_param\w*|core_param\w*)\((\w+)", re.M)
DESCRIBED = re.compile(r"^MODULE_PARM_DESC\((\w+),\s*((?:" + STRING + r"\s*)+)\);", re.M)
EVENT = re.compile(r"^(TRACE_EVENT|DECLARE_EVENT_CLASS|DEFINE_EVENT)\((\w+),\s*(\w+)?(.*?)^\);",
                   re.M | re.S)
FIELD = re.compile(r"__(?:field|array|string|dynamic_array)\([^,]*,\s*(\w+)")
VISIBLE = re.compile(r"^static umode_t \w*attr_is_visible\(.*?^\}", re.M | re.S)

bad = []


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def sources():
    """Yields the module and the text of each source, without macros and comments."""
    for folder in FOLDERS:
        for name in sorted(os.listdir(folder) if os.path.isdir(folder) else []):
            if name.endswith((".c", ".h")):
                text = re.sub(r"/\*.*?\*/", "", read(f"{folder}/{name}"), flags=re.S)
                text = re.sub(r"^[ \t]*#define(?:.*\\\n)*.*", "", text, flags=re.M)
                yield MODULES.get(folder, "iser_core"), text


def default(text, variable, described):
    """The value that a variable begins with, as its file shows it, or None."""
    found = re.search(rf"^(?:static )?([\w ]+?) {variable}(?: = (?:\{{ )?(\w+).*?)?;", text, re.M)
    if not found:
        return described
    kind, value = found.groups()
    if value is None:
        value = "false" if kind == "bool" else "0"
    if not re.fullmatch(r"\d+|true|false", value):
        return described        # a constant: the description says which number
    value = {"true": "Y", "false": "N"}.get(value, value)
    if described not in (None, value):
        bad.append(f"{variable} begins with {value}, and its description says {described}")
    return value


def limits():
    """What the test of the limits expects: (module, parameter): values."""
    text = read(LIMITS) if os.path.exists(LIMITS) else ""
    found = {(m, p): v for m, p, v in re.findall(r"^refused (\w+) (\w+) ['\"]([^'\"]*)['\"]", text,
                                                 re.M)}
    found.update({("iser_core", p): v for p, v in
                  re.findall(r"parameter (\w+) takes (\d+ to \d+)", text)})
    return found


def parameters():
    """(module, parameter): (mode, default, values or None)"""
    found, tested = {}, limits()
    for module, text in sources():
        said = {}
        for name, description in DESCRIBED.findall(text):
            number = re.search(r"\(default:? (\w+)\)", description)
            said[name] = number and number.group(1)

        def add(name, variable, mode, values=None):
            value = default(text, variable, said.get(name))
            found[module, name] = (mode, value, values)

        for name, variable, least, most, mode in LIMITED.findall(text):
            values = f"{least} to {most}"
            if not re.fullmatch(r"\d+ to \d+", values):
                values = tested.get((module, name))
                if values is None:
                    bad.append(f"{LIMITS} has no limits of {module}'s {name}")
                elif "$" in values:
                    values = None
            add(name, variable, mode, values)
        for name, kind, mode in PLAIN.findall(text):
            add(name, name, mode, "Y, N" if kind == "bool" else None)
        for name, variable, kind, mode in NAMED.findall(text):
            add(name, variable, mode, "Y, N" if kind == "bool" else None)
        for name, variable, mode in BACK.findall(text):
            add(name, variable, mode)
        for name in ANY.findall(text):
            if (module, name) not in found:
                bad.append(f"{module}: this script does not understand the parameter {name}")
    return found


def tracepoints():
    classes, found = {}, {}
    path = "core/trace.h"
    for kind, name, second, body in EVENT.findall(read(path) if os.path.exists(path) else ""):
        fields = tuple(FIELD.findall(body))
        if kind == "DECLARE_EVENT_CLASS":
            classes[name] = fields
        elif kind == "DEFINE_EVENT":
            found[second] = classes.get(name, ())
        else:
            found[name] = fields
    return found


def class_files():
    text = "".join(text for module, text in sources() if module == "ib_iser")
    return {name for body in VISIBLE.findall(text)
            for name in re.findall(r"case (ISCSI_\w*PARAM_\w+):", body)}


def installed():
    """The files that make and the packages install, as far as a list names them."""
    def lines(path):
        text = read(path) if os.path.exists(path) else ""
        return [line for line in text.split("\n") if line and not line.startswith("#")]

    found = set()
    for name in modules():
        found.add(f"/lib/modules/KERNEL/updates/{name}.ko")
        found.add(f"/lib/modules/KERNEL/updates/dkms/{name}.ko")
    spec = "packaging/iser.spec"
    for package in ("iser-dkms", "iser-utils"):
        documents = set(lines(f"debian/{package}.docs")) | set(re.findall(
            rf"^\tinstall -m 644 (\S+) debian/{package}/usr/share/doc/", "\n".join(
                lines("debian/rules")), re.M))
        files = "\n".join(lines(spec)).partition(f"%files -n {package}\n")[2].partition("\n%files")
        compare(f"document of the RPM {package}", documents, {
            name for line in files[0].split("\n") if line.startswith("%doc ")
            for name in line.split()[1:]}, spec)
        for path in documents:
            found.add(f"/usr/share/doc/{package}/" + os.path.basename(path))
    for line in lines("debian/iser-dkms.install"):
        source, to = line.split()
        for folder, _, names in os.walk(source):
            below = os.path.relpath(folder, os.path.dirname(source))
            found.update(f"/{to}/{below}/{name}" for name in names)
    for name in re.findall(r"scripts/\w+\.sh(?= |$)", "\n".join(
            re.findall(r"/scripts \\\n((?:.*\\\n)*.*)", "\n".join(lines("Makefile"))))):
        found.add("/usr/src/iser-VERSION/" + name)
    for name in re.findall(r'^\tinstall .*"\$\(DESTDIR\)\$\(PREFIX\)(/[^"]*)"',
                           "\n".join(lines("tools/Makefile")), re.M):
        found.add("PREFIX" + name)
    return found


def workqueues():
    return {name for _, text in sources()
            for name in re.findall(r'alloc_(?:ordered_)?workqueue\(\s*"([^"]+)"', text)}


def workqueues_on_page():
    found = re.search(r"^\* \*\*Names of workqueues and threads\*\*:(.*?)^\*", read(PAGE), re.M | re.S)
    return set(code(found[1])) if found else set()


def modules():
    text = read("Kbuild") if os.path.exists("Kbuild") else ""
    return {name[:-2] for line in re.findall(r"^obj-m := (.*)", text, re.M)
            for name in line.split()}


def aliases():
    return {alias for _, text in sources() for alias in re.findall(r"^MODULE_ALIAS\w*\(.*\)", text,
                                                                   re.M)}


def tables(path):
    """Yields (last heading or line "`NAME`:", head of the table, cells) for each row."""
    title = head = None
    for line in read(path).split("\n"):
        if not line.startswith("|"):
            head = None
            found = re.match(r"(?:#+ )?`?([\w ]+)`?:?$", line)
            if found and (line.startswith("#") or line.endswith(":")):
                title = found.group(1)
        elif head is None:
            head = [cell.strip() for cell in line.strip("|").split(" | ")]
        elif not line.startswith("|---"):
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            yield title, head, cells


def code(cell):
    return re.findall(r"`([^`]*)`", cell)


def on_page():
    """What interface.md has, by the first head of its tables."""
    found = {"parameter": {}, "tracepoint": {}, "file of the class": set(), "module": set(),
             "line begins with": set(), "installed file": set()}
    for title, head, cells in tables(PAGE):
        names = code(cells[0])
        if head[0] not in found or not names:
            continue
        if head[0] == "parameter":
            found["parameter"][title, names[0]] = tuple(cells[1:4])
        elif head[0] == "tracepoint":
            found["tracepoint"][names[0]] = tuple(code(cells[1]))
        elif head[0] == "file of the class":
            found[head[0]].update(code(cells[1]))
        else:
            found[head[0]].update(names)
    return found


def compare(what, source, page, where=PAGE):
    for name in sorted(set(source) - set(page)):
        bad.append(f"not in {where}: {what} {name}")
    for name in sorted(set(page) - set(source)):
        bad.append(f"in {where}, and nowhere else: {what} {name}")


def check_parameters(source, page):
    compare("parameter", {" ".join(key) for key in source}, {" ".join(key) for key in page})
    for key in sorted(set(source) & set(page)):
        for what, there, here in zip(("mode", "default", "values"), source[key], page[key]):
            if there is None and what == "default":
                bad.append(f"{' '.join(key)}: the source does not say its default")
            elif there not in (None, here):
                bad.append(f"{PAGE}: {what} of {' '.join(key)} is {there}, not {here}")
    listed = {}
    for title, head, cells in tables(INSTALL) if os.path.exists(INSTALL) else ():
        if head[:2] == ["parameter", "default"]:
            for name, value in zip(code(cells[0]), cells[1].split(", ")):
                listed[title, name] = value
    compare("parameter", {" ".join(key) for key in source}, {" ".join(key) for key in listed},
            INSTALL)
    for key in sorted(set(source) & set(listed)):
        if source[key][1] not in (None, listed[key]):
            bad.append(f"{INSTALL}: the default of {' '.join(key)} is {source[key][1]},"
                       f" not {listed[key]}")


def main():
    if len(sys.argv) > 2 or sys.argv[1:] and sys.argv[1].startswith("-"):
        print(__doc__.strip())
        return 0 if sys.argv[1] in ("-h", "--help") else 2
    os.chdir(sys.argv[1] if sys.argv[1:] else os.path.dirname(os.path.dirname(
        os.path.abspath(__file__))))
    page, source = on_page(), parameters()
    if not source:
        bad.append("no parameters found")
    check_parameters(source, page["parameter"])
    events = tracepoints()
    compare("tracepoint", events, page["tracepoint"])
    for name in sorted(set(events) & set(page["tracepoint"])):
        if events[name] != page["tracepoint"][name]:
            bad.append(f"{PAGE}: the fields of {name} are {', '.join(events[name])}")
    compare("file of the transport class", class_files(), page["file of the class"])
    compare("module", modules(), page["module"])
    compare("installed file", installed(), page["installed file"])
    compare("workqueue", workqueues(), workqueues_on_page())
    for alias in sorted(aliases()):
        bad.append(f"{PAGE} says that there are no aliases of modules, and there is {alias}")
    compare("beginning of log lines", PREFIXES, page["line begins with"])
    for prefix, (path, text) in PREFIXES.items():
        if not os.path.exists(path) or text not in read(path):
            bad.append(f"{path}: no line begins with \"{prefix}\" any longer")
    print("\n".join(bad), end="\n" if bad else "")
    return 1 if bad else 0


sys.exit(main())
