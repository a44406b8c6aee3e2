#!/usr/bin/env bash
# Fills a legacy SQLite table with this machine's own Debian package index, as a shop that grew over the
# years would have written it: everything is text, sizes and mailboxes come in several spellings, what is
# not there is an empty text or NULL.
#
#   load.sh TARGET.db [--sample] [--rows N]
#
# The largest package index below /var/lib/apt/lists is read; --sample, or a machine without one, takes the
# small index beside this script. The same index gives the same table, byte by byte of every row.
# Needs bash, awk and sqlite3.
set -euo pipefail
export LC_ALL=C

usage() {
  echo "usage: load.sh TARGET.db [--sample] [--rows N]" >&2
  exit 64
}

here=$(cd "$(dirname "$0")" && pwd)
target='' sample=false rows=0
while [ $# -gt 0 ]; do
  case $1 in
    --sample) sample=true ;;
    --rows) [[ ${2:-} =~ ^[0-9]+$ ]] || usage; rows=$2; shift ;;
    -*) usage ;;
    *) [ -z "$target" ] || usage; target=$1 ;;
  esac
  shift
done
[ -n "$target" ] || usage
if [ -e "$target" ]; then
  echo "load.sh: $target is there already; remove it first" >&2
  exit 64
fi

mkdir -p "$(dirname "$target")"

# The largest index is that of the main archive; apt may keep it compressed.
find_index() {
  local lists=/var/lib/apt/lists file size best='' largest=0
  for file in "$lists"/*_Packages "$lists"/*_Packages.{lz4,xz,gz,zst,bz2}; do
    [ -f "$file" ] || continue
    size=$(stat -c %s "$file")
    if [ "$size" -gt "$largest" ]; then best=$file largest=$size; fi
  done
  echo "$best"
}

# apt reads its own files whatever the compression, so no other tool has to be installed.
read_index() {
  case $1 in
    *_Packages | *.sample) cat "$1" ;;
    *) /usr/lib/apt/apt-helper cat-file "$1" ;;
  esac
}

index=''
if ! $sample; then
  index=$(find_index)
  [[ $index == *_Packages || -z $index || -x /usr/lib/apt/apt-helper ]] || index=''
fi
[ -n "$index" ] || index=$here/packages.sample
echo "reading ${index##*/}"

lines=$(mktemp -d)
trap 'rm -rf "$lines"' EXIT

# One record a package. The habits of the shop depend on the position alone: no clock, no chance.
read_index "$index" | awk -v rows="$rows" '
  function grouped(digits,   text) {
    while (length(digits) > 3) {
      text = "," substr(digits, length(digits) - 2) text
      digits = substr(digits, 1, length(digits) - 3)
    }
    return digits text
  }
  function spelled_size(size) {
    if (size == "") return size
    if (n % 7919 == 0) return "n/a"
    if (n % 13 == 0) return grouped(size)
    if (n % 17 == 0) return "  " size " "
    if (n % 19 == 0) return size " kB"
    return size
  }
  function spelled_mailbox(mailbox,   at, name, address) {
    if (n % 4999 == 0) return "unknown"
    at = index(mailbox, " <")
    if (at == 0 || mailbox !~ />$/) return mailbox
    name = substr(mailbox, 1, at - 1)
    address = substr(mailbox, at + 2, length(mailbox) - at - 2)
    if (n % 11 == 0) address = toupper(address)
    if (name !~ /[^A-Za-z ]/) {
      if (n % 29 == 0) return "\"" name "\" <" address ">"
      if (n % 37 == 0) return address " (" name ")"
    }
    return name " <" address ">"
  }
  function flush() {
    if (field["Package"] == "") return
    ++n
    printf "%s\037%s\037%s\037%s\037%s\037%s\037%s\037%s\037%s\037%s\036",
      field["Package"], field["Version"], field["Architecture"], field["Section"],
      spelled_size(field["Installed-Size"]), field["Size"], spelled_mailbox(field["Maintainer"]),
      field["Depends"], field["Homepage"], field["Description"]
    split("", field)
  }
  /^$/ { flush(); if (rows > 0 && n >= rows) exit; next }
  /^[^ \t]/ {
    colon = index($0, ": ")
    if (colon > 0) field[substr($0, 1, colon - 1)] = substr($0, colon + 2)
  }
  END { if (rows == 0 || n < rows) flush() }
' >"$lines/packages" || [ "$rows" -gt 0 ]   # a limit closes the pipe before the index ends

sqlite3 -bail "$target" >/dev/null <<SQL
pragma synchronous = off;
create temp table line(
  package, version, architecture, section, installed, size, maintainer, depends, homepage, summary);
.mode ascii
.import '$lines/packages' line
begin;
create table packages (
  "Package"        text not null primary key,
  "Version"        text not null,
  "Architecture"   text not null,
  "Section"        text,
  "Installed-Size" text,
  "Download Size"  text not null,
  "Maintainer"     text not null,
  "Depends"        text,
  "Homepage"       text,
  "Summary"        text,
  "Last Update"    text not null
);
-- Where two versions of a package are on offer the shop kept the first.
insert or ignore into packages
  select package, version, architecture, section, installed, size, maintainer, depends,
         case when homepage = '' and rowid % 2 = 0 then null else homepage end,
         summary,
         strftime('%Y-%m-%d %H:%M:%S', 1686391200 - rowid * 97, 'unixepoch')
  from line order by rowid;
create index packages_by_maintainer on packages("Maintainer");
commit;
SQL
echo "loaded $(sqlite3 "$target" 'select count(*) from packages') packages into ${target##*/}"
