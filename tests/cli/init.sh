#!/usr/bin/env bash
# Plans that `mig init` writes: right, formatted, and fitting the table that they were made of.
# tests/cli/init.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
. "$here/expect.sh"
cd "$work" || exit 1

sqlite3 shop.db "PRAGMA journal_mode = wal;
  CREATE TABLE \"Odd things\"(\"the key\" INTEGER PRIMARY KEY, \"where\" VARCHAR(20) NOT NULL,
    price DECIMAL(12,2), ok BOOLEAN NOT NULL, d DATE, at DATETIME, n NUMERIC, r REAL, b BLOB, x, \"A-b\" INT,
    \"A b\" INT, \"9\" CHARACTER(3),
    twice INTEGER GENERATED ALWAYS AS (\"A b\" * 2) VIRTUAL);
  INSERT INTO \"Odd things\" VALUES(1, 'a', 12.5, 1, '2026-01-01', '2026-01-01T00:00:00Z', 3, 1.5, x'00', 'q', 1, 2,
    'abc'), (2, 'b', NULL, 0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);" >/dev/null

expect 0 'Wrote plan.mig' "$mig" init
expect 64 'plan.mig is there already' "$mig" init
expect 0 'Wrote live.mig' "$mig" init live.mig --live
expect 0 'Wrote odd.mig' "$mig" init odd.mig --store shop.db
mkdir plans
sqlite3 plain.db "PRAGMA journal_mode = wal; CREATE TABLE plain(id INTEGER PRIMARY KEY, s TEXT, r REAL, b BLOB);
  INSERT INTO plain VALUES(1, 'a', 1.5, x'00'), (2, NULL, NULL, NULL)" >/dev/null
expect 0 'Wrote plans/plain.mig' "$mig" init plans/plain.mig --store plain.db --live
expect 3 'the column `price` is declared `DECIMAL(12,2)`' "$mig" init no.mig --store shop.db --live
expect 0 '' "$mig" fmt --check plan.mig live.mig odd.mig plans/plain.mig
for plan in plan live odd plans/plain; do expect 0 'proved safe' "$mig" check --strict "$plan.mig"; done
expect 0 'path = "../plain.db"' cat plans/plain.mig
expect 0 '2 rows carried over: 2 ok, 0 rejected' "$mig" preview odd.mig
expect 0 '2 rows carried over: 2 ok, 0 rejected' "$mig" preview plans/plain.mig
expect 0 'waits for the approval' "$mig" apply odd.mig --yes --until-blocked
expect 0 '' "$mig" approve owner --because 'looked at'
expect 0 'is completed' "$mig" apply odd.mig --yes

sqlite3 two.db 'CREATE TABLE a(id INTEGER PRIMARY KEY); CREATE TABLE b(id INTEGER PRIMARY KEY, s TEXT)'
expect 64 'name one with --table: a, b' "$mig" init two.mig --store two.db
expect 64 'two.db has no table `c`' "$mig" init two.mig --store two.db --table c
expect 0 'Wrote two.mig' "$mig" init two.mig --store two.db --table b
sqlite3 none.db 'VACUUM'
expect 64 'create one first' "$mig" init none.mig --store none.db
expect 64 'missing.db' "$mig" init missing.mig --store missing.db
expect 69 'cannot be written' "$mig" init no/such/plan.mig
[ ! -e missing.mig ] && [ ! -e missing.db ] && passed=$((passed + 1)) || { failed=$((failed + 1)); echo 'FAILED: files were made'; }
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
