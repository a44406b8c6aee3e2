#!/usr/bin/env bash
# What `mig apply` does with what it cannot use: one clear sentence with what to do next, the documented exit
# code, and nothing changed.  tests/cli/bad_input.sh MIG
set -uo pipefail
# A mount namespace of its own: as root, or as root of a user namespace. In a chroot the root is no mount and
# its propagation cannot be changed; every mount that is made here is taken away here.
in_own_mounts=(unshare -m); [ "$(id -u)" -eq 0 ] || in_own_mounts=(unshare -Urm)
"${in_own_mounts[@]}" true 2>/dev/null || in_own_mounts+=(--propagation unchanged)
export LC_ALL=C
script=$(realpath "$0"); mig=$(realpath "${1:?path of mig}")
passed=0; failed=0

# --- inside a full disk: the same script, run where a small tmpfs can be mounted -------------------------
# Beside the mount point stand full.mig and full.db. What is to lie on the full disk: `all` of it, the `store`,
# the `journal`, or the `backup` alone.
if [ "${2:-}" = --full-disk ]; then
  disk=$3; room=$4; what=$5
  mount -t tmpfs -o size=16m,mode=0700 tmpfs "$disk" || exit 99
  home=$(dirname "$disk")/home
  case $what in all) rmdir "$home"; home=$disk ;; esac
  cd "$home" || exit 99
  store=$home/app.db; journal=$home/.mig/journal.db
  case $what in store) store=$disk/app.db ;; journal) journal=$disk/journal.db ;; esac
  sed -e "s|\"app.db\"|\"$store\"|" -e "s|BACKUP|$disk/backup.db|" "$(dirname "$disk")/full.mig" >plan.mig
  cp "$(dirname "$disk")/full.db" "$store"
  mig=("$mig"); export MIG_JOURNAL=$journal
  head -c 16m /dev/zero >"$disk/ballast" 2>/dev/null
  truncate -s "-$room" "$disk/ballast"
  cd "$(dirname "$disk")" && results=$PWD && cd "$home" || exit 99
  before=$(sqlite3 "$store" '.dump olds' | sha256sum)
  run() { "${mig[@]}" "$@" </dev/null; }
  run apply plan.mig --yes --until-blocked >"$results/full.out" 2>"$results/full.err"
  echo "$?" >"$results/full.rc"
  run status --json >"$results/full.status" 2>/dev/null
  sqlite3 -readonly "$store" 'SELECT count(*) FROM news' >"$results/full.copied" 2>/dev/null
  # Still full: it says so again and loses nothing.
  run apply plan.mig --yes --until-blocked >"$results/full.out" 2>>"$results/full.err"
  echo "$?" >"$results/full.rc2"
  rm -f "$disk/ballast"
  # With room again the same command goes on, or `continue` where a run is paused.
  again=(apply plan.mig --yes --until-blocked)
  [ "$room" = 64k ] || ! grep -q '"reason": "disk"' "$results/full.status" || again=(continue --until-blocked)
  run "${again[@]}" >"$results/full.again" 2>&1
  echo "$?" >"$results/full.again.rc"
  run log --canonical >"$results/full.log" 2>>"$results/full.again"
  sqlite3 "$store" 'SELECT * FROM news ORDER BY id' | sha256sum >"$results/full.news"
  [ "$before" = "$(sqlite3 "$store" '.dump olds' | sha256sum)" ] && echo same >"$results/full.stores"
  cd / && umount "$disk"
  exit 0
fi

work=$(mktemp -d)
cleanup() { [ -z "${keeper:-}" ] || kill "$keeper" 2>/dev/null; chmod -R u+w "$work"; rm -rf "$work"; }
trap cleanup EXIT

plan() {  # FIELDS TRANSFORM TARGET-FIELDS [REJECTS]
  cat <<PLAN
mig 1
store app: sqlite { path = "app.db"; busy_timeout = 50ms }
param size: rows = 10 rows in 1 rows..1_000 rows
entity Old { key id: i64; $1 }
entity New { key id: i64; $3 }
dataset olds: Old in app { table = "olds" }
dataset news: New in app { table = "news" }
transform carry(o: Old) -> New { emit New { id = o.id; $2 } }
plan move {
  from olds
  to news
  via carry
  on_fail rollback
  phase expand { create news }
  phase copy { snapshot old -> new { chunk = size } }
  phase compare { verify old, new { rows = all } }
  phase decide { approve "owner" }
}
PLAN
}

names=$(plan 'name: text(20)' 'name = o.name' 'name: text(20)')
rows="CREATE TABLE olds(id INTEGER PRIMARY KEY, name TEXT);
  INSERT INTO olds VALUES (1, 'Ada'), (2, 'Grace'), (3, 'Edsger');"

