#!/usr/bin/env bash
# Shows which lines of the compiler no golden reaches, refusals first.  tests/coverage.sh [--all]
# Builds the coverage preset and runs the golden tests. A refusal is a line that reports a mistake
# or gives up on one; `partly` is a line whose answer may differ and never did. With --all every line
# that is not reached is printed. Fails while a refusal is not reached. Needs gcov (part of g++).
set -euo pipefail
cd "$(dirname "$0")/.."
all=0; [ "${1:-}" = --all ] && all=1
folder=build/coverage
[ -f "$folder/build.ninja" ] || cmake --preset coverage >/dev/null
cmake --build "$folder" --target mig_golden_tests -- --quiet
find "$folder" -name '*.gcda' -delete
"$folder/mig_golden_tests" >/dev/null || { echo "the golden tests fail; run them first" >&2; exit 1; }

# Lines of gcov: count, line number, text; `#####` was never run, `*` behind a count means that
# a part of the line was not.
read_counts() {
  for source in compiler/*.cpp; do
    object=$folder/compiler/CMakeFiles/mig_compiler.dir/$(basename "$source").o
    gcov --stdout --all-blocks "$object" 2>/dev/null |
      awk -F: -v source="$source" '
        $2 ~ /^ *0$/ { if ($3 == "Source") ours = index($0, "/" source) > 0; next }
        ours && $1 ~ /[0-9#]/ && $0 !~ /-block/ {
          text = $0; sub(/^[^:]*:[^:]*:/, "", text); gsub(/ /, "", $1); gsub(/ /, "", $2)
          print source "\t" $2 "\t" $1 "\t" text }'
  done
}

read_counts | awk -F'\t' -v all="$all" '
  { ran = ($3 !~ /#/); total[$1]++; reached[$1] += ran
    if (total[$1] == 1) name[++files] = $1
    refuses = $4 ~ /report\(|misfit\(|unknown_type\(|mismatch\(|nullopt|fail\(\)|wrong\(|return false/ }
  !ran && refuses { missing++ }
  !ran && (all || refuses) { print "not reached  " $1 ":" $2 ": " $4 }
  ran && $3 ~ /\*/ && $4 ~ /if \(.*\) (return|continue)/ { print "partly       " $1 ":" $2 ": " $4 }
  END {
    for (i = 1; i <= files; i++) {
      n = name[i]; a += reached[n]; b += total[n]
      printf "%6.1f %%  %4d of %4d lines  %s\n", 100 * reached[n] / total[n], reached[n], total[n], n
    }
    printf "%6.1f %%  %4d of %4d lines  all; %d refusals not reached\n", 100 * a / b, a, b, missing
    exit missing > 0
  }'
