#!/usr/bin/env bash
# Makes the table of users as an application of some years has left it.  load.sh postgresql://… [--rows N]
#
# Every row follows from its number, so the same N gives the same table: 20,000 rows unless N says otherwise.
set -euo pipefail
usage() { echo "usage: load.sh postgresql://… [--rows N]" >&2; exit 64; }
url=${1:-}; rows=20000
[ -n "$url" ] || usage
case ${2:-} in '') ;; --rows) rows=${3:-} ;; *) usage ;; esac
[[ $rows =~ ^[1-9][0-9]*$ ]] || usage

psql -qAtX -v ON_ERROR_STOP=1 "$url" <<SQL
begin;
create table users (
  id         bigint primary key,
  full_name  text not null,
  email      varchar(254) not null unique,
  addr_line  text,
  addr_city  text,
  addr_zip   varchar(12),
  created_at timestamptz not null
);
with
  first(i, name) as (values (0, 'Ada'), (1, 'Grace'), (2, 'Edsger'), (3, 'Barbara'), (4, 'Tony'),
    (5, 'Frances'), (6, 'John')),
  last(i, name) as (values (0, 'Lovelace'), (1, 'Brewster Hopper'), (2, 'van den Berg'), (3, 'Liskov'),
    (4, 'Hoare'), (5, 'Allen'), (6, 'Backus'), (7, 'Øre'), (8, 'Kovačević'), (9, 'Noether'), (10, 'de la Cruz')),
  city(i, name) as (values (0, 'London'), (1, 'Rotterdam'), (2, 'Peru'), (3, 'Philadelphia'), (4, 'Boston'))
insert into users
  select 10 * n,
         case when n % 23 = 0 then first.name         -- who has given one name only
              when n % 17 = 0 then '  ' || first.name || ' ' || last.name || ' '
              else first.name || ' ' || last.name end,
         case when n % 13 = 0 then upper(first.name) || n || '@EXAMPLE.org'
              else lower(first.name) || n || '@example.org' end,
         case when n % 2 = 0 then n % 300 + 1 || ' High Street' end,
         -- Whoever moved last had not finished typing.
         case when n % 2 = 0 and n < $rows then city.name end,
         case when n % 2 = 0 and n % 3 > 0 then lpad((n % 100000)::text, 5, '0') end,
         to_timestamp(1500000000 + n::bigint * 3607)
  from generate_series(1, $rows) n
  join first on first.i = n % 7
  join last on last.i = n % 11
  join city on city.i = n % 5
  order by n;
commit;
analyze users;
SQL
echo "loaded $(psql -qAtX "$url" -c 'select count(*) from users') users"
