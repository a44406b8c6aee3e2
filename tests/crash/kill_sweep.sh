#!/usr/bin/env bash
# Kills `mig apply` of the package index (at_night.mig, env ci) with SIGKILL at random moments and resumes it with
# the same command; at the end everything must be as if nobody had disturbed it. `mig rollback` is
# killed too.
#
#   tests/crash/kill_sweep.sh MIG [--rounds N] [--seed S] [--rows N] [--resume-within MS]
#
# A round is one kill. CI takes 20; the full form is `--rounds 100`, which insists on at least ten
# kills in each of snapshot, verify, switch and clean-up. The delays follow the program's own events.
# The same seed gives the same delays; where they land is up to the machine, and printed.
set -uo pipefail
export LC_ALL=C
root=$(cd "$(dirname "$0")/../.." && pwd)
mig=$(realpath "${1:?path of mig}"); shift
rounds=20 seed=${MIG_SEED:-$((EPOCHSECONDS % 32768))} rows=8500
resume_within=2000  # milliseconds, from exec to the runner's arrival
while [ $# -gt 0 ]; do
  case $1 in
    --rounds) rounds=$2 ;;
    --seed) seed=$2 ;;
    --rows) rows=$2 ;;
    --resume-within) resume_within=$2 ;;
    *) echo "usage: kill_sweep.sh MIG [--rounds N] [--seed S] [--rows N] [--resume-within MS]" >&2; exit 64 ;;
  esac
  shift 2
done
RANDOM=$seed
echo "seed $seed: kill_sweep.sh MIG --rounds $rounds --seed $seed"

work=$(mktemp -d)
pid=''
cleanup() { [ -z "$pid" ] || kill -9 "$pid" 2>/dev/null; rm -rf "$work"; }
trap cleanup EXIT

die() {
  echo "FAILED (seed $seed): $*"
  [ ! -s "$work/stderr" ] || cat "$work/stderr"
  exit 1
}

now() { local t=${EPOCHREALTIME/./}; echo $((t / 1000)); }

fresh() {  # a folder with the plan and the loaded legacy table
  rm -rf "$work/run" && mkdir -p "$work/run/work"
  cp "$root/examples/01_package_index/at_night.mig" "$work/run/plan.mig"
  cp "$work/legacy.db" "$work/run/work/legacy.db"
  cd "$work/run" || exit 1
}

# Every row and table of every store, without what mig keeps for itself.
dump() {
  local file
  for file in legacy catalog packages.backup; do
    echo "== $file"
    [ -s "work/$file.db" ] || continue
    sqlite3 "work/$file.db" .dump | grep -vE 'mig_ctl|^(PRAGMA|BEGIN|COMMIT)' | sort
  done
  grep -E '"(authority|share|control)"' work/routes.json 2>/dev/null
}

rejects() {
  sqlite3 work/catalog.db 'SELECT step, dataset, shown_key, field, reason, closed FROM mig_ctl_reject' | sort
}

journal() { sqlite3 -readonly -cmd '.timeout 5000' .mig/journal.db "$1"; }

