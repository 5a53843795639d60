# SPDX-License-Identifier: GPL-2.0-or-later
"""charts.py: what benches measured, as lines in one SVG; both axes are logarithmic."""

import html
import math

WIDTH, HEIGHT = 760, 360
LEFT, RIGHT, TOP, BOTTOM = 70, 190, 40, 50
ROW = 16

# Ink, grid, background and lines; the lines' colours are like Okabe and Ito's.
LIGHT = ("#1f2328", "#d1d9e0", "#ffffff", "#0072b2", "#d55e00", "#00835f", "#b0528a", "#8a6d00",
         "#6e40c9", "#57606a")
DARK = ("#e6edf3", "#3d444d", "#0d1117", "#56b4e9", "#ff9d45", "#2bd4a0", "#f0a6d0", "#f0e442",
        "#c8a6ff", "#aab4be")
COLOURS = len(LIGHT) - 3


def colours(palette):
    """No variables: not every viewer knows them."""
    ink, grid, back, *lines = palette
    rules = [f".back {{ fill: {back} }} text {{ fill: {ink} }} .grid {{ stroke: {grid} }}",
             f".frame {{ stroke: {ink} }}"]
    rules += [f".s{i} {{ stroke: {c} }} .d{i} {{ fill: {c} }}" for i, c in enumerate(lines)]
    return "\n".join(rules)


STYLE = f"""text {{ font: 12px sans-serif }} .title {{ font-weight: bold }}
.frame, .line, .limit {{ fill: none }} .limit {{ stroke-dasharray: 6 4 }}
{colours(LIGHT)}
@media (prefers-color-scheme: dark) {{
{colours(DARK)}
}}"""


def is_number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool)


class Axis:
    """Maps a range of positive numbers to pixels; margin is a factor at both ends."""

    def __init__(self, values, first, last, margin=1.0):
        low, high = min(values) / margin, max(values) * margin
        self.low, self.high = math.log10(low), math.log10(high)
        if self.high - self.low < 0.1:
            self.low, self.high = self.low - 0.5, self.high + 0.5
        self.first, self.last = first, last

    def at(self, value):
        part = (math.log10(value) - self.low) / (self.high - self.low)
        return round(self.first + part * (self.last - self.first), 1)

    def ticks(self):
        decades = self.high - self.low
        steps = (1,) if decades > 3 else (1, 2, 5) if decades > 1 else (1, 1.5, 2, 3, 4, 5, 7)
        for decade in range(math.floor(self.low) - 1, math.ceil(self.high) + 1):
            for step in steps:
                if self.low - 1e-9 <= math.log10(step * 10 ** decade) <= self.high + 1e-9:
                    yield step * 10 ** decade


def text(x, y, words, anchor="start", style=""):
    return (f'<text x="{x}" y="{y}" text-anchor="{anchor}"{style}>'
            f'{html.escape(str(words))}</text>')


def path(points, style, width=2):
    line = " L".join(f"{x} {y}" for x, y in points)
    return f'<path class="{style}" style="stroke-width: {width}" d="M{line}"/>'


def series_of(rows, chart):
    """Rows of each line by its name: the words in them tell them apart."""
    lines = {}
    for row in rows:
        if not all(is_number(row.get(chart[axis])) and row[chart[axis]] > 0 for axis in "xy"):
            continue
        words = [str(value) for column, value in row.items()
                 if isinstance(value, str) and column not in (chart.get("panel"), "bench")]
        lines.setdefault(" ".join(words) or chart["y"], []).append(row)
    return lines


def limits_of(lines, chart):
    """Each limit once, as points, with the number of the line that it is first of."""
    limits = {}
    for number, rows in enumerate(lines.values()):
        points = tuple((row[chart["x"]], row[chart["limit"]]) for row in rows
                       if chart.get("limit") and is_number(row.get(chart["limit"])))
        if points and points not in limits:
            limits[points] = number
    return limits


