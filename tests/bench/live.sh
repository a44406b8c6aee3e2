#!/usr/bin/env bash
# What an application feels while its package index is moved: latency of its writes, and how often it ran
# into its busy timeout of one second. Once beside the live plan, once beside a copy in one transaction.
#
#   tests/bench/live.sh [ROWS]      by hand, on a quiet machine, after .ci/build
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
mig=$root/build/mig app=$root/build/mig_app example=$root/examples/01_package_index
top=$(mktemp -d); trap 'touch "$top"/*/work/stop 2>/dev/null || true; wait; rm -rf "$top"' EXIT

begin() {  # a folder with the plan, the loaded table, and the application at work
  mkdir -p "$top/$1/work" && cd "$top/$1"
  cp "$example/plan.mig" .
  "$example/load.sh" work/legacy.db --rows "${2:-60000}" >/dev/null
  "$app" run work --history work/history --report work/report.jsonl --until work/stop --keys 300 \
    --clients 3 --behind 1 --rate 100 >app.json &
  client=$!
}
end() {
  touch work/stop
  wait "$client"
  printf '%-30s %s\n' "$1" "$(sed 's/[{}"]//g; s/,/  /g' app.json)"
}

begin live "${1:-}"
"$mig" apply plan.mig --env ci --yes >apply 2>&1 &
runner=$!
until "$mig" status 2>/dev/null | grep -q 'mig approve'; do sleep 0.2; done
"$mig" approve shop-owner --because 'a measure' >/dev/null
wait "$runner"
end 'the live plan'

begin naive "${1:-}"
sqlite3 work/legacy.db >/dev/null <<'SQL'
.timeout 60000
attach 'work/copy.db' as copy;
begin immediate;
create table copy.packages as select * from packages;
create index copy.by_maintainer on packages("Maintainer");
create table copy.dependencies as
  with recursive part(package, position, one, rest) as (
    select "Package", -1, null, Depends || ', ' from packages where Depends <> ''
    union all
    select package, position + 1, substr(rest, 1, instr(rest, ', ') - 1), substr(rest, instr(rest, ', ') + 2)
    from part where rest <> '')
  select package, position, one from part where position >= 0;
create table copy.maintainers as select distinct "Maintainer" from packages;
commit;
SQL
sleep 1
end 'a copy in one transaction'
