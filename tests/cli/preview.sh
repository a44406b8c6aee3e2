#!/usr/bin/env bash
# Previews as people and CI read them, and that what was reviewed is what runs.
# tests/cli/preview.sh MIG [--update]
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}"); update=${2:-}
here=$(cd "$(dirname "$0")" && pwd)
root=$(realpath "$here/../..")
golden=$root/tests/golden/preview
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
. "$here/expect.sh"
unset CI GITHUB_OUTPUT
cd "$work" || exit 1

# What differs from one machine and moment to the next.
steady() {
  sed -E 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z/MOMENT/g; s/(review) [0-9a-f]{4} [0-9a-f]{4} [0-9a-f]{4}/\1 REVIEW/'
}
same() {  # NAME COMMAND…: standard output is what NAME says
  local name=$1; shift
  local actual
  actual=$("$@" 2>/dev/null </dev/null | steady)
  if [ "$update" = --update ]; then printf '%s\n' "$actual" >"$golden/$name"; fi
  if [ "$actual" = "$(cat "$golden/$name")" ]; then passed=$((passed + 1)); else
    failed=$((failed + 1)); printf 'FAILED: %s\n' "$name"; diff "$golden/$name" <(echo "$actual"); fi
}

store() {  # two tables of users, one of them made by the plan
  rm -rf app.db* .mig routes.json kept.db
  sqlite3 app.db "PRAGMA journal_mode = wal; CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
    INSERT INTO users SELECT i, 'user ' || i FROM n" >/dev/null
}
cat >users.mig <<'PLAN'
mig 1
param longest: duration = 1h in 1m..4h
store app: sqlite { path = "app.db" }
router glue: file { path = "routes.json" }
entity User { key id: i64; name: text(100) }
dataset users: User in app { table = "users" }
dataset copied: User in app { table = "users_copy" }
## Users move to a table of their own.
plan move {
  from users
  to copied
  through glue
  gate same { require drift(old) == 0 rows; no_data = fail }
  phase expand  { create copied }
  phase still   { accept all_at_once "nobody works at night" { max_downtime = longest }; writes none }
  phase move    { snapshot old -> new { rate = 10_000 rows/s }; require same; backup old { to = "kept.db"; keep = 30d } }
  phase decide  { approve "team-dba" { by_author = true } }
  phase over    { reads new; point_of_no_return "only the new table | is written <b>"; writes new }
  phase cleanup { drop old }
}
PLAN

# ---- what is shown
store
same users.txt "$mig" preview users.mig
same users.offline.txt "$mig" preview users.mig --offline
same users.md "$mig" preview users.mig --md
same users.svg "$mig" preview users.mig --graph svg
same users.dot "$mig" preview users.mig --graph dot
same users.mermaid "$mig" preview users.mig --graph mermaid
cd "$root" || exit 1
same session_cache.txt "$mig" preview tests/golden/plan/session_cache.mig --env staging
for example in 01_package_index 02_users_split; do
  same "$example.txt" "$mig" preview "examples/$example/plan.mig" --env prod --offline
done
cd "$work" || exit 1
holds 'a preview fits a terminal' bash -c "! cat '$golden'/*.txt | grep -E '^.{101,}'"
expect 0 'Users move to a table of their own' "$mig" users.mig
expect 2 'way back' "$mig" preview users.mig --detailed-exitcode
expect 1 'M1001' "$mig" preview <(sed 's/create copied/create copies/' users.mig)
expect 64 'at most 1' "$mig" preview users.mig --json --md
holds 'nothing was written' test ! -e .mig -a ! -e routes.json -a ! -e kept.db

