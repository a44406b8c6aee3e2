#!/usr/bin/env bash
# Plans that are right and that this version cannot carry out: checked, drawn, and refused before anything is
# started.  tests/cli/beyond.sh MIG
set -uo pipefail
export LC_ALL=C.UTF-8
mig=$(realpath "${1:?path of mig}")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
. "$here/expect.sh"
cd "$work" || exit 1

cp "$here/../golden/plan/session_cache.mig" "$here/../golden/plan/users_table.mig" "$here/../golden/plan/features.mig" .
expect 0 'it opens no router of kind redis: edge' "$mig" check session_cache.mig
expect 0 'no router of it writes both sides (`mode = sync`): mirror/writes#1' "$mig" check session_cache.mig
expect 0 'session_cache' "$mig" graph session_cache.mig --env staging
expect 0 '"pattern": "sess:{id}"' "$mig" dump plan session_cache.mig --env staging
expect 3 'this version of mig cannot carry out `session_cache`, so nothing was started' \
  "$mig" apply session_cache.mig --env staging --yes
expect 3 'it opens no router of kind redis: edge' "$mig" apply session_cache.mig --env staging --yes
expect 3 'take out what is listed, or apply it with a version that has it' "$mig" apply users_table.mig --env staging --yes
expect 3 'its triggers carry rows over in files only (`mode = transaction`): dual_write/writes#1' \
  "$mig" apply users_table.mig --env prod --yes
expect 3 'it moves no requests of services: auth, files' "$mig" apply features.mig --plan strangle --yes
expect 3 'it does not compare answers (`shadow`): auth.look/shadow#1' "$mig" apply features.mig --plan strangle --yes
# Nothing was started: there is not even a journal.
expect 0 'features.mig session_cache.mig users_table.mig' sh -c 'echo $(ls -A)'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
