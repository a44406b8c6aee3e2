"""The JSON Schema of the routing document against documents that it has to take and to refuse.

  schema.py SCHEMA VECTORS [DOCUMENT]...
"""
import copy
import json
import sys

import jsonschema

schema, vectors, *more = (json.load(open(path, encoding="utf-8")) for path in sys.argv[1:])
jsonschema.Draft7Validator.check_schema(schema)
validator = jsonschema.Draft7Validator(schema)

documents = [decision["document"] for decision in vectors["decisions"]] + more
for document in documents:
    validator.validate(document)

# Each changes one place of a good document into what no document may say.
DAMAGES = [
    (("format",), "mig.routes/1"),
    (("version",), 0),
    (("changed_at",), "yesterday"),
    (("fresh_until",), 5),
    (("key", "by"), []),
    (("key", "salt"), "glue"),
    (("reads", "share"), 1_000_000_001),
    (("reads", "share"), 0.5),
    (("reads", "control"), 600_000_000),
    (("reads", "where"), [{"attribute": "region", "in": []}]),
    (("reads", "fallback"), ["luck"]),
    (("writes", "authority"), "both"),
    (("writes", "mirror"), "old"),
    (("writes", "mode"), "follow"),
    (("writes", "share"), 100_000_000),
    (("more",), True),
]
for path, value in DAMAGES:
    document = copy.deepcopy(vectors["decisions"][0]["document"])
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    if validator.is_valid(document):
        sys.exit(f"the schema takes {'.'.join(path)} = {value!r}")
print(f"{len(documents)} documents taken, {len(DAMAGES)} refused")
