#!/usr/bin/env bash
# Puts the packages of package-lock.json into FOLDER, once: a second run finds them there.
#   tests/editors/install.sh FOLDER
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:?the folder that gets node_modules}
mkdir -p "$folder"
wanted=$(cat "$here/package.json" "$here/package-lock.json" | sha256sum)
if [ "$(cat "$folder/installed" 2>/dev/null)" != "$wanted" ]; then
  rm -f "$folder/installed"
  cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$folder/"
  (cd "$folder" && npm ci --no-audit --no-fund --loglevel=error)
  echo "$wanted" >"$folder/installed"
fi
echo "1 passed, 0 failed (packages in place)"
