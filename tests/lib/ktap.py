# SPDX-License-Identifier: GPL-2.0-only
"""Results as KTAP, like those of tests/lib/ktap.sh."""


class Results:
    """The results of one run, numbered. Lines go to WRITE as they come."""

    def __init__(self, count, write=print):
        self.write = write
        self.passed = self.failed = self.skipped = 0
        write('KTAP version 1')
        write(f'1..{count}')

    def add(self, good, name, directive='', remarks=()):
        """One result. A DIRECTIVE 'SKIP why' counts it as skipped; the REMARKS, printed before
        it, explain it."""
        for remark in remarks:
            self.write(f'# {remark}')
        if not good:
            self.failed += 1
        elif directive.startswith('SKIP'):
            self.skipped += 1
        else:
            self.passed += 1
        number = self.passed + self.failed + self.skipped
        self.write(f"{'ok' if good else 'not ok'} {number} {name}" +
                   (f' # {directive}' if directive else ''))

    def end(self):
        """Print the last line. Returns the exit code."""
        self.write(f'{self.passed} passed, {self.failed} failed, {self.skipped} skipped')
        return int(self.failed > 0)