# ---- what the README shows
cp -r "$root/examples/01_package_index" example && mkdir -p example/work && rm -rf example/work/* && cd example || exit 1
./load.sh work/legacy.db --sample >/dev/null 2>&1
"$mig" preview plan.mig --env prod >"$work/readme.txt" 2>/dev/null
"$mig" preview plan.mig --env prod --md >"$work/readme.md" 2>/dev/null
cd "$work" || exit 1
holds 'the README shows what mig says' /usr/bin/python3 "$here/readme_preview.py" "$root/README.md" readme.txt readme.md \
  $update

# ---- forms that programs read
holds 'the schema is not stale' diff "$root/runtime/cli/preview/preview.schema.json" <("$mig" show --schema)
"$mig" preview users.mig --json >live.json
"$mig" preview users.mig --offline --json >offline.json
"$mig" preview <(sed 's/create copied/create copies/' users.mig) --json >wrong.json 2>/dev/null
"$mig" preview "$root/tests/golden/plan/session_cache.mig" --env staging --json >beyond.json 2>/dev/null
holds 'JSON fits its schema' /usr/bin/python3 "$here/preview_json.py" "$root/runtime/cli/preview/preview.schema.json" \
  live.json offline.json wrong.json beyond.json
sed 's/writes none/writes old/' users.mig >unsafe.mig
"$mig" preview unsafe.mig --sarif >unsafe.sarif 2>/dev/null
"$mig" check --sarif unsafe.mig users.mig >check.sarif 2>/dev/null
holds 'SARIF says where, and shows the run' /usr/bin/python3 "$here/sarif.py" unsafe.sarif check.sarif
GITHUB_OUTPUT=$work/outputs "$mig" preview users.mig >/dev/null 2>&1
holds 'CI is told the outcome' grep -qx 'outcome=changes' outputs
holds 'CI is told the marker' grep -qx 'point_of_no_return=over' outputs

# ---- a comment stays a comment
{
  sed '/^plan move/,$d' users.mig
  echo 'plan move { from users; to copied; gate same { require drift(old) == 0 rows; no_data = fail }'
  echo 'phase still { accept all_at_once "why"; writes none }'
  for i in $(seq 1 1500); do echo "phase p$i { approve \"someone-with-a-rather-long-name-$i\" }"; done
  echo 'phase move { create copied; snapshot old -> new; require same; backup old { to = "kept.db" } }'
  echo 'phase over { point_of_no_return "it is over"; writes new }  phase end { drop old } }'
} >long.mig
"$mig" preview long.mig --md >long.md 2>/dev/null
holds 'a long comment is short enough' test "$(wc -m <long.md)" -le 60000
holds 'and still says what is destroyed' grep -q '➖ drop users: 100 rows deleted' long.md
holds 'and where no way back is' grep -q 'point of no return' long.md

# ---- what was reviewed is what runs
expect 64 'bound to the stores' "$mig" preview users.mig --offline --save out.migplan
expect 0 'mig apply out.migplan' "$mig" preview users.mig --save out.migplan
same saved.txt "$mig" show out.migplan
holds 'what is shown is what was saved' diff <("$mig" show out.migplan --json | grep -v valid_until) \
  <(/usr/bin/python3 -c 'import json; print(json.dumps(json.load(open("out.migplan"))["saved"]["preview"], indent=1, sort_keys=True, ensure_ascii=False))' | grep -v valid_until)
holds 'no store is named but by its path' bash -c "! grep -q '$work' out.migplan"
expect 64 'as it was reviewed' "$mig" apply out.migplan --set longest=2h
sed 's/1h in/2h in/' users.mig >changed.mig && mv changed.mig users.mig   # whatever the file says now
expect 3 'the plan means something else' "$mig" preview users.mig \
  --verify-hash "$(sed -n 's/^source_hash=//p' outputs)"
expect 0 'longest: 1h -> 2h' "$mig" preview users.mig --since out.migplan

sqlite3 app.db 'ALTER TABLE users ADD COLUMN nick TEXT'
expect 3 '+CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL, nick TEXT)' "$mig" apply out.migplan
holds 'nothing began' test ! -e kept.db -a -z "$(sqlite3 app.db "SELECT name FROM sqlite_master WHERE name LIKE 'mig%'")"
sqlite3 app.db 'ALTER TABLE users DROP COLUMN nick; DELETE FROM users WHERE id > 70'
expect 3 '`users` had 100 rows, and has 70 now' "$mig" apply out.migplan
sqlite3 app.db "INSERT INTO users VALUES(3_000_000_000, 'last')" 2>/dev/null ||
  sqlite3 app.db "INSERT INTO users VALUES(3000000000, 'last')"
expect 3 'keys of `users` went to 100, and go to 3_000_000_000 now' "$mig" apply out.migplan
cp app.db elsewhere.db && mv elsewhere.db app.db
expect 3 'is another one than was looked at' "$mig" apply out.migplan --accept-growth
for damage in 's/team-dba/anybody/' '$d' 's/mig.plan.1/mig.plan.9/'; do
  sed "$damage" out.migplan >damaged.migplan
  expect 3 'cannot be applied' "$mig" apply damaged.migplan
done
expect 3 'cannot be shown' "$mig" show damaged.migplan
/usr/bin/python3 "$here/age_plan.py" out.migplan >old.migplan
expect 3 'was valid until 2020-01-01T00:00:00Z' "$mig" apply old.migplan

# ---- once
store
sed -i 's/2h in/1h in/' users.mig
holds 'a fresh review' "$mig" preview users.mig --save out.migplan
expect 7 'waits for' "$mig" apply out.migplan --until-blocked --detailed-exitcode
expect 7 'waits for' "$mig" apply out.migplan --until-blocked --detailed-exitcode
holds 'one run' test "$("$mig" list --json | wc -l)" -eq 1
expect 0 '' "$mig" approve team-dba --because 'looked at'
expect 0 'is completed' env CI=true "$mig" apply out.migplan
expect 3 'was completed by run' "$mig" apply out.migplan
rm -rf .mig
expect 3 'was completed here already' "$mig" apply out.migplan
expect 0 'was completed here already' "$mig" preview users.mig --detailed-exitcode
store
holds 'a fresh review' "$mig" preview users.mig --save out.migplan
expect 7 'waits for' "$mig" apply out.migplan --until-blocked --detailed-exitcode
expect 0 'is rolled back' "$mig" rollback --because 'not today'
expect 3 'this saved plan was used by run' "$mig" apply out.migplan
expect 64 'there is no terminal to ask at' env CI=true "$mig" apply users.mig
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