case_folder() {  # NAME [PLAN [SQL]]: a fresh folder with a plan and a store
  name=$1
  rm -rf "$work/case" && mkdir "$work/case" && cd "$work/case" || exit 1
  printf '%s\n' "${2:-$names}" >plan.mig
  sqlite3 app.db "${3:-$rows}"
}

stores() {  # the stores' contents, and what the journal says: its records and nobody's leases
  local file
  for file in *.db; do [ ! -s "$file" ] || sqlite3 -cmd '.timeout 2000' "$file" .dump 2>&1; done
  [ ! -f .mig/journal.db ] || sqlite3 -readonly .mig/journal.db 'SELECT seq, hex(hash) FROM record' 2>&1
}

fail() { failed=$((failed + 1)); printf 'FAILED: %s: %s\n' "$name" "$1"; sed 's/^/  | /' "$work/out" "$work/err"; }

# The output of a command: its exit code, a text of its one sentence, and no trace of a crash.
judge() {  # CODE TEXT RC
  [ "$3" -eq "$1" ] || { fail "wanted exit $1, got $3"; return 1; }
  grep -qF -- "$2" "$work/err" "$work/out" || { fail "wanted \`$2\`"; return 1; }
  if grep -qiE 'terminate called|assert|what\(\)|segmentation|backtrace|core dumped' "$work/err" "$work/out"; then
    fail 'it shows its insides'; return 1
  fi
}

refuses() {  # CODE TEXT COMMAND…: one sentence on standard error, and nothing changed
  local code=$1 text=$2 rc=0 before after; shift 2
  before=$(stores)
  timeout 60 "$@" >"$work/out" 2>"$work/err" </dev/null || rc=$?
  after=$(stores)
  judge "$code" "$text" "$rc" || return
  # A list of mistakes ends with their number; that is no second sentence.
  [ "$(grep -E '^(mig: |error)' "$work/err" | grep -cvE '^mig: [0-9]+ mistakes? found')" = 1 ] || { fail 'not exactly one sentence'; return; }
  [ "$(wc -l <"$work/err")" -ge 2 ] || grep -q '; ' "$work/err" || { fail 'it does not say what to do next'; return; }
  [ "$before" = "$after" ] || { fail 'something changed'; diff <(echo "$before") <(echo "$after") | head -5; return; }
  passed=$((passed + 1))
}

undoes() {  # TEXT: apply fails at a row, says which, and leaves the rows as they were
  local rc=0 before after
  before=$(sqlite3 app.db .dump)
  timeout 60 "$mig" apply plan.mig --yes >"$work/out" 2>"$work/err" </dev/null || rc=$?
  after=$(sqlite3 app.db .dump | grep -v mig_ctl)
  judge 4 "$1" "$rc" || return
  grep -qF 'correct the row' "$work/out" || { fail 'it does not say what to do next'; return; }
  [ "$before" = "$after" ] || { fail 'something changed'; diff <(echo "$before") <(echo "$after") | head -5; return; }
  "$mig" log >/dev/null 2>&1 || { fail 'the journal does not verify'; return; }
  passed=$((passed + 1))
}

apply=("$mig" apply plan.mig --yes)
begun() { "${apply[@]}" --until-blocked >/dev/null 2>&1 </dev/null || echo "FAILED: $name cannot begin"; }

# --- files -----------------------------------------------------------------------------------------------
case_folder 'unreadable file'; mkdir folder.mig
refuses 64 'cannot read `none.mig`' "$mig" apply none.mig --yes
refuses 64 '`folder.mig` is a directory' "$mig" apply folder.mig --yes
case_folder '100 MB file'; truncate -s 100M big.mig
refuses 1 '`big.mig` is larger than 16 MiB' "$mig" apply big.mig --yes
case_folder 'binary file'; head -c 4096 "$mig" >binary.mig
refuses 1 '`binary.mig` is a binary file' "$mig" apply binary.mig --yes

# --- the command line ------------------------------------------------------------------------------------
case_folder 'unknown --set'; refuses 64 'nope' "${apply[@]}" --set 'nope=1'
case_folder 'unknown flag';  refuses 64 '--nope' "${apply[@]}" --nope
case_folder 'no terminal';   refuses 64 'no terminal' "$mig" apply plan.mig

