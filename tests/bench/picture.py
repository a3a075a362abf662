# SPDX-License-Identifier: GPL-2.0-only
"""Two kinds of pictures as SVG: grouped bars, and lines."""
from xml.sax.saxutils import escape

COLOURS = ['#2a6f97', '#e07a1f', '#6a994e', '#8d6a9f', '#777777']
WIDTH, HEIGHT = 760, 340
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 60, 50


def nice(value):
    """a round number not below value"""
    step = 10 ** (len(str(int(max(value, 1)))) - 1)
    return next(step * f for f in (1, 1.5, 2, 3, 4, 5, 6, 8, 10, 20) if step * f >= value)


def text(x, y, what, anchor='middle', size=12):
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" '
            f'font-size="{size}">{escape(str(what))}</text>')


def frame(title, unit, names, top):
    """everything but the data"""
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
           'font-family="sans-serif">', '<rect width="100%" height="100%" fill="white"/>',
           text(LEFT, 20, title, 'start', 15)]
    for i, name in enumerate(names):
        x = LEFT + 150 * i
        out += [f'<rect x="{x}" y="30" width="12" height="12" fill="{COLOURS[i]}"/>',
                text(x + 18, 41, name, 'start')]
    for i in range(5):
        y = height(top * i / 4, top)
        out += [f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{y:.0f}" y2="{y:.0f}" '
                'stroke="#ddd"/>', text(LEFT - 6, y + 4, f'{top * i / 4:g}', 'end')]
    out.append(text(LEFT, HEIGHT - 6, unit, 'start', 11))
    return out


def height(value, top):
    return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * value / top


def bars(title, unit, groups, series):
    """series: {name: [a value or None for each group]}"""
    top = nice(max(v for values in series.values() for v in values if v is not None))
    out = frame(title, unit, series, top)
    room = (WIDTH - LEFT - RIGHT) / len(groups)
    thick = room * 0.8 / len(series)
    for g, group in enumerate(groups):
        x = LEFT + room * g
        out.append(text(x + room / 2, HEIGHT - BOTTOM + 18, group))
        for i, values in enumerate(series.values()):
            if values[g] is None:
                continue
            y = height(values[g], top)
            out.append(f'<rect x="{x + room * 0.1 + thick * i:.1f}" y="{y:.1f}" '
                       f'width="{thick * 0.92:.1f}" height="{HEIGHT - BOTTOM - y:.1f}" '
                       f'fill="{COLOURS[i]}"/>')
    return '\n'.join(out + ['</svg>', ''])


def lines(title, unit, series):
    """series: {name: {x: y}}; both axes begin at 0"""
    top = nice(max(y for points in series.values() for y in points.values()))
    right = max(x for points in series.values() for x in points)
    out = frame(title, unit, series, top)

    def across(x):
        return LEFT + (WIDTH - LEFT - RIGHT) * x / right

    for x in sorted({x for points in series.values() for x in points}):
        out.append(text(across(x), HEIGHT - BOTTOM + 18, x))
    for i, points in enumerate(series.values()):
        at = [f'{across(x):.1f},{height(y, top):.1f}' for x, y in sorted(points.items())]
        out.append(f'<polyline points="{" ".join(at)}" fill="none" '
                   f'stroke="{COLOURS[i]}" stroke-width="2"/>')
    return '\n'.join(out + ['</svg>', ''])
