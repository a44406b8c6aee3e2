#!/usr/bin/env bash
# Carries examples/02_users_split out beside the application that it is about, and judges what that was told: once to
# the end; once back from the middle of the ramp, once back from after the cutover, and then to the end.
# tests/cli/example_live.sh MIG MIG_APP
set -euo pipefail
mig=$(realpath "${1:?path of mig}"); app=$(realpath "${2:?path of mig_app}")
example=$(realpath "$(dirname "$0")/../../examples/02_users_split")
top=$(mktemp -d)
application=; migration=
stop() {
  for work in "$top"/*/work; do touch "$work/stop"; done
  [ -z "$migration" ] || kill "$migration" 2>/dev/null || true
  wait
  rm -rf "$top"
}
trap stop EXIT
failed=0

same() {  # WHAT WANTED GOT
  [ "$2" = "$3" ] && return
  failed=$((failed + 1))
  printf 'FAILED: %s\n  wanted: %s\n  got:    %s\n' "$1" "$2" "$3"
}

give_up() { printf 'FAILED: %s\n' "$1"; tail -n 30 apply.out app.err; exit 1; }

ask() { sqlite3 -readonly -cmd '.timeout 5000' work/app.db "$1" 2>/dev/null || true; }

until_holds() {  # WHAT COMMAND…  while the migration runs
  local what=$1 waits=0; shift
  until "$@"; do
    kill -0 "$migration" 2>/dev/null || give_up "the run ended before $what"
    waits=$((waits + 1))
    [ "$waits" -lt 1200 ] || give_up "no $what in two minutes"
    sleep 0.1
  done
}

begin() {  # a fresh folder with the plan and the table of users
  mkdir -p "$top/$1/work"
  cd "$top/$1"
  cp "$example/plan.mig" .
  "$example/load.sh" work/app.db --rows 3000 >/dev/null
  same 'users' 3000 "$(ask 'select count(*) from users')"
}

start_application() {  # SEED
  rm -f work/stop
  "$app" run work --moves users --history "work/history-$1" --report work/report.jsonl --until work/stop \
    --keys 200 --seed "$1" >"app-$1.json" 2>app.err &
  application=$!
}

judge() {  # SEED AUTHORITY  every acknowledged write of all clients so far is there, and nothing came back
  touch work/stop
  wait "$application" || give_up 'the application'
  local judged rc=0
  judged=$("$app" check work --moves users --history work/history-* --authority "$2") || rc=$?
  same "the judge's exit, with the $2 side" 0 "$rc"
  [ "$rc" -eq 0 ] || printf '%s\n' "$judged"
  same 'writes that were acknowledged' 1 "$(("$(told "$1" acknowledged)" > 50))"
}
told() { sqlite3 :memory: "select json_extract(readfile('app-$1.json'), '\$.$2')"; }

start_migration() {
  : >apply.out
  "$mig" apply plan.mig --env ci --yes "$@" >>apply.out 2>&1 &
  migration=$!
}
end_migration() {  # CODE STATE
  local code=$1 rc=0; shift
  wait "$migration" || rc=$?
  migration=
  same "exit of a run that is $1" "$code" "$rc"
  grep -q "^split_users is $1" apply.out || give_up "no run that is $1"
}

reads_are_at() { [ "$(ask 'select reads_share from mig_routes')" -ge "$1" ] 2>/dev/null; }
says() { grep -q "$1" apply.out; }
objects() { ask "select name from sqlite_master where name not glob 'mig_ctl_*' and name not glob 'sqlite_*' order by name"; }

to_the_end() {  # SEED
  start_migration
  until_holds 'an approval that it waits for' says 'waits for the approval'
  "$mig" approve team-dba --because 'the backup was read' >/dev/null
  end_migration 0 completed
  judge "$1" new
  same 'tables at the end' 'mig_routes user_addresses users_v2' "$(objects | tr '\n' ' ' | sed 's/ $//')"
  same 'the routes' '1000000000|new' "$(ask 'select reads_share, writes_authority from mig_routes')"
  same 'reads that the new side answered' 1 "$(("$(told "$1" reads_new)" > 0))"
  same 'writes that were refused behind the switch' 1 "$(("$(told "$1" refused)" > 0))"
  same 'what the last comparison found' 0 "$(drift)"
  # What the transform has to find, by other means: of the users that the application left alone.
  same 'users that are another than they were' 0 "$(sqlite3 -readonly work/backups/users.sqlite "
    attach 'work/app.db' as app;
    select count(*) from users o left join app.users_v2 n using (id) left join app.user_addresses a on a.user_id = o.id
    where o.id % 10 = 0 and (o.addr_line is null) = (o.addr_city is null) and
      (trim(n.first_name || ' ' || n.last_name), n.email, a.line, a.city, a.zip, n.created_at) is not
      (trim(o.full_name), lower(o.email), o.addr_line, o.addr_city, iif(o.addr_line is null, null, o.addr_zip),
       strftime('%Y-%m-%dT%H:%M:%S.000000Z', o.created_at))")"
  same 'rejects' '1|half an address' \
    "$(ask 'select count(*), reason from mig_ctl_reject where closed is null group by reason')"
}
# `drift …; source=0; rejected=1; …` of the newest comparison, that of the gate after the cutover
drift() { grep -o '; source=[0-9]*;' apply.out | tail -n 1 | tr -dc '0-9'; }

begin forward
start_application 1
to_the_end 1

begin back
before=$(objects)
untouched() { ask 'select * from users where id % 10 = 0 order by id' | cksum; }
rows=$(untouched)
start_application 1
start_migration
until_holds 'a quarter of the reads at the new side' reads_are_at 250000000
"$mig" rollback --because 'not today' >/dev/null
end_migration 4 'rolled back'
judge 1 old
same 'tables after the way back from the ramp' "$before" "$(objects)"

start_application 2
start_migration --set soak=1h
until_holds 'a soak' says 'soak_new/hold#1  waits'
same 'who takes the writes' new "$(ask 'select writes_authority from mig_routes')"
"$mig" rollback --because 'not this week' >/dev/null
end_migration 4 'rolled back'
judge 2 old
same 'tables after the way back from the cutover' "$before" "$(objects)"
same 'users that nobody wrote' "$rows" "$(untouched)"

start_application 3
to_the_end 3

[ "$failed" -eq 0 ] && echo "example 02: forward; back from the ramp, back from the cutover, and forward again"
