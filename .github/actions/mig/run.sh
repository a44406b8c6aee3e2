#!/usr/bin/env bash
# One step of a workflow: a preview with its comment, or an apply. Inputs come as MIG_… (action.yml).
# Nothing of an input is ever run as a command: each is one argument, but for MIG_ARGUMENTS, which is split at
# blanks. Needs bash, curl and jq, which the usual runners have.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
program=${MIG_PROGRAM:-mig}
read -ra arguments <<<"${MIG_ARGUMENTS:-}"
[ -z "${MIG_ENV:-}" ] || arguments+=(--env "$MIG_ENV")

preview() {
  local save=() since=() rc=0 shown
  [ -z "${MIG_SAVE:-}" ] || save=(--save "$MIG_SAVE")
  [ -z "${MIG_SINCE:-}" ] || since=(--since "$MIG_SINCE")
  shown=$(mktemp)
  "$program" preview "$MIG_FILE" "${arguments[@]}" "${save[@]}" "${since[@]}" --md >"$shown" || rc=$?
  if [ -s "$shown" ]; then
    cat "$shown"
    [ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$shown" >>"$GITHUB_STEP_SUMMARY"
    if [ "${MIG_COMMENT:-true}" = true ]; then "$here/comment.sh" "$shown" || rc=1; fi
  fi
  rm -f "$shown"
  return "$rc"
}

# A plan that holds for days ends this job well, and the next one goes on with it.
apply() {
  local rc=0
  "$program" apply "$MIG_FILE" "${arguments[@]}" --yes --until-blocked --detailed-exitcode || rc=$?
  [ "$rc" -ne 7 ] || rc=0
  return "$rc"
}

case ${MIG_COMMAND:-preview} in
  preview) preview ;;
  apply) apply ;;
  *) echo "mig: the action knows preview and apply, not \`$MIG_COMMAND\`" >&2; exit 64 ;;
esac
