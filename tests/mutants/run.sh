#!/usr/bin/env bash
# Every small change of every example and of the samples, and a table of what became of them.
# tests/mutants/run.sh [PROGRAM] [--seeds N] [--every N]
set -euo pipefail
cd "$(dirname "$0")/../.."
program=build/mig_mutants
if [ $# -gt 0 ] && [ "${1#--}" = "$1" ]; then
  program=$1
  shift
fi
exec "$program" "$@" examples/*/*.mig tests/golden/plan/users_table.mig tests/golden/plan/session_cache.mig
