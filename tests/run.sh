#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test.
#   tests/run.sh [--preset PRESET] [CTEST-ARGUMENTS]
# PRESET is one of CMakePresets.json; `--preset asan` runs everything under the sanitizers.
set -euo pipefail
cd "$(dirname "$0")/.."
preset=release
if [ "${1:-}" = --preset ]; then
  preset=${2:?a preset of CMakePresets.json}
  shift 2
fi
.ci/build "$preset"
# A finding of the undefined-behaviour sanitizer ends the program, like one of the address sanitizer.
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
folder=build; [ "$preset" = release ] || folder=build/$preset
# Two at a time: half of them wait for servers and clocks most of the time.
exec ctest --test-dir "$folder" --output-on-failure --no-tests=error --parallel 2 "$@"
