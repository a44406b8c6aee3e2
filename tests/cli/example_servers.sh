#!/usr/bin/env bash
# Runs an example that starts a server of its own, by its own script, and looks at what it has read from there.
# tests/cli/example_servers.sh MIG MIG_APP 03|04|05|06
set -euo pipefail
mig=$(realpath "${1:?path of mig}"); app=$(realpath "${2:?path of mig_app}"); number=${3:?number of the example}
root=$(realpath "$(dirname "$0")/../..")
top=$(mktemp -d); chmod 755 "$top"; trap 'rm -rf "$top"' EXIT  # the server runs as another user
mkdir "$top/bin" "$top/examples"
ln -s "$mig" "$top/bin/mig"; ln -s "$app" "$top/bin/mig_app"
ln -s "$root/tests" "$top/tests"; ln -s "$root/examples/01_package_index" "$top/examples/"
failed=0

says() {  # PATTERN
  grep -qE -- "$1" "$top/out" && return
  failed=$((failed + 1))
  printf 'FAILED: the example does not say: %s\n' "$1"; tail -n 8 "$top/out"
}
carry_out() {  # FOLDER ARGUMENTS…
  local folder=$1 rc=0; shift
  cp -r "$root/examples/$folder" "$top/examples/"
  rm -rf "$top/examples/$folder/work"
  mkdir "$top/tmp"
  TMPDIR=$top/tmp MIG_BUILD=$top/bin "$top/examples/$folder/run.sh" "$@" >"$top/out" 2>&1 || rc=$?
  [ "$rc" -eq 0 ] || { tail -n 40 "$top/out"; echo "FAILED: $folder ended with $rc"; exit 1; }
  # The server, its socket and its folder are gone.
  [ -z "$(ls "$top/tmp")" ] || { failed=$((failed + 1)); printf 'FAILED: it left %s\n' "$(ls "$top/tmp")"; }
  says 'drift\([a-z_]+\) == 0 rows: 0 rows'
  says '^  judged .* [1-9][0-9]* acknowledged writes, .*: 0 faults'
}

case $number in
  03)
    carry_out 03_sqlite_to_postgres --sample
    says '^split_index is completed'
    says '^  before +300 packages'
    says '^  after +[0-9]+ packages, [0-9]+ maintainers, [0-9]+ dependencies'
    says '^  rejected +3, '
    says '^  the time +is timestamp with time zone'
    says '^  old table +dropped'
    ;;
  04)
    carry_out 04_postgres_split --rows 3000
    says '^split_users is completed'
    says '^  before +3000 users'
    says '^  after +[0-9]{4} users, [0-9]{4} addresses'
    says '^  rejected +1 \(half an address\)'
    says '^  backup +3[0-9]{3} users, restored'
    says '^  old table +dropped'
    says '^  triggers +0 left'
    ;;
  05)
    carry_out 05_redis_cache --rows 3000
    says '^move_sessions is completed'
    says '^  before +3000 sessions'
    says '^  after +3[0-9]{3} sessions'
    says '^  expiries +1500 of the loaded ones expire, 0 at another millisecond'
    says '^  old keys +0 left'
    ;;
  06)
    carry_out 06_postgres_to_redis --rows 3000
    says '^move_sessions is completed'
    says '^  before +3000 rows'
    says '^  after +3[0-9]{3} hashes; s:10 is .*note page 1 of the catalogue'
    says '^  old table +dropped'
    says '^  triggers +0 left'
    ;;
esac
[ "$failed" -eq 0 ] && echo "example $number: to the end, beside an application"
