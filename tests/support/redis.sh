#!/usr/bin/env bash
# A real redis-server for a shell test, on FOLDER/redis.sock only.  tests/support/redis.sh start|kill|again|stop FOLDER
# `kill` ends it as a crash does, `again` starts it after that as it was started before.
# As root it runs as the user `redis`. `start` returns when it answers; a server that is missing is a failure.
set -euo pipefail
command=$1 folder=$(realpath "$2")
socket=$folder/redis.sock
case $command in
  start | again)
    [ "$command" = start ] && printf '%s\n' "${@:3}" >"$folder/arguments"
    mapfile -t arguments <"$folder/arguments"
    [ -n "${arguments[*]}" ] || arguments=()
    command -v redis-server >/dev/null || { echo "redis-server is missing; install what .ci/packages lists" >&2; exit 69; }
    as_redis=()
    if [ "$(id -u)" -eq 0 ]; then
      chown redis "$folder"
      chmod a+x "$folder"
      # Where the root is closed to all but its owner, as in some containers, others find no program.
      case $(stat -c %A /) in *x | *t) as_redis=(setpriv --reuid redis --regid redis --init-groups) ;; esac
    fi
    "${as_redis[@]}" redis-server --port 0 --unixsocket "$socket" --unixsocketperm 777 --dir "$folder" \
      --save '' --daemonize yes --pidfile "$folder/redis.pid" --logfile "$folder/redis.log" "${arguments[@]}" >/dev/null
    for ((i = 0; i < 2000; ++i)); do  # a start takes a few of these
      redis-cli -s "$socket" ping 2>&1 | grep -qE "PONG|NOAUTH" && exit 0
    done
    cat "$folder/redis.log" >&2
    exit 70 ;;
  kill)
    process=$(cat "$folder/redis.pid")
    kill -KILL "$process"
    while kill -0 "$process" 2>/dev/null; do :; done ;;
  stop)
    redis-cli -s "$socket" shutdown nosave >/dev/null 2>&1 || true ;;
  *)
    echo "usage: tests/support/redis.sh start|kill|again|stop FOLDER [ARGUMENT…]" >&2
    exit 64 ;;
esac
