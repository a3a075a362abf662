# SPDX-License-Identifier: GPL-2.0-only
"""Names and numbers as the tables show them, and tables in Markdown."""

NAMES = {'ours': 'ours', 'kernel': "kernel's iSER", 'nvme': 'NVMe/RDMA', 'tcp': 'iSCSI/TCP'}
VARIANTS = {'siw': 'siw', 'jumbo': 'rxe, MTU 4096'}     # parts counted like "count"


def label(workload):
    rw, size, depth = workload.split(':')
    return f"{size} {rw.removeprefix('rand')} QD{depth}"


def rows(head, body):
    lines = ['| ' + ' | '.join(head) + ' |', '|---|' + '---:|' * (len(head) - 1)]
    lines += ['| ' + ' | '.join(str(c) for c in row) + ' |' for row in body]
    return '\n'.join(lines) + '\n\n'


def number(value):
    if value is None:
        return '-'
    return f'{value:.2f}' if abs(value) < 100 else f'{value:.0f}'


def ratio(a, b):
    return f'{a / b:.3f}' if a is not None and b else '-'


def spread(values):
    middle = sum(values) / len(values)
    return f'{100 * (max(values) - min(values)) / middle:.1f} %' if middle else '-'
