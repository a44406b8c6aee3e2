#!/usr/bin/env python3
"""Whether previews fit the published schema, and say nothing that it does not name.
preview_json.py SCHEMA JSON…"""
import copy
import json
import sys

import jsonschema


def closed(schema):
    """The schema with nothing allowed that it does not name."""
    if isinstance(schema, dict):
        if "properties" in schema:
            schema["additionalProperties"] = False
        for part in schema.values():
            closed(part)
    elif isinstance(schema, list):
        for part in schema:
            closed(part)
    return schema


schema = json.load(open(sys.argv[1]))
jsonschema.Draft202012Validator.check_schema(schema)
strict = closed(copy.deepcopy(schema))
for path in sys.argv[2:]:
    document = json.load(open(path))
    jsonschema.validate(document, schema, cls=jsonschema.Draft202012Validator)
    jsonschema.validate(document, strict, cls=jsonschema.Draft202012Validator)
    # A schema that lets everything through would show nothing.
    for broken in ({**document, "outcome": "maybe"}, {**document, "phases": "many"},
                   {key: value for key, value in document.items() if key != "hash"}):
        try:
            jsonschema.validate(broken, schema, cls=jsonschema.Draft202012Validator)
        except jsonschema.ValidationError:
            continue
        sys.exit(f"{path}: the schema takes what is wrong")

live, offline, wrong, beyond = (json.load(open(path)) for path in sys.argv[2:])
users = next(one for one in live["datasets"] if one["name"] == "users")
assert users["rows"] == {"value": 100, "kind": "fact", "from": "count(*)"}, users
assert offline["datasets"][0]["rows"] is None and not offline["is_live"], "nobody looked"
assert live["samples"][0]["read"] == 100, live["samples"]
assert live["outcome"] == "changes" and wrong["outcome"] == "error" and beyond["outcome"] == "refused"
assert wrong["diagnostics"][0]["code"] == "M1001", wrong["diagnostics"]
assert beyond["beyond"], "what this version cannot carry out is named"
copy_of = [change for phase in live["phases"] for change in phase["changes"] if change["verb"] == "copy"]
assert copy_of[0]["takes"] == {"ns": 1_000_000_000, "bound": "at_least", "kind": "estimate",
                               "from": "100 rows at 10000 rows/s, as fast as the plan lets it"}, copy_of
