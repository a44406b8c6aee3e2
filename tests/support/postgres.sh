#!/usr/bin/env bash
# A private PostgreSQL cluster in FOLDER, for tests: a unix socket in FOLDER and a free loopback port.
#   tests/support/postgres.sh start FOLDER   prints the URL of its database `postgres`
#   tests/support/postgres.sh standby FOLDER OF
#                                            the same, of a standby `standby` that follows the cluster in OF
#   tests/support/postgres.sh stop FOLDER    stops it and removes FOLDER
#   tests/support/postgres.sh kill FOLDER    ends it as a crash does; nothing is flushed
#   tests/support/postgres.sh again FOLDER   starts it after `kill`, on the same port
#   tests/support/postgres.sh guard FOLDER   start, then stop at the end of the input: whoever holds the
#                                            other end of that pipe may die in any way
# A machine without PostgreSQL 15 fails. As root the server runs as the user `postgres`.
# MIG_POSTGRES_SETTINGS holds further lines for postgresql.conf.
set -euo pipefail
bin=${MIG_POSTGRES_BIN:-/usr/lib/postgresql/15/bin}
verb=${1:?start, standby, stop, kill, again or guard}
folder=${2:?a folder}
of=${3:-}  # of a standby: whom it follows

if [ ! -x "$bin/initdb" ]; then
  echo "PostgreSQL 15 is missing: there is no $bin/initdb; install postgresql-15" >&2
  exit 69
fi

as_server() {
  if [ "$(id -u)" -eq 0 ]; then (cd / && exec setpriv --reuid=postgres --regid=postgres --init-groups "$@")
  else (cd / && exec "$@"); fi
}

launch() {  # PORT
  as_server "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 -s \
    -o "-p $1 -k $folder -c listen_addresses=127.0.0.1" start </dev/null >/dev/null 2>&1
}

url() { echo "postgresql://postgres@/postgres?host=${folder//\//%2F}&port=$(cat "$folder/port")"; }

begin() {
  mkdir -p "$folder"
  folder=$(realpath "$folder")
  chmod 0755 "$folder"
  if [ "$(id -u)" -eq 0 ]; then
    chown postgres:postgres "$folder"
    # In a container whose root is closed to all but its owner another user finds no program at all, and
    # PostgreSQL does not run as root.
    case $(stat -c %A /) in *x | *t) ;; *) chmod o+x / ;; esac
  fi
  if [ -n "$of" ]; then
    as_server "$bin/pg_basebackup" -D "$folder/data" -h "$(realpath "$of")" -p "$(cat "$of/port")" -U postgres \
      -R -X stream -c fast --no-sync >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
    printf "cluster_name = 'standby'\nwal_receiver_status_interval = 1s\n" >>"$folder/data/postgresql.conf"
    take_port
    return
  fi
  as_server "$bin/initdb" -D "$folder/data" --username=postgres --auth=trust --locale=C.UTF-8 \
    --encoding=UTF8 --no-sync >"$folder/initdb.log" 2>&1 || { cat "$folder/initdb.log" >&2; exit 1; }
  cat >>"$folder/data/postgresql.conf" <<CONF
fsync = off
synchronous_commit = off
full_page_writes = off
wal_level = logical
max_prepared_transactions = 10
max_connections = 60
shared_buffers = 64MB
log_min_messages = warning
${MIG_POSTGRES_SETTINGS:-}
CONF
  take_port
}

take_port() {
  for _ in 1 2 3 4 5 6 7 8; do
    local port=$((20000 + RANDOM % 12000))
    if launch "$port"; then
      echo "$port" >"$folder/port"
      url
      return
    fi
  done
  cat "$folder/log" >&2
  exit 1
}

finish() {
  if [ -f "$folder/data/postmaster.pid" ]; then
    as_server "$bin/pg_ctl" -D "$folder/data" -m immediate -w -s stop >/dev/null 2>&1 || true
  fi
  rm -rf "$folder"
}

case $verb in
  start | standby) begin ;;
  stop) folder=$(realpath "$folder"); finish ;;
  kill) folder=$(realpath "$folder"); as_server "$bin/pg_ctl" -D "$folder/data" -m immediate -w -s stop ;;
  again) folder=$(realpath "$folder"); launch "$(cat "$folder/port")" ;;
  guard)
    trap finish EXIT
    trap '' INT TERM HUP
    begin
    cat >/dev/null || true
    ;;
  *) echo "usage: tests/support/postgres.sh start|standby|stop|kill|again|guard FOLDER" >&2; exit 64 ;;
esac
