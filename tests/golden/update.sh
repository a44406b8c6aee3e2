#!/usr/bin/env bash
# Rewrites every *.expected below tests/golden from what mig says now; review the difference.
set -euo pipefail
cd "$(dirname "$0")/../.."
cmake --build build --target mig_golden_tests -- --quiet
MIG_UPDATE_GOLDENS=1 build/mig_golden_tests "golden*" >/dev/null || true
git --no-pager diff --stat -- tests/golden
