#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test.  tests/run.sh [CTEST-ARGUMENTS]
set -euo pipefail
cd "$(dirname "$0")/.."
.ci/build release
exec ctest --test-dir build --output-on-failure --no-tests=error "$@"