phase_of() {
  case $1 in
    copy/*) echo snapshot ;;
    compare/verify*) echo verify ;;
    switch/*) echo switch ;;
    cleanup/*) echo clean-up ;;
    *) echo other ;;
  esac
}

current=''  # the step that runs, or that ran last, by the events
approve() {
  timeout 20 "$mig" approve shop-owner --because 'counts looked at' >"$work/approve" 2>&1 ||
    die "approve: $(cat "$work/approve")"
}

# Runs a command with --json and reads its events. With a class, kills it a random while, at most
# `window` milliseconds, after the class began. Sets outcome to killed or to the exit code.
watch() {  # CLASS WINDOW COMMAND…
  local class=$1 window=$2; shift 2
  local started deadline=0 line part='' rc left
  local arrived=false
  started=$(now)
  [ "$class" != start ] || deadline=$((started + RANDOM % (window + 1)))
  exec {events}< <(exec "$mig" "$@" --json 2>"$work/stderr")
  pid=$!
  outcome=''
  while true; do
    rc=0
    if [ "$deadline" -gt 0 ]; then
      left=$((deadline - $(now)))
      if [ "$left" -le 0 ]; then
        kill -9 "$pid" 2>/dev/null && outcome=killed
        deadline=0
        continue
      fi
      printf -v left '0.%03d' $((left % 1000 == 0 ? 1 : left % 1000))
      IFS= read -r -t "$left" -u "$events" line || rc=$?
    else
      IFS= read -r -t 60 -u "$events" line || rc=$?
      [ "$rc" -le 128 ] || die "no event for a minute in \`$current\`"
    fi
    # A read that ends for want of time has taken what was there of the line.
    if [ "$rc" -gt 128 ]; then part+=$line; continue; fi
    [ "$rc" -eq 0 ] || break
    line=$part$line part=''
    case $line in
      *'"event":"runner_arrived"'*)
        arrived=true
        resume_took=$(($(now) - started))
        [ "$resume_took" -le "$resume_within" ] || die "the runner took over after $resume_took ms"
        [ "$resume_took" -le "$slowest" ] || slowest=$resume_took
        # A step that is resumed does not start again.
        if [ -n "$current" ] && [ "$(class_of "$current")" = "$class" ] && [ -z "$outcome" ]; then
          deadline=$(($(now) + RANDOM % (window + 1)))
        fi ;;
      *'"event":"step_started"'*)
        [[ $line =~ \"step\":\"([^\"]+)\" ]] && current=${BASH_REMATCH[1]}
        note_start
        if [ "$deadline" -eq 0 ] && [ -z "$outcome" ] && [ "$(class_of "$current")" = "$class" ]; then
          deadline=$(($(now) + RANDOM % (window + 1)))
        fi ;;
      *'"event":"step_done"'*) note_end ;;
      *'"event":"waits"'*'approval'*) [ -n "$outcome" ] || approve ;;
    esac
  done
  wait "$pid"; rc=$?
  pid=''
  exec {events}<&-
  if [ "$outcome" = killed ] && [ "$rc" -ne 137 ]; then outcome=''; fi
  [ "$outcome" = killed ] || outcome=$rc
  # A kill may come so late that the journal had said the end.
  if ! $arrived && [ "$outcome" = 3 ] && [ "$(journal "SELECT count(*) FROM record WHERE kind = 'run_completed'")" = 1 ]; then
    outcome=0 arrived=true
  fi
  $arrived || [ "$outcome" = killed ] || [ "$mode$outcome" = back0 ] || die "\`mig $*\` ended with $outcome and never arrived"
}

class_of() { if [ "$mode" = back ]; then echo back; else phase_of "$1"; fi; }
declare -A begun=() lasted=()
note_start() { local class; class=$(class_of "$current"); begun[$class]=$(now); }
note_end() {
  local class; class=$(class_of "$current")
  [ "$measuring" = true ] && lasted[$class]=$((${lasted[$class]:-0} + $(now) - ${begun[$class]:-$(now)}))
}

apply() { watch "$1" "$2" apply plan.mig --env ci --yes --set 'chunk=200 rows'; }

check_end() {
  dump >"$work/dump"
  cmp -s "$work/dump" "$work/reference" || { diff "$work/reference" "$work/dump" | head -5; die 'the stores differ from an undisturbed run'; }
  rejects | cmp -s - "$work/reference_rejects" || die 'the dead letters differ from an undisturbed run'
  timeout 20 "$mig" log >/dev/null 2>"$work/stderr" || die 'the journal does not verify'
  [ "$(journal "SELECT count(*) FROM record WHERE kind = 'run_completed'")" = 1 ] || die 'not completed once'
  local counts
  counts=$(journal "SELECT json_extract(body, '\$.counts.read') = $rows
      AND json_extract(body, '\$.counts.read') = json_extract(body, '\$.counts.moved')
        + json_extract(body, '\$.counts.kept') + json_extract(body, '\$.counts.rejected')
    FROM record WHERE kind = 'step_done' AND json_extract(body, '\$.counts.read') > 0")
  [ "$counts" = 1 ] || die "the counts do not balance: $counts"
  journal "SELECT body FROM record WHERE kind = 'step_done' AND body LIKE '%drift(index)%'" |
    grep -q '== 0 rows: 0 rows' || die 'drift is not 0'
  [ "$(sqlite3 work/catalog.db 'SELECT count(*) FROM mig_ctl_fence' \
    'SELECT count(*) FROM mig_ctl_applied' | sort -u)" = 0 ] || die 'fences or cursors are left over'
}

"$root/examples/01_package_index/load.sh" "$work/legacy.db" --rows "$rows" >/dev/null || die 'load.sh'
rows=$(sqlite3 "$work/legacy.db" 'SELECT count(*) FROM packages')

slowest=0 mode=forward measuring=true
fresh
apply never 0
[ "$outcome" = 0 ] || die "the undisturbed run ended with $outcome"
dump >"$work/reference"
rejects >"$work/reference_rejects"
check_end
measuring=false

declare -A killed=([snapshot]=0 [verify]=0 [switch]=0 [clean-up]=0)
round=0
while [ "$round" -lt "$rounds" ]; do
  fresh
  current=''
  for class in start snapshot verify switch clean-up none; do
    window=${lasted[$class]:-1}
    [ "$class" != start ] || window=60
    [ "$round" -lt "$rounds" ] || class=none
    apply "$class" "$window"
    [ "$outcome" = killed ] || break
    round=$((round + 1))
    where=$(phase_of "$current")
    killed[$where]=$((${killed[$where]:-0} + 1))
    printf 'round %3d: killed in %s\n' "$round" "${current:-the start}"
  done
  [ "$outcome" = 0 ] || die "the resumed run ended with $outcome"
  check_end
done

# The way back, killed as well: afterwards everything is as at the start.
fresh
dump >"$work/start"
mode=forward
timeout 60 "$mig" apply plan.mig --env ci --yes --until-blocked --set 'chunk=200 rows' >/dev/null 2>"$work/stderr" ||
  die 'the run to be rolled back'
mode=back current='' outcome=''
backs=$((rounds / 20 + 2))
for ((i = 0; i <= backs; ++i)); do
  if [ "$i" -lt "$backs" ]; then watch back 40 rollback; else watch never 0 rollback; fi
  [ "$outcome" = killed ] || break
  printf 'rollback %2d: killed in %s\n' "$((i + 1))" "${current:-the start}"
done
[ "$outcome" = 0 ] || die "the rollback ended with $outcome"
dump >"$work/dump"
cmp -s "$work/start" "$work/dump" || { diff "$work/start" "$work/dump" | head -5; die 'the rollback left something'; }
timeout 20 "$mig" log >/dev/null 2>"$work/stderr" || die 'the journal does not verify after the rollback'

echo "kills: snapshot ${killed[snapshot]}, verify ${killed[verify]}, switch ${killed[switch]}, clean-up ${killed[clean-up]}, elsewhere ${killed[other]:-0}; slowest resume $slowest ms"
if [ "$rounds" -ge 100 ]; then
  for class in snapshot verify switch clean-up; do
    [ "${killed[$class]}" -ge 10 ] || die "only ${killed[$class]} kills in $class"
  done
fi
echo "$round kills survived"
