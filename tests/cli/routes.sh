#!/usr/bin/env bash
# A plan whose reads move in shares through a table: what the preview shows, and the document in the
# application's own database, held against its JSON Schema.  tests/cli/routes.sh MIG
set -euo pipefail
mig=$(realpath "${1:?path of mig}")
root=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cp "$root/tests/scenarios/read_shares/plan.mig" .
sqlite3 shop.db <"$root/tests/scenarios/read_shares/shop.sql"
failed=0

same() {
  [ "$2" = "$3" ] && return
  failed=$((failed + 1))
  printf 'FAILED: %s\n  wanted %s\n  seen   %s\n' "$1" "$2" "$3"
}

"$mig" preview plan.mig --json >reviewed.json
shares() { /usr/bin/python3 -c 'import json
for phase in json.load(open("reviewed.json"))["phases"]:
    for change in phase["changes"]:
        if change["sign"] == "share": print(change["what"], "<-", change["way_back"])'; }
"$mig" apply plan.mig --yes >/dev/null 2>&1
same 'the preview of a share' \
  'reads go to new 5% by customer, at most 5s old, old on error or timeout <- reads new 0.1% by id, old on error' \
  "$(shares | sed -n 3p)"
same 'the preview of everything' 'reads go to new <- reads new 50% by customer, id' \
  "$(shares | grep -F '<- reads new 50% by customer')"
same 'the row' 'app_switch|7|1000000000|new|' \
  "$(sqlite3 shop.db 'SELECT router, version, reads_share, writes_authority, fresh_until FROM mig_routes')"
sqlite3 shop.db 'SELECT document FROM mig_routes' >document.json
traffic=$root/runtime/traffic
same 'the document' '15 documents taken, 16 refused' \
  "$(/usr/bin/python3 "$root/tests/clients/schema.py" "$traffic/routes.schema.json" "$traffic/vectors.json" document.json)"
[ "$failed" -eq 0 ] && echo '4 passed, 0 failed'
