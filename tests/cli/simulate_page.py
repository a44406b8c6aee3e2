#!/usr/bin/env python3
"""Whether a simulated run's page shows what its JSON says.  simulate_page.py PAGE JSON"""
import json
import sys
from html.parser import HTMLParser


class Page(HTMLParser):
    VOID = {"meta", "link"}

    def __init__(self):
        super().__init__()
        self.open, self.elements = [], []

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, f"</{tag}> closes {self.open[-1:]}"
        self.open.pop()

    def with_class(self, name):
        return [at for _, at in self.elements if name in at.get("class", "").split()]


page, run = Page(), json.load(open(sys.argv[2]))
text = open(sys.argv[1]).read()
page.feed(text)
assert not page.open, page.open
assert "<script" not in text and "http" not in text and "@import" not in text

ending = next(at for _, at in page.elements if at.get("id") == "ending")
assert ending["data-ending"] == run["ending"] == "rolled_back", ending
phases = {at["data-phase"]: at["class"].split() for at in page.with_class("phase") if "data-phase" in at}
begun = {span["phase"] for span in run["spans"]}
assert begun == {name for name, classes in phases.items() if "begun" in classes}, phases
assert "soak_new" in phases and "soak_new" not in begun
steps = [at for at in page.with_class("step") if "data-step" in at]
assert len(steps) == len(run["spans"])
assert any("failed" in at["class"].split() for at in steps)
assert any("back" in at["class"].split() for at in steps)
verdicts = [(at["data-verdict"], int(at["data-looks"])) for at in page.with_class("verdict")]
assert sorted(verdicts) == sorted((g["verdict"], g["looks"]) for g in run["gates"])
shares = [at["data-reads"] for at in page.with_class("share")]
assert shares == ["0%", "1%", "5%", "25%", "50%", "100%", "50%", "25%", "5%", "1%", "0%"], shares
assert [at["data-authority"] for at in page.with_class("authority")] == ["old"]
assert len(page.with_class("event")) == len(run["events"])
