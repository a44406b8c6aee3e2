#!/usr/bin/env python3
"""A saved plan as it would be had it been saved long ago.  age_plan.py SAVED"""
import hashlib
import json
import sys

saved = json.load(open(sys.argv[1]))
saved["saved"]["preview"]["valid_until"] = "2020-01-01T00:00:00Z"
text = json.dumps(saved["saved"], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
saved["checksum"] = hashlib.sha256(text.encode()).hexdigest()
print(json.dumps(saved))