# --- stores ----------------------------------------------------------------------------------------------
case_folder 'missing store'; rm app.db
refuses 69 'the store `app` is missing' "${apply[@]}"
[ ! -e app.db ] || fail 'it made the store'
case_folder 'schema that differs' "$names" 'CREATE TABLE olds(id INTEGER PRIMARY KEY, title TEXT)'
refuses 3 'name' "${apply[@]}"
case_folder 'not a database'; head -c 8192 "$mig" >app.db
refuses 69 'is not a' "${apply[@]}"
case_folder 'locked database'
coproc KEEPER { sqlite3 app.db; }
keeper=$KEEPER_PID
printf 'BEGIN EXCLUSIVE;\nSELECT 1;\n' >&"${KEEPER[1]}"; read -r -u "${KEEPER[0]}" _
rc=0; timeout 60 "${apply[@]}" >"$work/out" 2>"$work/err" </dev/null || rc=$?
printf '.quit\n' >&"${KEEPER[1]}"; wait "$keeper" 2>/dev/null; keeper=''
if judge 69 'is locked' "$rc"; then
  if [ "$(sqlite3 app.db .dump)" = "$(sqlite3 :memory: "$rows" .dump)" ]; then passed=$((passed + 1)); else fail 'something changed'; fi
fi

# --- journals --------------------------------------------------------------------------------------------
case_folder 'corrupted journal'; begun
sqlite3 .mig/journal.db "DROP TRIGGER record_update" "UPDATE record SET body = replace(body, 'expand', 'expanb') WHERE seq = 1" \
  "CREATE TRIGGER record_update BEFORE UPDATE ON record BEGIN SELECT RAISE(ABORT, 'records are never changed'); END"
refuses 5 'corrupt' "${apply[@]}"
case_folder 'damaged journal'; begun
printf 'damage' | dd of=.mig/journal.db bs=1 seek=4200 conv=notrunc 2>/dev/null
head -c 4096 /dev/urandom | dd of=.mig/journal.db bs=4096 seek=2 conv=notrunc 2>/dev/null
refuses 5 'damaged' "${apply[@]}"
case_folder 'truncated journal'; begun
truncate -s 8192 .mig/journal.db
refuses 5 'damaged' "${apply[@]}"
case_folder 'emptied journal'; begun
truncate -s 0 .mig/journal.db
refuses 5 'is empty' "${apply[@]}"
case_folder 'newer journal'; begun
sqlite3 .mig/journal.db 'PRAGMA user_version = 99'
refuses 3 'has format 99' "${apply[@]}"
case_folder 'read-only journal'; begun
chmod 0400 .mig/journal.db; chmod 0500 .mig
if [ "$(id -u)" -eq 0 ]; then  # root may write anywhere, except where the file system says no
  as=("${in_own_mounts[@]}" sh -c 'mount --bind .mig .mig && mount -o remount,bind,ro .mig && "$@"; rc=$?; umount .mig; exit $rc' sh)
else
  as=()
fi
refuses 69 'read-only' "${as[@]}" "${apply[@]}"
chmod 0700 .mig

# A journal restored from before the copy: the target knows better, and nothing is done twice.
case_folder 'journal older than its target'
"${apply[@]}" --json >"$work/events" 2>/dev/null </dev/null &
runner=$!
wait_for() { local i; for ((i = 0; i < 100000; ++i)); do grep -q "$1" "$work/events" && return; done; fail "no $1"; }
wait_for '"event":"waits"'; kill -9 "$runner"; wait "$runner" 2>/dev/null
mkdir old
sqlite3 .mig/journal.db "SELECT seq FROM record WHERE kind = 'step_started' ORDER BY seq LIMIT 1 OFFSET 1" >"$work/at"
cp .mig/journal.db old/
sqlite3 old/journal.db 'DROP TRIGGER record_delete' "DELETE FROM record WHERE seq >= $(cat "$work/at")" \
  "UPDATE meta SET v = (SELECT max(seq) FROM record) WHERE k = 'head_seq'" \
  "UPDATE meta SET v = (SELECT hash FROM record ORDER BY seq DESC LIMIT 1) WHERE k = 'head_hash'" \
  "CREATE TRIGGER record_delete BEFORE DELETE ON record BEGIN SELECT RAISE(ABORT, 'records are never deleted'); END"
cp old/journal.db .mig/journal.db
for attempt in first second; do
  name="journal older than its target, $attempt attempt"
  before=$(sqlite3 app.db .dump); rc=0
  timeout 60 "${apply[@]}" >"$work/out" 2>"$work/err" </dev/null || rc=$?
  judge 5 'journal_behind_target' "$rc" || continue
  if [ "$before" = "$(sqlite3 app.db .dump)" ]; then passed=$((passed + 1)); else fail 'something changed'; fi
done

# One person starts a run and approves it: refused in one sentence, and the run still waits.
case_folder 'the author approves'; begun
rc=0; "$mig" approve owner >"$work/out" 2>"$work/err" </dev/null || rc=$?
if judge 3 'whoever starts one does not approve it' "$rc"; then
  rc=0; "$mig" apply plan.mig --yes --until-blocked --detailed-exitcode >"$work/out" 2>"$work/err" </dev/null || rc=$?
  judge 7 'waits for the approval of `owner`' "$rc" && passed=$((passed + 1))
