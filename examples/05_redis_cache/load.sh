#!/usr/bin/env bash
# Makes the sessions as an application has left them, in the Redis at SOCKET.  load.sh SOCKET [--rows N]
#
# Every row follows from its number: 20,000 rows unless N says otherwise. Every second one expires, an hour from now
# and as many milliseconds later as its number says.
set -euo pipefail
usage() { echo "usage: load.sh SOCKET [--rows N]" >&2; exit 64; }
socket=${1:-}; rows=20000
[ -n "$socket" ] || usage
case ${2:-} in '') ;; --rows) rows=${3:-} ;; *) usage ;; esac
[[ $rows =~ ^[1-9][0-9]*$ ]] || usage

awk -v rows="$rows" -v hour="$(($(date +%s) + 3600))" 'BEGIN {
  for (n = 1; n <= rows; ++n) {
    printf "HSET sess:%d owner %d note \"page %d of the catalogue\"", 10 * n, n % 977, n % 41
    print n % 3 ? " place Rotterdam" : ""
    if (n % 2) printf "PEXPIREAT sess:%d %d%03d\n", 10 * n, hour + n / 1000, n % 1000
  }
}' | redis-cli -s "$socket" >/dev/null
