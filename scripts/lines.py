#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: scripts/lines.py DOCUMENT FILE...

Compares the log lines of C sources with those in the tables of a document, the first
cell of each row that follows a header "line". All strings of the sources that have
two words count: lines, and reasons and names that go into them. Debug messages,
warnings about bugs and descriptions of parameters do not.

A string is cut at its conversions and at each ";". All pieces must stand, in order, in
one cell. A cell is cut where it varies (a capital letter, WHY, STATUS, INITIATOR, "..",
"0x..", " / ") and at each ";". Each piece must stand in one string, or be made up of
whole pieces of several. Only words count, and not "ending the connection". Prints what
is missing; exit code 1 if anything is.
"""

import re
import sys

# Strings that no line has.
UNSEEN = {"(no device)", "iSCSI Initiator over iSER", "no error", "unknown error"}
OTHER = re.compile(r"\b(pr_debug|WARN\w*|MODULE_\w+|TP_printk|\w*workqueue)\s*\(")
TOKEN = re.compile(r'/\*.*?\*/|^[ \t]*#[^\n]*(?:\\\n[^\n]*)*|"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])\'|[()]'
                   r"|\b[A-Za-z_]\w*", re.S | re.M)
CONVERSION = re.compile(r"%[-#0-9.*]*(?:l*[diuxc]|pV|pISpc|s)|;")
VARIES = re.compile(r"0x\.\.|\.\.+|(?<![\w=-])(?:[A-Z]|WHY|STATUS|INITIATOR)(?![\w=-])| / |;")
WORD = re.compile(r"\w[\w'=.%-]*\w|\w")


def pieces(text, cut):
    for piece in cut.split(text.replace("ending the connection", "")):
        words = WORD.findall(piece)
        if words:
            yield " " + " ".join(words) + " "


def strings(source):
    """Yields (line, string), adjacent strings as one, without those of OTHER."""
    depth, other, text, begin = 0, None, "", 0
    last = 0
    for token in TOKEN.finditer(source):
        t = token.group()
        if t.startswith("/*"):
            continue
        if t.startswith('"') and other is None:
            if not text or source[last:token.start()].strip():
                if text:
                    yield begin, text
                text, begin = "", source.count("\n", 0, token.start()) + 1
            text += t[1:-1].replace('\\"', '"').replace("\\n", "")
            last = token.end()
            continue
        if text:
            yield begin, text
            text = ""
        if t == "(":
            depth += 1
        elif t == ")":
            depth -= 1
            if other == depth:
                other = None
        elif other is None and OTHER.match(source, token.start()):
            other = depth
    if text:
        yield begin, text


def cells(document):
    """Yields (line, cell) of tables of log lines."""
    table = False
    for number, line in enumerate(document.splitlines(), 1):
        if not line.startswith("|"):
            table = False
        elif line.startswith("| line |"):
            table = True
        elif table and not line.startswith("|---"):
            yield number, line.split(" | ")[0].strip("| ")


def stands(wanted, cell):
    at = 0
    for piece in wanted:
        at = cell.find(piece, at)
        if at < 0:
            return False
        at += len(piece) - 1
    return True


def made_up(piece, known, whole):
    """Whether it stands in one string, or consists of whole pieces."""
    words = piece.split()
    reached = [True] + [False] * len(words)
    for end in range(1, len(words) + 1):
        reached[end] = any(reached[at] and " " + " ".join(words[at:end]) + " " in whole
                           for at in range(end))
    return reached[-1] or any(piece in have for have in known)


def main():
    name, files = sys.argv[1], sys.argv[2:]
    with open(name, encoding="utf-8") as file:
        rows = list(cells(file.read()))
    # What varies in a cell is in none of the strings' pieces.
    texts = [" | ".join(pieces(cell, VARIES)) for _, cell in rows]
    known, bad, unseen = [], 0, set(UNSEEN)
    for path in files:
        with open(path, encoding="utf-8") as file:
            source = file.read()
        for number, text in strings(source):
            if text in UNSEEN:
                unseen.discard(text)
                continue
            wanted = list(pieces(text, CONVERSION))
            known += wanted
            if len(" ".join(wanted).split()) < 2:
                continue
            if not any(stands(wanted, cell) for cell in texts):
                print(f'{path}:{number}: not in {name}: "{text}"')
                bad = 1
    whole = set(known)
    for number, cell in rows:
        for piece in pieces(cell, VARIES):
            if not made_up(piece, known, whole):
                print(f'{name}:{number}: in no source: "{piece.strip()}"')
                bad = 1
    for text in sorted(unseen):
        print(f'in no source: "{text}"')
        bad = 1
    if not rows or not known:
        print("no lines found")
        bad = 1
    return bad


sys.exit(main())
