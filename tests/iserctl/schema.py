#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: tests/iserctl/schema.py SCHEMA DOCUMENT OUTPUT...

Checks outputs of iserctl status --json, one object in a file, against the JSON Schema: each
is valid and has no field that the schema lacks, and each field of the schema is in one of
them. The table of fields in the document has to say the same as the schema. Prints the first
thing that is wrong; exit code 1 if there is one.
"""

import copy
import json
import re
import sys

import jsonschema

NAMES = {"integer": "number"}


def closed(node):
    """The same schema, which takes no field that it does not have."""
    node = copy.deepcopy(node)
    if "properties" in node:
        node["additionalProperties"] = False
        node["properties"] = {name: closed(inner) for name, inner in node["properties"].items()}
    if "items" in node:
        node["items"] = closed(node["items"])
    return node


def fields(node, path=""):
    """Yields path, type and meaning of each field, as the table writes them."""
    for name, inner in node.get("properties", {}).items():
        at = f"{path}.{name}" if path else name
        below = inner.get("items", inner)
        if "properties" in below:
            yield from fields(below, at + ("[]" if "items" in inner else ""))
            continue
        if "items" in inner:
            kind = f"list of {inner['items']['type']}s"
        else:
            # What has a few values only, and no type, is of the type of these.
            one = inner.get("const", inner.get("enum", [None])[0])
            kinds = inner.get("type", {int: "integer", str: "string"}.get(type(one)))
            kind = ", ".join(NAMES.get(k, k) for k in ([kinds] if isinstance(kinds, str) else kinds))
        yield at, kind, inner["description"]


def present(value, path=""):
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from present(inner, f"{path}.{name}" if path else name)
    elif isinstance(value, list) and value and isinstance(value[0], dict):
        for inner in value:
            yield from present(inner, path + "[]")
    else:
        yield path


def main():
    if len(sys.argv) < 4:
        print(__doc__.strip())
        return 0 if sys.argv[1:] in (["-h"], ["--help"]) else 2
    with open(sys.argv[1], encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(closed(schema))
    seen = set()
    for path in sys.argv[3:]:
        # A terminal may show it.
        with open(path, encoding="ascii") as file:
            status = json.load(file)
        for error in validator.iter_errors(status):
            sys.exit(f"{path}: {error.json_path}: {error.message}")
        seen.update(present(status))
    told = list(fields(schema))
    for at, _, _ in told:
        if at not in seen:
            sys.exit(f"no output has {at}")
    with open(sys.argv[2], encoding="utf-8") as file:
        text = file.read()
    table = text[text.index("\n| field | "):]
    table = table[:table.index("\n\n", 1)]
    rows = re.findall(r"^\| `(.*)` \| (.*) \| (.*) \|$", table, re.M)
    for row, field in zip(rows + [None] * len(told), told + [None] * len(rows)):
        if row != field:
            sys.exit(f"{sys.argv[2]} has {row}, the schema {field}")
    return 0


sys.exit(main())
