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
if [ "${2:-}" = --full-disk ]; then
  mount -t tmpfs -o size=6m,mode=0700 tmpfs "$3" || exit 99
  cd "$3" || exit 99
  cp ../full.mig plan.mig; cp ../full.db app.db
  head -c 6m /dev/zero >ballast 2>/dev/null
  truncate -s "-$4" ballast
  before=$(sqlite3 app.db '.dump olds' | sha256sum)
  "$mig" apply plan.mig --yes --until-blocked >../full.out 2>../full.err </dev/null
  echo "$?" >../full.rc
  rm -f ballast
  # With room again the same command goes on; a rollback that was blocked is continued.
  again=0
  "$mig" apply plan.mig --yes --until-blocked >../full.again 2>&1 </dev/null || again=$?
  [ "$again" -ne 5 ] || { again=0; "$mig" continue >>../full.again 2>&1 </dev/null || again=$?; }
  echo "$again" >../full.again.rc
  "$mig" log >/dev/null 2>>../full.again && [ "$before" = "$(sqlite3 app.db '.dump olds' | sha256sum)" ] &&
    echo same >../full.stores
  cd / && umount "$3"
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
for room in 0 64k 4400k; do
  name="disk full, $room free"
  rm -rf "$work/disk"; mkdir -p "$work/disk/mnt"
  printf '%s\n' "$names" >"$work/disk/full.mig"
  sqlite3 "$work/disk/full.db" "CREATE TABLE olds(id INTEGER PRIMARY KEY, name TEXT);
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
    INSERT INTO olds SELECT i, 'name ' || i FROM n;"
  timeout 100 "${in_own_mounts[@]}" "$script" "$mig" --full-disk "$work/disk/mnt" "$room" >"$work/disk/log" 2>&1 ||
    { fail "no file system to fill: $(cat "$work/disk/log")"; continue; }
  cp "$work/disk/full.out" "$work/out"; cp "$work/disk/full.err" "$work/err"
  judge "$(cat "$work/disk/full.rc")" 'disk is full' "$(cat "$work/disk/full.rc")" || continue
  case $(cat "$work/disk/full.rc") in 4 | 5 | 69) ;; *) fail "exit $(cat "$work/disk/full.rc")"; continue ;; esac
  case $(cat "$work/disk/full.again.rc") in 0 | 4) ;; *) fail "with room again: $(cat "$work/disk/full.again")"; continue ;; esac
  [ -f "$work/disk/full.stores" ] || { fail 'the rows or the journal are not whole'; continue; }
  passed=$((passed + 1))
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