fi
may='approve "owner" { by_author = true }'
case_folder 'the author may approve' "${names/approve \"owner\"/$may}"; begun
rc=0; "$mig" approve owner >"$work/out" 2>"$work/err" </dev/null || rc=$?
judge 0 'running' "$rc" && passed=$((passed + 1))

# --- rows ------------------------------------------------------------------------------------------------
case_folder 'a poison row' "$names" "$rows INSERT INTO olds VALUES (4, 'a name that is far longer than twenty letters');"
undoes 'the row `4` of `olds` cannot be moved: `name`'
case_folder 'beyond 2^31' "$(plan 'n: i32' 'n = o.n' 'n: i32')" 'CREATE TABLE olds(id INTEGER PRIMARY KEY, n INTEGER NOT NULL);
  INSERT INTO olds VALUES (1, 2147483647), (2, 2147483648);'
undoes 'the row `2` of `olds` cannot be moved: `n`'
case_folder 'beyond 2^53' "$(plan 'n: f64' 'n = o.n' 'n: f64')" 'CREATE TABLE olds(id INTEGER PRIMARY KEY, n NOT NULL);
  INSERT INTO olds VALUES (1, 9007199254740992), (2, 9007199254740993);'
undoes 'the row `2` of `olds` cannot be moved: `n`'
case_folder 'not UTF-8' "$names" "$rows INSERT INTO olds VALUES (4, CAST(x'636166e9' AS TEXT));"
undoes 'the row `4` of `olds` cannot be moved: `name`'
case_folder 'a row without the new column' "$names" "$rows INSERT INTO olds(id) VALUES (4);"
undoes 'the row `4` of `olds` cannot be moved: `name`'

# --- a full disk -----------------------------------------------------------------------------------------
# A run on a full disk is paused, is not undone, and goes on with the same command; what came of it then is what
# comes of a run that always had room, each row written once.
full_plan=$(plan 'name: text(20)' 'name = o.name' 'name: text(20)' |
  sed -e 's/10 rows in/500 rows in/' -e 's/  phase decide/  phase keep { backup old { to = "BACKUP" } }\n&/')
full_rows="CREATE TABLE olds(id INTEGER PRIMARY KEY, name TEXT);
  WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
  INSERT INTO olds SELECT i, 'name ' || i FROM n;"
uneventful() { grep -v -e '^paused' -e '^continued' -e '^run ' "$1"; }
case_folder 'a run with room' "${full_plan/BACKUP/backup.db}" "$full_rows"; begun
"$mig" log --canonical >"$work/room.raw"; uneventful "$work/room.raw" >"$work/room.log"
sqlite3 app.db 'SELECT * FROM news ORDER BY id' | sha256sum >"$work/room.news"
full_disk() {  # ROOM WHAT PAUSED: runs out of space with ROOM left, and is or is not able to journal its pause
  local room=$1 what=$2 paused=$3 on="$work/disk"
  name="disk full: $room free for $what"
  rm -rf "$on"; mkdir -p "$on/mnt" "$on/home"
  printf '%s\n' "$full_plan" >"$on/full.mig"
  sqlite3 "$on/full.db" "$full_rows"
  timeout 100 "${in_own_mounts[@]}" "$script" "$mig" --full-disk "$on/mnt" "$room" "$what" >"$on/log" 2>&1 ||
    { fail "no file system to fill: $(cat "$on/log")"; return; }
  cp "$on/full.out" "$work/out"; cp "$on/full.err" "$work/err"
  judge 69 'disk is full' "$(cat "$on/full.rc")" || return
  judge 69 'free space' "$(cat "$on/full.rc2")" || return
  if grep -qi 'rolled back\|going back' "$on"/full.*; then fail 'it was undone'; return; fi
  if [ "$paused" = paused ] && ! grep -q '"reason": "disk"' "$on/full.status"; then
    fail 'it is not paused for the disk'; cat "$on/full.status"; return
  fi
  cp "$on/full.again" "$work/out"
  [ "$(cat "$on/full.again.rc")" = 0 ] || { fail 'with room again it does not go on'; return; }
  [ -f "$on/full.stores" ] || { fail 'the old rows changed'; return; }
  cmp -s "$on/full.news" "$work/room.news" || { fail 'the new rows are others'; return; }
  uneventful "$on/full.log" | sed "s|$on/mnt/||g" >"$work/full.log"
  diff "$work/room.log" "$work/full.log" || { fail 'the run is another one'; return; }
  passed=$((passed + 1))
}
full_disk 0 all any
full_disk 64k all any
full_disk 4400k all paused
full_disk 4800k all paused
full_disk 100k store paused
full_disk 300k store paused
full_disk 90k journal any
full_disk 4200k journal any
full_disk 64k backup paused

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
