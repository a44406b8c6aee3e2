#!/usr/bin/env bash
# Makes the table of sessions as an application has left it.  load.sh postgresql://… [--rows N]
#
# Every row follows from its number: 20,000 rows unless N says otherwise.
set -euo pipefail
usage() { echo "usage: load.sh postgresql://… [--rows N]" >&2; exit 64; }
url=${1:-}; rows=20000
[ -n "$url" ] || usage
case ${2:-} in '') ;; --rows) rows=${3:-} ;; *) usage ;; esac
[[ $rows =~ ^[1-9][0-9]*$ ]] || usage

psql -qAtX -v ON_ERROR_STOP=1 "$url" <<SQL
begin;
create table sessions (
  id    bigint primary key,
  owner bigint not null,
  note  text not null,
  place text
);
insert into sessions
  select 10 * n, n % 977, 'page ' || n % 41 || ' of the catalogue', case when n % 3 > 0 then 'Rotterdam' end
    from generate_series(1, $rows) n;
commit;
SQL
