"""What a key costs each server, as an SVG: a panel for each set of rows, a group of bars for each workload."""

from chart import GRID, INK, QUIET, SURFACE, text

PANEL_WIDTH, BAR_HEIGHT, GROUP_GAP = 560, 13, 12
LEFT, TOP, GAP = 158, 112, 170
COLOURS = {"redis 7": "#b9b8b0", "redis 8": "#8a8980", "rocksdb": "#86b6ef", "packed": "#0d366b", "constant": "#f0c48a"}
AXIS_TICKS = (0, 0.25, 0.5, 0.75, 1.0, 1.25)


def ratio_chart(report):
    """CPU per key as a share of Redis 7's; `report` as peers.py makes it."""
    results = [result for result in report["sets"] if "redis 7" in result["names"]]
    panels, height = [], TOP
    for number, result in enumerate(results):
        parts, bottom = panel(LEFT + number * (PANEL_WIDTH + GAP), TOP + 26, result)
        panels += parts
        height = max(height, bottom)
    width = LEFT + len(results) * (PANEL_WIDTH + GAP) - GAP + 80
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        'font-family="system-ui, sans-serif" font-size="12">',
        f'<rect width="{width}" height="{height}" fill="{SURFACE}"/>',
        text(16, 28, "Server CPU per key, as a share of Redis 7's", size=17, weight=600),
        text(16, 48, f"{report['machine']}; medians of {report['repetitions']} interleaved repetitions", QUIET,
             size=11),
        text(16, 64, "Shorter is better. Beside each bar: the share of Redis 7's, and µs a key.", QUIET, size=11),
        legend(16, 86, results), *panels, "</svg>", ""])


def legend(x, y, results):
    parts = []
    for role, colour in COLOURS.items():
        name = next((result["names"][role] for result in results if role in result["names"]), None)
        if name:
            parts.append(f'<rect x="{x}" y="{y - 7}" width="16" height="12" fill="{colour}"/>')
            parts.append(text(x + 22, y + 4, name))
            x += 46 + 7 * len(name)
    return "".join(parts)


def panel(x, y, result):
    """The SVG's parts, and how far down they reach."""
    longest = AXIS_TICKS[-1]
    parts = [text(x, y - 9, f"{result['keys']:,} keys, values of {result['value_bytes']:,} bytes", weight=600)]
    bars, at = [], y + 4
    for workload, row in result["summary"].items():
        roles = [role for role in COLOURS if role in row]
        bars.append(text(x - 10, at + len(roles) * BAR_HEIGHT / 2 + 4, workload, anchor="end"))
        for role in roles:
            share = row[role]["ratios"]["redis 7"]
            length = min(share, longest) / longest * PANEL_WIDTH
            bars.append(f'<rect x="{x}" y="{at}" width="{length:.1f}" height="{BAR_HEIGHT - 2}" '
                        f'fill="{COLOURS[role]}"/>')
            label = f"{share:.2f} · {row[role]['cpu_us']:.2f}"
            bars.append(text(x + length + 5, at + BAR_HEIGHT - 4, label, INK if role == "packed" else QUIET, size=10,
                             weight=600 if role == "packed" else 400))
            at += BAR_HEIGHT
        at += GROUP_GAP
    for tick in AXIS_TICKS:
        place = x + tick / longest * PANEL_WIDTH
        parts.append(f'<line x1="{place:.1f}" x2="{place:.1f}" y1="{y}" y2="{at - 6}" stroke="{GRID}"/>')
        parts.append(text(place, at + 8, f"{tick:g}", QUIET, size=11, anchor="middle"))
    return parts + bars, at + 24
