#!/usr/bin/env python3
"""Whether a composite action uses what it declares, and runs what is there.  action_form.py ACTION.yml"""
import os
import re
import sys

import yaml

path = sys.argv[1]
text = open(path).read()
action = yaml.safe_load(text)
assert action["runs"]["using"] == "composite" and action["name"] and action["description"]
inputs = set(re.findall(r"inputs\.(\w+)", text))
assert inputs == set(action["inputs"]), (inputs, set(action["inputs"]))
steps = {step["id"]: step for step in action["runs"]["steps"]}
for output in action["outputs"].values():
    step, name = re.fullmatch(r"\$\{\{ steps\.(\w+)\.outputs\.(\w+) \}\}", output["value"]).groups()
    assert step in steps, output
for step in steps.values():
    assert step["shell"] == "bash", step
    # An expression inside a script would run what a pull request says.
    assert "${{" not in step["run"], step["run"]
    script = re.search(r'\$GITHUB_ACTION_PATH/([\w.]+)', step["run"]).group(1)
    assert os.access(os.path.join(os.path.dirname(path), script), os.X_OK), script
    used = set(re.findall(r"\$\{?(MIG_[A-Z]+)", open(os.path.join(os.path.dirname(path), script)).read()
                          + open(os.path.join(os.path.dirname(path), "comment.sh")).read()))
    assert used == set(step["env"]), (used, set(step["env"]))
