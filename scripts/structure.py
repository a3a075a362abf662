#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: scripts/structure.py [--check | --write]

Shows the structure of the modules, read from their sources alone: the folders
with the headers that they include of each other and the functions that they
call, the circles of files that call each other, and the largest parts.

--write puts the drawing of the folders into Documentation/design.md.
--check fails when the drawing there is another one, and when a folder includes
or calls what it must not.
"""

import difflib
import os
import re
import sys
from collections import defaultdict

TREE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DESIGN = "Documentation/design.md"
BEGIN = "<!-- drawn by scripts/structure.py -->"
END = "<!-- end of the drawing -->"

# From top to bottom, and what a folder may include of the others, and call.
ROWS = (("initiator", "target"), ("core", "core/initiator", "core/target"),
        ("proto",), ("include/iser",))
FOLDERS = [folder for row in ROWS for folder in row]
CORE = {"core", "core/initiator", "core/target"}
MAY_INCLUDE = {
    "initiator": set(), "target": set(), "proto": set(), "include/iser": set(),
    **{folder: CORE | {"proto"} for folder in CORE},
}
MAY_CALL = {
    "initiator": CORE | {"proto"}, "target": CORE | {"proto"}, "proto": set(),
    **{folder: CORE | {"proto"} for folder in CORE},
}
# The headers from elsewhere that a folder must not include; proto: none at all.
LIBISCSI = r"scsi/(libiscsi|scsi_transport_iscsi)"
FOREIGN = {
    "initiator": r"rdma/|target/", "target": r"rdma/|" + LIBISCSI,
    "proto": r"", "include/iser": r"rdma/|scsi/|target/",
    **{folder: r"target/|" + LIBISCSI for folder in CORE},
}

HEAD = re.compile(r"^(?!#)(?P<type>[A-Za-z_][\w\s*]*?[\s*])(?P<name>\w+)\((?P<args>[^;{}]*)\)"
                  r"[^;{}()=]*\n\{\n", re.M)
MACRO = re.compile(r"^#define (?P<name>\w+)\([^)]*\)(?P<body>(?:.*\\\n)*.*)", re.M)
INCLUDE = re.compile(r'^#\s*include\s*(?P<mark>[<"])(?P<path>[^>"]+)[>"]', re.M)
CALL = re.compile(r"\b([A-Za-z_]\w*)\s*\(")


def blank(found):
    """What a comment or string is replaced with: lines keep their numbers."""
    if found.group().startswith("/"):
        return re.sub(r"[^\n]", " ", found.group())
    return '""'


class Source:
    """A file, its functions and its includes."""

    def __init__(self, path):
        self.path = path
        self.folder = os.path.dirname(path)
        with open(path, encoding="utf-8") as file:
            text = file.read()
        self.lines = text.count("\n")
        self.includes = [(i["mark"], i["path"]) for i in INCLUDE.finditer(text)]
        text = re.sub(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])'",
                      blank, text, flags=re.S)
        # name: (static, lines, names that it calls)
        self.functions = {}
        for head in HEAD.finditer(text):
            end = text.index("\n}", head.end() - 1) + 2
            body = text[head.end():end]
            static = bool(re.search(r"\bstatic\b", head["type"]))
            lines = text.count("\n", head.start(), end) + 1
            self.functions[head["name"]] = (static, lines, CALL.findall(body))
        self.macros = {m["name"]: CALL.findall(m["body"]) for m in MACRO.finditer(text)}


class Structure:
    """All sources, and who uses whom."""

    def __init__(self):
        self.sources = {}
        for folder in FOLDERS:
            for name in sorted(os.listdir(folder)):
                if name.endswith((".c", ".h")):
                    path = f"{folder}/{name}"
                    self.sources[path] = Source(path)
        self.units = [s for s in self.sources.values() if s.path.endswith(".c")]
        self.headers = [s for s in self.sources.values() if s.path.endswith(".h")]
        self.owner = {name: s.path for s in self.units
                      for name, (static, _, _) in s.functions.items() if not static}
        # Inline functions and macros: who uses one calls what it calls.
        self.inline = defaultdict(list)
        for source in self.headers:
            for name, calls in source.macros.items():
                self.inline[name] += calls
            for name, (_, _, calls) in source.functions.items():
                self.inline[name] += calls
        self.included = defaultdict(set)    # folders: headers
        self.calls = defaultdict(set)       # folders: functions
        self.edges = defaultdict(set)       # file: files whose functions it calls
        self.leaks = []
        for source in self.sources.values():
            self.look_at_includes(source)
        for source in self.units:
            self.look_at_calls(source)

    def own(self, source, mark, path):
        """The file of the tree that an include names, or None."""
        places = [source.folder] if mark == '"' else []
        for place in places + ["include"]:
            found = os.path.normpath(os.path.join(place, path))
            if os.path.exists(found):
                return found
        return None

    def look_at_includes(self, source):
        for mark, path in source.includes:
            found = self.own(source, mark, path)
            folder = os.path.dirname(found) if found else None
            if folder in FOLDERS:
                if folder == source.folder:
                    continue
                self.included[source.folder, folder].add(found)
                if folder not in MAY_INCLUDE[source.folder] | {"include/iser"}:
                    self.leaks.append(f"{source.path} includes {found}")
            elif re.match(FOREIGN[source.folder], path):
                self.leaks.append(f"{source.path} includes <{path}>")

    def callees(self, source):
        """The functions of other files that a file calls."""
        seen = set()
        todo = [name for _, _, calls in source.functions.values() for name in calls]
        todo += [name for calls in source.macros.values() for name in calls]
        while todo:
            name = todo.pop()
            if name in seen or name in source.functions:
                continue
            seen.add(name)
            todo += self.inline.get(name, [])
        return {name for name in seen if name in self.owner}

    def look_at_calls(self, source):
        for name in sorted(self.callees(source)):
            path = self.owner[name]
            folder = os.path.dirname(path)
            self.edges[source.path].add(path)
            if folder == source.folder:
                continue
            self.calls[source.folder, folder].add(name)
            if folder not in MAY_CALL[source.folder]:
                self.leaks.append(f"{source.path} calls {name}() of {path}")

    def circles(self, across=False):
        """Files that call each other, directly or by others: of a folder, or of all."""
        reach = {}
        for unit in self.units:
            seen, todo = set(), [unit.path]
            while todo:
                for path in self.edges[todo.pop()] - seen:
                    if across or os.path.dirname(path) == unit.folder:
                        seen.add(path)
                        todo.append(path)
            reach[unit.path] = seen
        found = {tuple(sorted(b for b in reach if a in reach[b] and b in reach[a]))
                 for a in reach}
        return sorted(circle for circle in found if len(circle) > 1)

    def box(self, folder, width):
        units = sum(s.folder == folder for s in self.units)
        headers = sum(s.folder == folder for s in self.headers)
        kind = f"{units} .c" if units else f"{headers} .h"
        lines = [f"{folder + '/':<{width - len(kind)}}{kind}"]
        for other in FOLDERS:
            headers = len(self.included[folder, other])
            calls = len(self.calls[folder, other])
            if headers or calls:
                arrow = f"--> {other}/"
                lines.append(f"{arrow:<{width - 8}}{headers or '-':>4}{calls or '-':>4}")
        return lines

    def drawing(self):
        width = 29
        lines = []
        for row in ROWS:
            boxes = [self.box(folder, width) for folder in row]
            high = max(len(box) for box in boxes)
            bar = "  ".join("+" + "-" * (width + 2) + "+" for _ in boxes)
            if lines:
                lines.append(" " * (width // 2 + 1) + "|")
                lines.append(" " * (width // 2 + 1) + "v")
            lines.append(bar)
            for i in range(high):
                lines.append("  ".join(f"| {box[i] if i < len(box) else '':<{width}} |"
                                       for box in boxes))
            lines.append(bar)
        return [("    " + line).rstrip() for line in lines]


def show_circles(circles):
    for circle in circles:
        print(f"    {len(circle)}: {' '.join(circle)}")
    if not circles:
        print("    none")


def report(structure):
    print("Folders; after each arrow the headers included and the functions called:\n")
    print("\n".join(structure.drawing()))
    print("\nCircles of files by calls within a folder (the aim is at most 3 files):")
    show_circles(structure.circles())
    print("\nThe same, whatever their folder:")
    show_circles(structure.circles(across=True))
    unit = max(structure.units, key=lambda s: s.lines)
    header = max(structure.headers, key=lambda s: s.lines)
    lines, name, path = max((lines, name, s.path) for s in structure.sources.values()
                            for name, (_, lines, _) in s.functions.items())
    print(f"\n.c files: {len(structure.units)} (the aim is 35 to 42),"
          f" the longest {unit.path} with {unit.lines} lines")
    print(f"Longest header: {header.path} with {header.lines} lines (the aim is 350)")
    print(f"Longest function: {name}() of {path} with {lines} lines (the aim is 100)")


def split(text):
    """The text before the drawing, the drawing, and the text after it."""
    before, begin, rest = text.partition(BEGIN + "\n")
    drawing, end, after = rest.partition(END + "\n")
    if not begin or not end:
        sys.exit(f"{DESIGN} needs the lines '{BEGIN}' and '{END}'")
    return before + begin, drawing.strip("\n").split("\n"), end + after


def check(structure, text):
    _, written, _ = split(text)
    bad = False
    for leak in structure.leaks:
        print(f"{leak}, which the layers in {DESIGN}, section 1, do not allow")
        bad = True
    diff = list(difflib.unified_diff(written, structure.drawing(), DESIGN, "the sources",
                                     lineterm=""))
    if diff:
        print("\n".join(diff))
        print(f"The folders use each other otherwise than {DESIGN} shows. If that is meant:"
              " scripts/structure.py --write")
    return 1 if bad or diff else 0


def main():
    os.chdir(TREE)
    arguments = sys.argv[1:]
    if arguments in (["-h"], ["--help"]):
        print(__doc__.strip())
        return 0
    if arguments not in ([], ["--check"], ["--write"]):
        sys.exit(__doc__.strip())
    structure = Structure()
    if not arguments:
        report(structure)
        return 0
    with open(DESIGN, encoding="utf-8") as file:
        text = file.read()
    if arguments == ["--check"]:
        return check(structure, text)
    before, _, after = split(text)
    with open(DESIGN, "w", encoding="utf-8") as file:
        file.write(before + "\n" + "\n".join(structure.drawing()) + "\n\n" + after)
    return 0


if __name__ == "__main__":
    sys.exit(main())
