#!/usr/bin/env bash
# Carries the plan at_night.mig of examples/01_package_index out on its small index, through the command line and nothing else:
# once to the end, and once back from the approval and then to the end.  tests/cli/example.sh MIG
set -euo pipefail
mig=$(realpath "${1:?path of mig}")
example=$(realpath "$(dirname "$0")/../../examples/01_package_index")
top=$(mktemp -d); trap 'rm -rf "$top"' EXIT
failed=0

same() {  # WHAT WANTED GOT
  [ "$2" = "$3" ] && return
  failed=$((failed + 1))
  printf 'FAILED: %s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$3"
}

exits() {  # CODE COMMAND…  its output is left in $output
  local code=$1 rc=0; shift
  output=$("$@" 2>&1 </dev/null) || rc=$?
  same "exit of $*" "$code" "$rc"
  [ "$rc" -eq "$code" ] || printf '%s\n' "$output"
}

says() { grep -qF -- "$1" <<<"$output" || same 'the output' "$1" "$output"; }
count() { sqlite3 -readonly "$1" "select count(*) from $2"; }

begin() {  # a fresh folder with the plan and the legacy table
  mkdir -p "$top/$1/work"
  cd "$top/$1"
  cp "$example/at_night.mig" plan.mig
  "$example/load.sh" work/legacy.db --sample >/dev/null
  same 'rows of the sample' 300 "$(count work/legacy.db packages)"
}

# mig's own bookkeeping may stay; everything else has to be as it was.
legacy() { sqlite3 -readonly work/legacy.db .dump | grep -v mig_ctl_ ; }

until_approval() {
  exits 0 "$mig" apply plan.mig --env ci --yes --until-blocked --max-wait 10s
  says 'shop-owner'
}

to_the_end() {
  exits 0 "$mig" approve shop-owner --because 'counts looked at'
  exits 0 "$mig" apply plan.mig --env ci --yes
  says 'split_index is completed.'
  same packages     297  "$(count work/catalog.db packages)"
  same maintainers  20   "$(count work/catalog.db maintainers)"
  same dependencies "$1" "$(count work/catalog.db dependencies)"
  same rejected "1 the installed size is no number;1 the maintainer has no e-mail address;1 two maintainers in one field;" \
    "$(sqlite3 -readonly -separator ' ' -newline ';' work/catalog.db \
      'select count(*), reason from mig_ctl_reject group by reason order by reason')"
  same 'the old table' 0 "$(count work/legacy.db "sqlite_master where name = 'packages'")"
  same 'the routes' '1000000000 new' "$(sqlite3 -separator ' ' :memory: \
    "select json_extract(r, '\$.reads.share'), json_extract(r, '\$.writes.authority') from (select readfile('work/routes.json') r)")"
  same 'rows of the backup' 300 "$(count work/packages.backup.db packages)"
}

# What both runs have in common: not whom a run refused, not how often a gate was looked at.
story() { grep -v -e ' refused: ' -e '  gate ' <<<"$output"; }

# What the transform has to find, counted in the old table by other means.
begin forward
unsized=$(count work/legacy.db "packages where coalesce(\"Installed-Size\", '') = ''")
dependencies=$(sqlite3 -readonly work/legacy.db "
  select sum(length(Depends) - length(replace(Depends, ', ', ' ')) + 1) from packages
  where Depends <> '' and Package not in
    (select Package from packages where Maintainer not like '%@%' or Maintainer like '%>%<%'
      or trim(\"Installed-Size\") = 'unknown')")

exits 0 "$mig" check plan.mig
exits 64 "$mig" apply plan.mig --env ci
says '--yes'
same 'the new file before the first apply' '' "$(ls work | grep catalog || true)"
until_approval
exits 7 "$mig" apply plan.mig --env ci --yes --until-blocked --detailed-exitcode
exits 0 "$mig" status
says 'mig approve "shop-owner"'
exits 3 "$mig" approve somebody-else
to_the_end "$dependencies"
same 'typed columns' 'integer integer text' "$(sqlite3 -readonly -separator ' ' work/catalog.db "
  select typeof(installed_kib), typeof(download_bytes), typeof(updated_at) from packages where name = '0ad-data'")"
same 'sizes that the old table did not have' "$unsized" "$(count work/catalog.db 'packages where installed_kib is null')"
same 'empty homepages' 0 "$(count work/catalog.db "packages where homepage = ''")"
same 'addresses in upper case' 0 "$(count work/catalog.db 'maintainers where email <> lower(email)')"
same 'a dependency in parts' '3|libglu1-mesa||libglu1' "$(sqlite3 -readonly work/catalog.db "
  select position, needs, bound, otherwise from dependencies where package = 'cultivation' and position = 3")"
exits 3 "$mig" apply plan.mig --env ci --yes
exits 0 "$mig" list
says 'completed'
exits 0 "$mig" log --canonical
forward=$(story)

begin back
before=$(legacy)
until_approval
exits 0 "$mig" rollback --because 'not today'
same 'the old table after the way back' "$before" "$(legacy)"
same 'tables left on the new side' '' "$(sqlite3 -readonly work/catalog.db \
  "select group_concat(name) from sqlite_master where name not glob 'mig_ctl_*' and name not glob 'sqlite_*'")"
same 'the routing file after the way back' '' "$(ls work | grep routes || true)"
exits 0 "$mig" list
says 'rolled_back'
until_approval
to_the_end "$dependencies"
exits 0 "$mig" log --canonical
same 'the log after a way back' "$forward" "$(story)"

[ "$failed" -eq 0 ] && echo "example 01: forward, back and forward again"
