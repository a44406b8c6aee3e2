#!/usr/bin/env bash
# Runs clang-tidy 19 over every source file, or over those that are named.  tests/lint.sh [FILE…]
# clang-tidy 14, Debian's default, cannot read std::expected; version 19 is in Debian 12 too.
# A file takes about 20 seconds of one core, nearly all of them in the headers of libraries, so this
# is no part of tests/run.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
command -v clang-tidy-19 >/dev/null || {
  echo "lint needs clang-tidy 19; run this line as root: apt-get install -y clang-tidy-19" >&2
  exit 69
}
[ -f build/compile_commands.json ] || cmake --preset release >/dev/null
if [ $# -eq 0 ]; then
  mapfile -t files < <(find grammar compiler runtime tests -name '*.cpp' | sort)
else
  files=("$@")
fi
printf '%s\0' "${files[@]}" |
  xargs -0 -P "$(nproc)" -n 1 clang-tidy-19 -p build --quiet --extra-arg=-Wno-unknown-warning-option \
    --extra-arg=-Wno-deprecated-declarations 2>/dev/null  # g++ 12's own std::stable_sort
echo "1 passed, 0 failed (${#files[@]} files)"
