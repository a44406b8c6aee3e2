#!/usr/bin/env bash
# Plans in the simulated world, as people ask for it.  tests/cli/simulate.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
root=$(realpath "$here/../..")
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
. "$here/expect.sh"
cd "$work" || exit 1
users=$root/examples/02_users_split/plan.mig

expect 0 'ended: completed after 7d' "$mig" simulate "$users" --env prod
expect 64 'say which one with --env' "$mig" simulate "$users"
expect 0 'crash at cutover' "$mig" help simulate
expect 64 'none.scenario' "$mig" simulate "$users" --env prod --scenario none.scenario

# What `apply` refuses can be simulated.
expect 0 'ended: completed' "$mig" simulate "$root/tests/golden/plan/session_cache.mig" --env staging

printf 'set soak = 3d\nat cutover: fail\nexpect rolled_back\n' >back.scenario
expect 0 'expected: rolled_back, as it was' "$mig" simulate "$users" --env prod --scenario back.scenario
printf 'set soak = 3d\nexpect paused\n' >calm.scenario
expect 1 'ended: completed after 3d' "$mig" simulate "$users" --env prod --scenario calm.scenario
expect 0 'ended: completed after 2d' \
  "$mig" simulate "$users" --env prod --scenario <(echo 'set soak = 3d') --set soak=2d
printf 'at ramp_reads 26%%: fail\n' >wrong.scenario
expect 1 'there is no step in `ramp_reads`' "$mig" simulate "$users" --env prod --scenario wrong.scenario

"$mig" simulate "$users" --env prod --scenario back.scenario --json >one.json
"$mig" simulate "$users" --env prod --scenario back.scenario --json >two.json
cmp one.json two.json || exit 1
"$mig" simulate "$users" --env prod --scenario back.scenario --html page.html >/dev/null
/usr/bin/python3 "$here/simulate_page.py" page.html one.json || exit 1
# The same of what a browser makes of it, which says so where a page is amiss.
"$here/browse.sh" page.html >dom.html || exit 1
/usr/bin/python3 "$here/simulate_page.py" dom.html one.json || exit 1
sed 's#</body>#<script>throw new Error("amiss")</script></body>#' page.html >amiss.html
expect 1 'amiss' "$here/browse.sh" amiss.html
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
