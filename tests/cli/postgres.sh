#!/usr/bin/env bash
# Commands on databases of PostgreSQL's, without a plan.
# tests/cli/postgres.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
chmod 0755 "$work"
# The server ends when we do, in whatever way.
coproc SERVER { exec "$here/../support/postgres.sh" guard "$work/server"; }
server=$SERVER_PID
keep=${SERVER[1]}
exec {keep_open}>&"$keep"
cleanup() { eval "exec $keep_open>&- $keep>&-"; wait "$server"; rm -rf "$work"; }
trap cleanup EXIT
. "$here/expect.sh"
read -r -t 60 -u "${SERVER[0]}" url || { echo 'there is no server'; exit 69; }
cd "$work" || exit 1
sql() { PGOPTIONS='-c client_min_messages=warning' psql -qAtX -v ON_ERROR_STOP=1 "$url" -c "$1"; }

# What is left is shown and taken away; passwords are shown to nobody.
secret=${url/postgres@/postgres:hush@}
expect 0 'nothing of mig is left' "$mig" doctor "$url"
sql "CREATE TABLE users(id int PRIMARY KEY); CREATE TABLE mig_ctl_lineage_users(owner text);
  CREATE FUNCTION mig_ctl_guard_users() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no''; END';
  CREATE TRIGGER mig_ctl_guard_users BEFORE INSERT ON users FOR EACH ROW EXECUTE FUNCTION mig_ctl_guard_users();
  CREATE TABLE routes(router text PRIMARY KEY, version bigint, epoch bigint, reads_share bigint, writes_authority text,
    fresh_until text, document text); INSERT INTO routes VALUES('glue', 1, 1, 0, 'new', NULL, '')"
expect 1 'refuses writes to `users`' "$mig" doctor "$url"
expect 1 'postgresql://postgres@/postgres?host=' "$mig" doctor "$secret"
expect 1 '"type": "function"' "$mig" doctor "$secret" --json
if "$mig" doctor "$secret" --json 2>&1 | grep -q hush || "$mig" doctor "$secret" --remove --yes 2>&1 | grep -q hush; then
  failed=$((failed + 1)); echo 'FAILED: a password was shown'; else passed=$((passed + 1)); fi
holds 'rows are taken again' sql 'INSERT INTO users VALUES(1)'
expect 1 'the table `routes` of postgresql://' "$mig" doctor "$url" --remove --yes
expect 0 ': 1 things taken away' "$mig" doctor "$url" --remove --yes --routes
expect 0 'nothing of mig is left' "$mig" doctor "$url"
expect 69 'the role or the database does not exist' "$mig" doctor "${url/@\/postgres/@\/none}"
# A password that is not escaped would end up in what is shown.
for place in 'a:b@hush@e/f' 'a:b@c:hush@e/f' 'a:1/hush@e/f'; do
  expect 69 'write an `@` of the password as `%40`' "$mig" doctor "postgresql://$place"
  "$mig" doctor "postgresql://$place" 2>&1 | grep -q hush && { failed=$((failed + 1)); echo "FAILED: $place was shown"; }
done

# A plan to begin with is made of a table's columns, and holds no password.
sql "CREATE TYPE mood AS ENUM('good', 'bad');
  CREATE TABLE \"Odd things\"(\"Id\" uuid PRIMARY KEY, \"where\" varchar(20) NOT NULL, price numeric(12,2), ok bool NOT NULL,
    d date, at timestamptz, r real, b bytea, tags text[], small smallint, doc jsonb, m mood, n numeric,
    twice int GENERATED ALWAYS AS (small * 2) STORED);
  CREATE TABLE spans(id int PRIMARY KEY, span interval)"
expect 0 'Wrote odd.mig' "$mig" init odd.mig --store "$url" --table 'Odd things'
tr -s ' ' <odd.mig >flat.txt
for line in 'key id: uuid { column = "Id" }' 'where_: text(20) { column = "where" }' 'price: decimal(12, 2)?' 'ok: bool' \
  'at: timestamp?' 'r: f64?' 'b: bytes?' 'tags: [text]?' 'small: i16?' 'doc: json?' 'm: text?' 'n: decimal(38, 10)?' \
  "url = \"$url\""; do
  expect 0 "$line" cat flat.txt; done
expect 0 '' "$mig" fmt --check odd.mig
expect 0 'proved safe' "$mig" check --strict odd.mig
expect 0 'Wrote kept.mig' "$mig" init kept.mig --store "$secret" --table users
expect 0 'url = secret("env:APP_DSN"); lock_timeout = 2s' cat kept.mig
expect 0 'proved safe' "$mig" check --strict kept.mig
expect 0 "Wrote live.mig" "$mig" init live.mig --store "$url" --table users --live
expect 0 "proved safe" "$mig" check --strict live.mig
expect 3 'the column `span` is declared `interval`, which mig does not carry' "$mig" init no.mig --store "$url" --table spans
expect 64 'name one with --table: Odd things, spans, users' "$mig" init no.mig --store "$url"
expect 64 'has no table `Users`' "$mig" init no.mig --store "$url" --table Users

# Types of columns are kept in pulled schemas, and hold a plan against them where no server is.
cat >plan.mig <<'PLAN'
mig 1
store app: postgres { url = secret("env:APP_DSN") }
entity User { key id: i64; ages: [i32]? }
dataset users: User in app { table = "users" }
dataset copied: User in app { table = "users_copy" }
plan move {
  from users
  to copied
  gate same { require drift(old) == 0 rows; no_data = fail }
  phase expand  { create copied }
  phase still   { accept all_at_once "nobody works at night"; writes none }
  phase move    { snapshot old -> new; require same; backup old { to = "kept.db" } }
  phase over    { point_of_no_return "only the new table is written"; writes new; drop old }
}
PLAN
pulled() {  # DECLARED TYPE
  cat <<SCHEMA
{"format": "mig.schema/1", "env": "default", "pulled_at": "2026-11-22T12:00:00Z", "stores": [{"name": "app",
 "kind": "postgres", "schema": {"dialect": "postgres", "tables": [{"name": "users", "sql": "", "foreign_keys": [],
 "indexes": [{"name": "users_pkey", "unique": true, "partial": false, "is_declared": false, "columns": ["id"]}],
 "columns": [{"name": "id", "declared": "bigint", "affinity": "integer", "not_null": true, "has_default": false,
  "key_position": 1, "is_generated": false, "type": {"wire": "int8", "name": "int8", "modifier": -1}},
 {"name": "ages", "declared": "$1", "affinity": "text", "not_null": false, "has_default": false, "key_position": 0,
  "is_generated": false, "type": $2}]}], "views": [], "triggers": []}}]}
SCHEMA
}
integers='{"wire": "array", "name": "int4[]", "modifier": -1, "element": [{"wire": "int4", "name": "int4", "modifier": -1}]}'
pulled 'integer[]' "$integers" >good.json
pulled 'interval[]' "${integers//int4/other}" >span.json
pulled 'integer[]' '{"wire": "array", "name": "int4[]", "modifier": -1}' >torn.json
expect 0 'proved safe' "$mig" check plan.mig --schema good.json
expect 1 'the column `users.ages` is declared `interval[]`, which mig does not carry as `[i32]?`' \
  "$mig" check plan.mig --schema span.json
expect 64 'it does not fit: an array is of one type of elements' "$mig" check plan.mig --schema torn.json

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
