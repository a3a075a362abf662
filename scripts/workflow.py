#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""usage: scripts/workflow.py [TREE]

Checks the workflow of a public forge, which nothing in this tree can run: whether it is
YAML with the keys that a workflow may have, whether what it runs is in the tree (scripts,
with the options that they know, targets of make, steps of scripts/check.list, checks of
scripts/static.sh), and whether it runs each step of that list. Prints what is wrong; exit
code 1 if there is anything.
"""

import itertools
import os
import re
import subprocess
import sys

import yaml

PAGE = ".github/workflows/check.yml"
TOP = {"name", "on", "permissions", "concurrency", "defaults", "jobs"}
JOB = {"name", "if", "needs", "runs-on", "timeout-minutes", "container", "strategy", "steps"}
STEP = {"name", "if", "run", "uses", "with"}
ACTIONS = {"actions/checkout@v4": set(), "actions/upload-artifact@v4": {"name", "path"}}
PROGRAMS = {"apt-get"}
EVENTS = {"push", "pull_request", "workflow_dispatch", "schedule"}

bad = []


class Loader(yaml.SafeLoader):
    """Takes "on" for a word, as a forge does, and refuses a key that is there twice."""

    yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in found if tag != "tag:yaml.org,2002:bool"]
        for first, found in yaml.SafeLoader.yaml_implicit_resolvers.items()}

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        for key in sorted({key for key in keys if keys.count(key) > 1}):
            bad.append(f"{key} is there twice, line {node.start_mark.line + 1}")
        return super().construct_mapping(node, deep)


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def keys(what, found, known):
    for key in sorted(set(found) - known):
        bad.append(f"{what}: no key {key}")


def values(job):
    """Yields the values of the matrix for each of its runs."""
    matrix = dict(job.get("strategy", {}).get("matrix", {}))
    more = matrix.pop("include", [])
    names = list(matrix)
    for chosen in itertools.product(*matrix.values()):
        run = dict(zip(names, chosen))
        for extra in more:
            if all(str(extra[n]) == str(run[n]) for n in names if n in extra):
                run.update(extra)
        yield {name: str(value) for name, value in run.items()}


def fill(name, text, run):
    """Puts the values of one run into a command."""
    def value(match):
        word = match[1].strip()
        if word.startswith("matrix.") and word[7:] in run:
            return run[word[7:]]
        if not word.startswith("matrix.") or not any(word[7:] in r for r in values(jobs[name])):
            bad.append(f"{name}: no value for {word}")
        return ""
    return re.sub(r"\$\{\{([^}]*)\}\}", value, text)


def check_command(name, words):
    program, arguments = words[0], words[1:]
    if program == "make":
        for target in arguments:
            if target not in targets:
                bad.append(f"{name}: make has no target {target}")
    elif program == "scripts/check.sh":
        for step in arguments:
            if step not in steps:
                bad.append(f"{name}: scripts/check.list has no step {step}")
            left.discard(step)
    elif program == "scripts/static.sh":
        for check in arguments:
            kind, _, which = check.partition("-")
            if check not in checks and (kind not in ("build", "clang") or f"|{which}|" not in kernels):
                bad.append(f"{name}: scripts/static.sh has no check {check}")
    elif "/" in program:
        if not os.access(program, os.X_OK):
            bad.append(f"{name}: {program} is not in the tree")
        else:
            for option in arguments:
                if option not in read(program):
                    bad.append(f"{name}: {program} does not know {option}")
    elif program not in PROGRAMS:
        bad.append(f"{name}: {program} is not in the tree")


def check_job(name, job):
    keys(name, job, JOB)
    for key in ("runs-on", "timeout-minutes", "steps"):
        if key not in job:
            bad.append(f"{name}: no {key}")
    for other in [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", []):
        if other not in jobs:
            bad.append(f"{name}: needs {other}, which is no job")
    for step in job.get("steps", []):
        keys(name, step, STEP)
        if ("run" in step) == ("uses" in step):
            bad.append(f"{name}: a step has to have either run or uses: {step}")
        elif "uses" in step:
            if step["uses"] not in ACTIONS:
                bad.append(f"{name}: {step['uses']} is not one of {', '.join(ACTIONS)}")
            else:
                keys(f"{name}: {step['uses']}", step.get("with", {}), ACTIONS[step["uses"]])
        else:
            for run in values(job):
                for command in re.split(r"&&|\n", fill(name, step["run"], run)):
                    if command.split():
                        check_command(name, command.split())


if sys.argv[1:2] in (["-h"], ["--help"]):
    print(__doc__.strip())
    sys.exit()
os.chdir(sys.argv[1] if sys.argv[1:] else os.path.join(os.path.dirname(__file__), ".."))
text = read(PAGE)
for host in sorted(set(re.findall(r"\b[\w-]+\.(?:com|org|io|net|dev|cloud)\b", text))):
    bad.append(f"names a host: {host}")
try:
    page = yaml.load(text, Loader)
except yaml.YAMLError as error:
    sys.exit(f"{PAGE}: {error}")
jobs = page.get("jobs", {})
steps = {line.split()[2] for line in read("scripts/check.list").splitlines()
         if line and not line.startswith("#")}
steps = {step for step in steps if not step.startswith("+")}
left = set(steps)
checks = subprocess.run(["scripts/static.sh", "--list"], check=True, capture_output=True,
                        text=True).stdout.split()
targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.M))
kernels = "|" + re.search(r"^# usage: .*?(\S+)$", read("tests/vm/kernel.sh"), re.M)[1] + "|"

keys("the file", page, TOP)
keys("on", page.get("on", {}), EVENTS)
for name, job in jobs.items():
    check_job(name, job)
for step in sorted(left):
    bad.append(f"no job runs the step {step} of scripts/check.list")
for line in dict.fromkeys(bad):
    print(f"{PAGE}: {line}")
sys.exit(1 if bad else 0)
