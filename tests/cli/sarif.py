#!/usr/bin/env python3
"""Whether SARIF logs are right by the standard's own schema, and say what mig found.  sarif.py UNSAFE CHECK"""
import json
import os
import sys

import jsonschema

here = os.path.dirname(os.path.abspath(__file__))
schema = json.load(open(os.path.join(here, "sarif-2.1.0.schema.json")))
logs = [json.load(open(path)) for path in sys.argv[1:]]
for log in logs:
    jsonschema.validate(log, schema)
    assert log["version"] == "2.1.0", log["version"]

unsafe, check = logs
results = unsafe["runs"][0]["results"]
assert results and all(one["level"] in ("error", "warning") for one in results), results
flows = [one for one in results if "codeFlows" in one]
assert flows, "no run is shown"
steps = flows[0]["codeFlows"][0]["threadFlows"][0]["locations"]
assert any("physicalLocation" in step["location"] for step in steps), "no step says where it is written"
assert any("WRITE" in step["location"]["message"]["text"] for step in steps), steps
rules = {rule["id"] for rule in unsafe["runs"][0]["tool"]["driver"]["rules"]}
assert {one["ruleId"] for one in results} <= rules, rules
files = {one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
         for one in check["runs"][0]["results"]}
assert files == {"unsafe.mig"}, files
