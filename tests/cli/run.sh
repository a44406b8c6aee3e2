#!/usr/bin/env bash
# What the command line says and which exit code it gives.  tests/cli/run.sh MIG
# Every check is one line: the exit code, a text the output must hold, then the command.
set -uo pipefail
mig=$(realpath "${1:?path of mig}")
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
cd "$work"
passed=0; failed=0

expect() {  # CODE TEXT COMMAND…
  local code=$1 text=$2; shift 2
  local output rc=0
  output=$("$@" 2>&1 </dev/null) || rc=$?
  if [ "$rc" -eq "$code" ] && grep -qF -- "$text" <<<"$output"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  wanted exit %s and `%s`\n  got exit %s:\n%s\n' "$*" "$code" "$text" "$rc" "$output"
  fi
}

expect 0 'mig 0.'                    "$mig" --version
expect 0 'Exit codes'                "$mig" --help
expect 0 'Example:'                  "$mig" help help
expect 64 'there is no command `nope`' "$mig" help nope
expect 64 'mig --help'               "$mig" --nope
expect 64 'mig --help'               "$mig"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
