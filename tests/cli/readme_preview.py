#!/usr/bin/env python3
"""The previews of example 01 in the README, held against what mig says now.
readme_preview.py README.md TEXT MARKDOWN [--update]

What differs from one day or machine to the next is steadied in both; --update writes what mig says."""
import re
import sys

readme, text, markdown = sys.argv[1:4]


def steady(shown):
    shown = re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", "2026-01-01T00:00:00Z", shown)
    shown = re.sub(r"review [0-9a-f]{4} [0-9a-f]{4} [0-9a-f]{4}", "review 0000 0000 0000", shown)
    shown = re.sub(r"mig \d+\.\d+\.\d+", "mig 0.0.0", shown)
    return shown.strip()


page = open(readme).read()
wanted = {"preview": "```\n" + open(text).read().strip() + "\n```", "comment": open(markdown).read().strip()}
stale = []
for name, shown in wanted.items():
    begin, end = f"<!-- {name} -->\n", f"\n<!-- end of {name} -->"
    at = page.index(begin) + len(begin)
    to = page.index(end, at)
    if "--update" in sys.argv:
        page = page[:at] + shown + page[to:]
    elif steady(page[at:to]) != steady(shown):
        stale.append(name)
if "--update" in sys.argv:
    open(readme, "w").write(page)
if stale:
    sys.exit(f"stale in the README: {', '.join(stale)}")
