#!/usr/bin/env bash
# The server that shell tests start: it answers, and is gone when it was stopped.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'tests/support/redis.sh stop "$folder"; rm -rf "$folder"' EXIT
tests/support/redis.sh start "$folder"
[ "$(redis-cli -s "$folder/redis.sock" set a 1)" = OK ]
tests/support/redis.sh stop "$folder"
if redis-cli -s "$folder/redis.sock" ping 2>/dev/null | grep -q PONG; then
  echo "the server answers after it was stopped" >&2
  exit 1
fi
echo "1 passed, 0 failed"
