#!/usr/bin/env bash
# A page as a browser shows it: prints the document that a headless Chromium makes of it; fails, with what was
# said, where its console says anything.  browse.sh PAGE.html
set -uo pipefail
profile=$(mktemp -d); trap 'rm -rf "$profile"' EXIT
# A browser that root starts has no sandbox to drop into; nothing of it reaches the network.
timeout 60 chromium --headless --no-sandbox --disable-gpu --user-data-dir="$profile" --no-first-run \
  --disable-background-networking --disable-component-update --disable-sync --disable-quic \
  --enable-logging=stderr --v=0 --virtual-time-budget=2000 --dump-dom "file://$(realpath "$1")" \
  2>"$profile/log" >"$profile/dom" || { echo "the browser fails on $1:"; tail -5 "$profile/log"; exit 1; }
if grep -a 'CONSOLE' "$profile/log"; then exit 1; fi
cat "$profile/dom"
