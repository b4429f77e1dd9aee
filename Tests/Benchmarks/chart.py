"""The swap curve as an SVG: a panel for each rate and kind of warming, beside each other on one scale."""

import math
from html import escape

PANEL_WIDTH, PANEL_HEIGHT, STRIP_HEIGHT = 620, 210, 54
LEFT, TOP, GAP, ROW_GAP = 64, 108, 40, 64
# Percentiles are ordered, so they are one hue in three depths.
LINES = (("p50_us", "p50", "#86b6ef", 1.5), ("p99_us", "p99", "#2a78d6", 1.5), ("p999_us", "p99.9", "#0d366b", 1.5))
INK, QUIET, GRID, SURFACE = "#0b0b0b", "#6b6a64", "#e6e5df", "#fcfcfb"
DOWNLOAD, SWAP, HITS = "#eeede8", "#f6d9b8", "#1baf7a"


def curve_chart(title, runs):
    """`runs` as swap.py makes them; those of one rate share a row."""
    runs = [{**run, "windows": [each for each in run["windows"] if each["stream"] == "resident"]} for run in runs]
    rates = list(dict.fromkeys(run["rate"] for run in runs))
    kinds = list(dict.fromkeys(run["warming"] for run in runs))
    lows = [window["p50_us"] for run in runs for window in run["windows"] if window["p50_us"] > 0]
    highs = [window["p999_us"] for run in runs for window in run["windows"]]
    scale = (math.floor(math.log10(min(lows, default=10))), math.ceil(math.log10(max(highs, default=1000))))
    row_height = PANEL_HEIGHT + STRIP_HEIGHT + ROW_GAP
    width = LEFT + len(kinds) * (PANEL_WIDTH + GAP) + 16
    height = TOP + len(rates) * row_height + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="{SURFACE}"/>',
        text(LEFT, 28, "Latency of GET while versions are swapped", size=17, weight=600),
        text(LEFT, 48, title, QUIET, size=11), legend(LEFT, 68)]
    for row, rate in enumerate(rates):
        for column, kind in enumerate(kinds):
            run = next((run for run in runs if run["rate"] == rate and run["warming"] == kind), None)
            if run:
                x, y = LEFT + column * (PANEL_WIDTH + GAP), TOP + row * row_height + 22
                parts += panel(x, y, scale, run, is_first=column == 0)
    return "\n".join([*parts, "</svg>", ""])


def text(x, y, words, fill=INK, size=12, weight=400, anchor="start"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" fill="{fill}" font-size="{size}" font-weight="{weight}" '
            f'text-anchor="{anchor}">{escape(words)}</text>')


def legend(x, y):
    parts = []
    for _, name, colour, _ in LINES:
        parts.append(f'<line x1="{x}" x2="{x + 18}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2.5"/>')
        parts.append(text(x + 23, y + 4, name))
        x += 70
    for name, colour, step in (("download", DOWNLOAD, 92), ("reload until answered", SWAP, 160)):
        parts.append(f'<rect x="{x}" y="{y - 6}" width="16" height="12" fill="{colour}"/>')
        parts.append(text(x + 21, y + 4, name))
        x += step
    note = "resident keys in windows of 100 ms, log scale; below: hit ratio of all look-ups"
    parts.append(text(LEFT, y + 24, note, QUIET))
    return "".join(parts)


def panel(x, y, scale, run, is_first):
    windows, start = run["windows"], run["began_ns"]
    seconds = max(((window["monotonic_ns"] - start) / 1e9 for window in windows), default=1) + 0.1
    low, high = scale

    def across(ns):
        return x + max(0, (ns - start) / 1e9) / seconds * PANEL_WIDTH

    def up(us):
        return y + PANEL_HEIGHT - (math.log10(max(us, 10**low)) - low) / (high - low) * PANEL_HEIGHT

    parts = [text(x, y - 9, f"{run['rate']:,} requests/s, {run['warming']}", weight=600)]
    bottom = y + PANEL_HEIGHT + 14 + STRIP_HEIGHT
    for event in run["events"]:
        begin, end = across(event["begin_ns"]), across(event["end_ns"])
        colour = DOWNLOAD if event["kind"] == "download" else SWAP
        parts.append(f'<rect x="{begin:.1f}" y="{y}" width="{max(1.5, end - begin):.1f}" height="{bottom - y}" '
                     f'fill="{colour}"/>')
    for power in range(low, high + 1):
        at = up(10**power)
        parts.append(f'<line x1="{x}" x2="{x + PANEL_WIDTH}" y1="{at:.1f}" y2="{at:.1f}" stroke="{GRID}"/>')
        if is_first:
            parts.append(text(x - 8, at + 4, duration(10**power), QUIET, anchor="end"))
    for field, _, colour, stroke in LINES:
        points = [(across(window["monotonic_ns"] + 50_000_000), up(window[field])) for window in windows]
        parts.append(path(points, colour, stroke))
    parts += hit_strip(x, y + PANEL_HEIGHT + 14, across, run["rows"], is_first)
    step = max(1, 5 * math.ceil(seconds / 60))
    for second in range(0, int(seconds) + 1, step):
        parts.append(text(x + second / seconds * PANEL_WIDTH, bottom + 16, f"{second} s", QUIET, anchor="middle"))
    return parts


def hit_strip(x, y, across, rows, is_first):
    """The share of look-ups that found their row without the disk, over half a second each, from 0 to 100 %."""
    points = []
    for earlier, row in zip(rows, rows[5:]):
        asked = row["look_ups"] - earlier["look_ups"]
        if asked:
            share = 1 - (row["cold"] - earlier["cold"]) / asked
            points.append((across(row["ns"]), y + STRIP_HEIGHT * (1 - max(0, min(1, share)))))
    parts = [f'<line x1="{x}" x2="{x + PANEL_WIDTH}" y1="{at}" y2="{at}" stroke="{GRID}"/>'
             for at in (y, y + STRIP_HEIGHT)]
    if is_first:
        parts += [text(x - 8, y + 4, "100 %", QUIET, anchor="end"),
                  text(x - 8, y + STRIP_HEIGHT + 4, "0 %", QUIET, anchor="end")]
    return [*parts, path(points, HITS, 1.5)]


def path(points, colour, width):
    steps = "".join(f"{'L' if index else 'M'}{x:.1f} {y:.1f}" for index, (x, y) in enumerate(points))
    return (f'<path d="{steps}" fill="none" stroke="{colour}" stroke-width="{width}" stroke-linejoin="round"/>'
            if steps else "")


def duration(us):
    return f"{us:g} µs" if us < 1000 else f"{us / 1000:g} ms" if us < 1_000_000 else f"{us / 1e6:g} s"
