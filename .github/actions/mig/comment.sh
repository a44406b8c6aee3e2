#!/usr/bin/env bash
# Puts a preview under a pull request: the comment with the same first line is edited, else there is a new one.
# comment.sh FILE.md; MIG_TOKEN, and what GitHub Actions sets: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_EVENT_PATH
set -euo pipefail
body=$1
number=$(jq -r '.pull_request.number // empty' "${GITHUB_EVENT_PATH:?}")
if [ -z "$number" ]; then echo 'mig: no pull request, so no comment'; exit 0; fi
comments=$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/issues

ask() {  # METHOD URL [FILE]; the token never stands in the list of processes
  local data=() answer
  [ $# -lt 3 ] || data=(--data-binary "@$3")
  answer=$(curl --fail-with-body --silent --show-error --retry 3 --max-time 30 -X "$1" "$2" "${data[@]}" \
    -H 'Accept: application/vnd.github+json' -H 'Content-Type: application/json' \
    -H @- <<<"Authorization: Bearer $MIG_TOKEN") || { echo "mig: no comment: $answer" >&2; return 1; }
  echo "$answer"
}

marker=$(head -1 "$body")
found=
for ((page = 1; ; page++)); do
  some=$(ask GET "$comments/$number/comments?per_page=100&page=$page")
  found=$(jq -r --arg marker "$marker" \
    '[.[] | select(.body | split("\n")[0] | rtrimstr("\r") == $marker)][0].id // empty' <<<"$some")
  if [ -n "$found" ] || [ "$(jq length <<<"$some")" -lt 100 ]; then break; fi
done

payload=$(mktemp); trap 'rm -f "$payload"' EXIT
jq -n --rawfile body "$body" '{body: $body}' >"$payload"
if [ -n "$found" ]; then
  ask PATCH "$comments/comments/$found" "$payload" >/dev/null
  echo "mig: comment $found was edited"
else
  ask POST "$comments/$number/comments" "$payload" >/dev/null
  echo 'mig: a comment was added'
fi
