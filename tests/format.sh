#!/usr/bin/env bash
# Fails when a source file is not laid out as clang-format 14 would.  tests/format.sh [--fix]
set -euo pipefail
cd "$(dirname "$0")/.."
mapfile -t files < <(find grammar compiler runtime tests -name '*.cpp' -o -name '*.hpp' | sort)
if [ "${1:-}" = --fix ]; then exec clang-format-14 -i "${files[@]}"; fi
clang-format-14 --dry-run --Werror "${files[@]}"
echo "1 passed, 0 failed (${#files[@]} files)"
