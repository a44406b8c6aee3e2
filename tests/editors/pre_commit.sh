#!/usr/bin/env bash
# The hooks for pre-commit: their file is read as pre-commit reads it, and each command is called as
# pre-commit calls it, with several files at once.  tests/editors/pre_commit.sh build/mig
set -uo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
mig=$(realpath "${1:?the program}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/bin"
ln -s "$mig" "$work/bin/mig"
export PATH="$work/bin:$PATH"
cd "$work" || exit 1
passed=0 failed=0
expect() {  # NAME WANTED-EXIT-CODE COMMAND…
  local name=$1 wanted=$2 code=0
  shift 2
  "$@" >output 2>&1 || code=$?
  if [ "$code" = "$wanted" ]; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED: $name: exit code $code, not $wanted"
    cat output
  fi
}

# id, entry and the pattern of each hook; fails where a hook is not what pre-commit takes.
hooks=$(/usr/bin/python3 - "$root/.pre-commit-hooks.yaml" <<'PYTHON'
import re, sys, yaml
hooks = yaml.safe_load(open(sys.argv[1], encoding="utf-8"))
assert isinstance(hooks, list) and len(hooks) == 2, "a list of two hooks"
known = {"id", "name", "description", "entry", "language", "files", "types"}
for hook in hooks:
    assert {"id", "name", "entry", "language"} <= hook.keys() <= known, hook
    assert all(isinstance(value, str) for key, value in hook.items() if key != "types"), hook
    assert hook["language"] == "system", hook
    assert re.search(hook["files"], "plans/a.mig") and not re.search(hook["files"], "a.migrate"), hook
    print(hook["id"], hook["entry"], sep="\t")
PYTHON
) && passed=$((passed + 1)) || { echo "FAILED: .pre-commit-hooks.yaml is not read"; failed=$((failed + 1)); }

cp "$root/examples/strategies/canary.mig" good.mig
cp "$root/examples/strategies/backfill.mig" 'also good.mig'
sed 's/^  from /      from   /' good.mig >untidy.mig
sed 's/^  from .*/  from nobody/' good.mig >wrong.mig
while IFS=$'\t' read -r id entry; do
  read -ra command <<<"$entry"
  expect "$id, good files" 0 "${command[@]}" good.mig 'also good.mig'
  case $id in
    mig-check) bad=wrong.mig ;;
    mig-fmt) bad=untidy.mig ;;
    *) echo "FAILED: $id has no test"; failed=$((failed + 1)); continue ;;
  esac
  expect "$id, one bad file among them" 1 "${command[@]}" good.mig "$bad" 'also good.mig'
  if grep -q "$bad" output; then passed=$((passed + 1)); else
    failed=$((failed + 1))
    echo "FAILED: $id does not name $bad"
  fi
done <<<"$hooks"

echo "$passed passed, $failed failed"
[ $failed = 0 ] && [ $passed = 7 ]
