#!/usr/bin/env bash
# The GitHub action as a workflow runs it, with its comments on a server of our own.  tests/cli/action.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
action=$(realpath "$here/../../.github/actions/mig")
work=$(mktemp -d); server=''
trap '[ -z "$server" ] || kill "$server"; rm -rf "$work"' EXIT
. "$here/expect.sh"
cd "$work" || exit 1

comments() { jq -r '[.[] | select(.id > 120)] | '"$1" comments.json; }

holds 'the action is well formed' /usr/bin/python3 "$here/action_form.py" "$action/action.yml"
/usr/bin/python3 "$here/github.py" port comments.json 2>server.log &
server=$!
until [ -s port ]; do kill -0 "$server" || exit 1; done
echo '{"pull_request": {"number": 7}}' >event.json
export GITHUB_API_URL=http://127.0.0.1:$(cat port) GITHUB_REPOSITORY=shop/data GITHUB_EVENT_PATH=$work/event.json
export GITHUB_OUTPUT=$work/output GITHUB_STEP_SUMMARY=$work/summary.md
export MIG_PROGRAM=$mig MIG_TOKEN=secret-token MIG_FILE=plan.mig MIG_SAVE=out.migplan

cat >plan.mig <<'PLAN'
mig 1
param longest: duration = 1h in 1m..4h
env prod { longest = 2h }
env ci { longest = 1m }
store app: sqlite { path = "app.db" }
router glue: file { path = "routes.json" }
entity User { key id: i64; name: text(100) }
dataset users: User in app { table = "users" }
dataset copied: User in app { table = "users_copy" }
plan move {
  from users
  to copied
  through glue
  gate same { require drift(old) == 0 rows; no_data = fail }
  phase expand  { create copied }
  phase still   { accept all_at_once "nobody works at night" { max_downtime = longest }; writes none }
  phase move    { snapshot old -> new; require same; backup old { to = "kept.db" }; approve "dba" { by_author = true } }
  phase over    { reads new; point_of_no_return "only the new table is written"; writes new; drop old }
}
PLAN
sqlite3 app.db 'PRAGMA journal_mode = wal; CREATE TABLE users(id INTEGER PRIMARY KEY, name TEXT NOT NULL);
  INSERT INTO users VALUES(1, '"'Ada'"')' >/dev/null

MIG_ENV=prod expect 0 'a comment was added' "$action/run.sh"
holds 'it says what would be destroyed' test "$(comments '.[0].body | contains("drop users: 1 row deleted")')" = true
holds 'the outputs are set' grep -qx 'outcome=changes' output
holds 'the summary is the comment' grep -q 'mig preview: `move` on \*\*prod\*\*: ready' summary.md
MIG_ENV=prod expect 0 'comment 121 was edited' "$action/run.sh"
MIG_ENV=ci expect 0 'a comment was added' "$action/run.sh"
cp out.migplan first.migplan
sed -i 's/longest = 2h/longest = 3h/' plan.mig
MIG_ENV=prod MIG_SINCE=first.migplan expect 0 'comment 121 was edited' "$action/run.sh"
holds 'there are two comments' test "$(comments length)" = 2
holds 'it says what is different' test "$(comments '.[0].body | contains("param longest: 1m -> 3h")')" = true
sed 's/create copied/create copies/' plan.mig >wrong.mig
MIG_FILE=wrong.mig MIG_ENV=prod expect 1 'a comment was added' "$action/run.sh"
holds 'a mistake is a comment, too' test "$(comments '.[2].body | contains("M1001")')" = true
MIG_TOKEN=other MIG_ENV=prod expect 1 'Bad credentials' "$action/run.sh"
MIG_COMMENT=false MIG_ENV=prod expect 0 'mig preview' "$action/run.sh"
echo '{}' >event.json
MIG_ENV=prod expect 0 'no pull request' "$action/run.sh"
MIG_COMMAND=destroy expect 64 'knows preview and apply' "$action/run.sh"
MIG_FILE='plan.mig; touch owned' expect 64 'plan.mig; touch owned' "$action/run.sh"
holds 'no input is a command' test ! -e owned

MIG_COMMAND=apply MIG_FILE=out.migplan expect 0 'waits for the approval of' "$action/run.sh"
holds 'CI is told that it waits' test "$(sed -n 's/^outcome=//p' output | tail -1)" = waiting
expect 0 '' "$mig" approve dba --because 'looked at'
MIG_COMMAND=apply MIG_FILE=out.migplan expect 0 'is completed' "$action/run.sh"
holds 'CI is told the end' test "$(sed -n 's/^outcome=//p' output | tail -1)" = completed
MIG_COMMAND=apply MIG_FILE=out.migplan expect 3 'was completed by run' "$action/run.sh"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