def label(column):
    """Of quiesce_ms: quiesce, ms."""
    words, _, unit = column.rpartition("_")
    return f"{words.replace('_', ' ')}, {unit}" if unit in ("ms", "us", "kib") else column


def grid(x, y, chart, numbers):
    out = []
    for value in numbers:
        out.append(f'<path class="grid" d="M{x.at(value)} {y.first} V{y.last}"/>')
        out.append(text(x.at(value), y.first + 16, f"{value:g}", "middle"))
    for value in y.ticks():
        out.append(f'<path class="grid" d="M{x.first} {y.at(value)} H{x.last}"/>')
        out.append(text(x.first - 6, y.at(value) + 4, f"{value:g}", "end"))
    out.append(f'<path class="frame" d="M{x.first} {y.last} V{y.first} H{x.last}"/>')
    out.append(text((x.first + x.last) / 2, y.first + 34, label(chart["x"]), "middle"))
    out.append(text(4, y.last - 8, label(chart["y"])))
    return out


def panel(rows, chart, title, top):
    """One chart of the rows, or nothing where there is nothing to draw."""
    lines = series_of(rows, chart)
    if not lines:
        return []
    limits = limits_of(lines, chart)
    points = [(row[chart["x"]], row[chart["y"]]) for line in lines.values() for row in line]
    numbers = sorted({x for x, _ in points})
    x = Axis(numbers, LEFT, WIDTH - RIGHT)
    y = Axis([value for _, value in points] + [value for limit in limits for _, value in limit],
             top + HEIGHT - BOTTOM, top + TOP, 1.2)
    out = [text(LEFT, top + 16, title, style=' class="title"'), *grid(x, y, chart, numbers)]
    for limit, number in limits.items():
        out.append(path([(x.at(a), y.at(b)) for a, b in limit], f"limit s{number % COLOURS}"))
    for number, line in enumerate(lines.values()):
        at = [(x.at(row[chart["x"]]), y.at(row[chart["y"]])) for row in line]
        # Where lines are the same, the first shows beside the last.
        out.append(path(at, f"line s{number % COLOURS}", max(2, 2 * (3 - number))))
        out += [f'<circle class="d{number % COLOURS}" cx="{a}" cy="{b}" r="3"/>' for a, b in at]
    legend = [(name, f"line s{number % COLOURS}") for number, name in enumerate(lines)]
    legend += [("target", f"limit s{number % COLOURS}") for number in limits.values()]
    for number, (name, style) in enumerate(legend):
        at = top + TOP + ROW * number
        out.append(path([(WIDTH - RIGHT + 14, at), (WIDTH - RIGHT + 36, at)], style))
        out.append(text(WIDTH - RIGHT + 42, at + 4, name))
    return out


def panels_of(bench):
    rows = bench["rows"]
    charts = bench.get("charts")
    if charts is None:
        if not any("n" in row and "ms" in row for row in rows):
            return
        charts = [{"x": "n", "y": "ms", "title": bench["name"],
                   **({"panel": "kernel"} if any("kernel" in row for row in rows) else {})}]
    for chart in charts:
        title = chart.get("title", bench["name"])
        counted = [row for row in rows if chart.get("where", {}).items() <= row.items()]
        column = chart.get("panel")
        if column is None:
            yield counted, chart, title
            continue
        for value in dict.fromkeys(row.get(column) for row in counted):
            panel_rows = [row for row in counted if row.get(column) == value]
            yield panel_rows, chart, f"{title}: {value}"


def draw(benches):
    """All charts of all benches, one below the other."""
    out, top = [], 10
    for bench in benches:
        for rows, chart, title in panels_of(bench):
            drawn = panel(rows, chart, title, top)
            out += drawn
            top += HEIGHT + 20 if drawn else 0
    return "\n".join([f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{top}" '
                      f'viewBox="0 0 {WIDTH} {top}">', f"<style>{STYLE}</style>",
                      f'<rect class="back" width="{WIDTH}" height="{top}"/>', *out, "</svg>", ""])
