# Sourced by scripts that run a command and look at its exit code and at what it says; counts in
# `passed` and `failed`.
passed=0; failed=0

expect() {  # CODE TEXT COMMAND…
  local code=$1 text=$2; shift 2
  local output rc=0
  output=$(timeout 60 "$@" 2>&1 </dev/null) || rc=$?
  if [ "$rc" -eq "$code" ] && grep -qF -- "$text" <<<"$output"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s\n  wanted exit %s and `%s`\n  got exit %s:\n%s\n' "$*" "$code" "$text" "$rc" "$output"
  fi
}

holds() {  # WHAT COMMAND…: it succeeds
  local what=$1 output; shift
  if output=$("$@" 2>&1); then passed=$((passed + 1)); else
    failed=$((failed + 1)); printf 'FAILED: %s\n%s\n' "$what" "$(head -40 <<<"$output")"; fi
}

# For a run in this folder that writes to `out`; a minute is enough for anything here. $mig is the program.
until_status() {  # TEXT
  local until=$((SECONDS + 60))
  while [ $SECONDS -lt $until ]; do
    "$mig" status 2>/dev/null | grep -qF -- "$1" && return 0
    read -rt 0.2 <> <(:) || true
  done
  "$mig" status; tail -5 out; return 1
}
