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

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
