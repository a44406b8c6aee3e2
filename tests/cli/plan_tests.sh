#!/usr/bin/env bash
# `mig test`: what it says, its exit codes, and that a seed makes the same rows again.  tests/cli/plan_tests.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
root=$(realpath "$here/../..")
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
. "$here/expect.sh"
cd "$work" || exit 1

for example in 01_package_index 02_users_split 03_sqlite_to_postgres 04_postgres_split; do
  expect 0 '1000 random ones' "$mig" test "$root/examples/$example/plan.mig"
done
expect 0 '"half an address stays behind" of split' "$mig" test "$root/examples/02_users_split/plan.mig"
expect 0 'nothing to test' "$mig" test "$root/examples/01_package_index/at_night.mig"
expect 0 'mig test plan.mig --rows' "$mig" help test

cat >wrong.mig <<'PLAN'
mig 1
use std.text (trim)
env prod { }
store app: sqlite { path = "app.db" }
entity Old { key id: i64; name: text; where name != "\u{0}" else "no name" }
entity New { key id: i64; name: text }
dataset olds: Old in app { table = "olds" }
dataset news: New in app { table = "news" }
transform there(o: Old) -> New { emit New { id = o.id; name = trim(o.name) } }
transform back_again(n: New) -> Old { emit Old { id = n.id; name = n.name } }
test "it trims" of there { given Old { id = 1; name = " a " }; expect New { name = "a" } }
test "it does not" of there { given Old { id = 1; name = " a " }; expect New { name = " a " } }
plan move { from olds; to news; via there; back back_again; phase one { create news } }
PLAN
expect 1 'error[M3011]: `back_again` does not undo `there`' "$mig" test wrong.mig
expect 1 'error[M3031]: the test `it does not` fails' "$mig" test wrong.mig
expect 1 'ok      "it trims" of there' "$mig" test wrong.mig
expect 1 'the row: Old { id = 0; name = " " }' "$mig" test wrong.mig --seed 4
expect 1 'error[M3011]' "$mig" test wrong.mig "$root/examples/02_users_split/plan.mig" --rows 1
expect 1 'M3011' "$mig" test wrong.mig --env prod
expect 64 'no environment `staging`' "$mig" test wrong.mig --env staging
expect 64 'missing.mig' "$mig" test missing.mig
expect 64 '--rows' "$mig" test wrong.mig --rows 0
expect 64 'FILE' "$mig" test
sed 's/trim(o.name)/trm(o.name)/' wrong.mig >broken.mig
expect 1 'M1001' "$mig" test broken.mig

# Not one row is accepted: nothing was tried, and that is no success.
sed 's/name != .*$/name == "only this and nothing else" and name != "only this and nothing else" else "no name" }/
  /^test/d' wrong.mig >closed.mig
expect 1 'nothing move: `back back_again`' "$mig" test closed.mig
expect 1 'most are rejected because of Old: no name' "$mig" test closed.mig

# The printed seed makes the same rows again, and so the same counterexample.
"$mig" test wrong.mig --json >first.json; "$mig" test wrong.mig --json >again.json
cat >look.py <<'PY'
import json, sys
first, again, seeded = [[json.loads(line) for line in open(name)] for name in sys.argv[1:4]]
for one in first + again + seeded:
    assert one.pop('took_ms') >= 0 and one['format'] == 'mig.test/1.0', one
assert first == again == seeded, (first, seeded)
assert [(one['kind'], one['outcome']) for one in first] == [('test', 'ok'), ('test', 'failed'), ('inverse', 'failed')]
inverse = first[-1]
assert inverse['rows']['generated'] == 1000 and inverse['rows']['boundary'] > 50, inverse['rows']
assert inverse['rejected_because'] == {'Old: no name': inverse['rows']['rejected']}, inverse
assert inverse['diagnostics'][0]['code'] == 'M3011' and inverse['diagnostics'][0]['notes'], inverse
print('equal')
PY
seed=$(python3 -c 'import json; print([json.loads(line) for line in open("first.json")][-1]["seed"])')
"$mig" test wrong.mig --json --seed "$seed" >seeded.json
expect 0 'equal' python3 look.py first.json again.json seeded.json

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
