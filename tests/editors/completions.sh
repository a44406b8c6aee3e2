#!/usr/bin/env bash
# The completions of each shell, loaded by that shell and asked there.  tests/editors/completions.sh build/mig
set -uo pipefail
mig=$(realpath "${1:?the program}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 1
mkdir bin folder
ln -s "$mig" bin/mig
export PATH="$work/bin:$PATH" HOME="$work" XDG_CONFIG_HOME="$work/config" XDG_DATA_HOME="$work/data" TERM=dumb
touch plan.mig 'a plan.mig' notes.txt
passed=0 failed=0

# What SHELL offers for a line that ends at the cursor, one word a line.
offered_by() {
  "offered_by_$1" "$2"
}
offered_by_bash() {
  bash --norc -c '
    eval "$(mig completions bash)"
    [[ $(complete -p mig) == *"-F _mig"* ]] || exit 1
    read -ra COMP_WORDS <<<"$1"
    [[ $1 == *" " ]] && COMP_WORDS+=("")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _mig mig
    printf "%s\n" "${COMPREPLY[@]}"' bash "$1"
}
offered_by_fish() {
  fish --no-config -c 'mig completions fish | source; complete -C $argv[1]' "$1" | cut -f1
}
# A shell at a terminal, since only there zsh completes: compadd is asked for what it would add.
offered_by_zsh() {
  timeout 60 zsh -f "$work/ask.zsh" "$1"
}
cat >ask.zsh <<'ZSH'
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell 'PS1="" PS2="" RPS1=""; unsetopt zle_bracketed_paste 2>/dev/null; autoload -Uz compinit; compinit -u -d '$PWD'/dump'
zpty -w shell 'mig completions zsh >'$PWD'/loaded.zsh; source '$PWD'/loaded.zsh'
zpty -w shell 'compadd() { local -a found; builtin compadd -O found "$@"; print -rl -- $found >>'$PWD'/found; builtin compadd "$@" }'
zpty -w shell 'finish() { print -r -- END >>'$PWD'/found; zle kill-whole-line }; zle -N finish; bindkey "^Xf" finish'
zpty -w shell "print -r -- RE''ADY"
zpty -r -m shell output '*READY*'
: >found
zpty -w -n shell "$1"$'\t\x18f'
# The terminal is read until the shell has written its last line.
until [[ $(tail -n 1 found) == END ]]; do zpty -r -t shell output || read -t 0.05 <&-; done 2>/dev/null
zpty -d shell
grep -vx -e END -e '' found | sort -u
ZSH

# expect SHELL LINE WANTED… [-- UNWANTED…]
expect() {
  local shell=$1 line=$2 wanted=1 word offered problem=
  shift 2
  offered=$(offered_by "$shell" "$line")
  for word; do
    if [ "$word" = -- ]; then wanted=0; continue; fi
    if grep -qxF -- "$word" <<<"$offered"; then
      [ $wanted = 1 ] || problem+=" $word is offered;"
    else
      [ $wanted = 0 ] || problem+=" $word is not offered;"
    fi
  done
  if [ -z "$problem" ]; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    printf 'FAILED: %s, `%s`:%s\n%s\n' "$shell" "$line" "$problem" "$offered"
  fi
}

for shell in bash zsh fish; do
  if mig completions "$shell" >"script.$shell" && "$shell" -n "script.$shell"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    echo "FAILED: $shell does not read its script"
  fi
  expect $shell 'mig ch' check -- apply
  expect $shell 'mig ' apply check lsp completions dump
  expect $shell 'mig check --st' --strict -- --plan
  expect $shell 'mig check --color a' always auto -- never
  expect $shell 'mig check pl' plan.mig -- notes.txt check
  expect $shell 'mig dump t' tree -- check
  expect $shell 'mig completions ' bash zsh fish -- check
  expect $shell 'mig help st' status -- check
  expect $shell 'mig explain M400' M4001 M4003 -- M1001
  expect $shell 'mig apply --journal no' notes.txt
  expect $shell 'mig doctor no' notes.txt
done

# Every command that mig lists is completed, and each of its flags.
all=$(offered_by bash 'mig ')
for command in $(mig --help | sed -n '/^Subcommands/,/^$/s/^  \([a-z]\+\) .*/\1/p'); do
  grep -qxF "$command" <<<"$all" || { failed=$((failed + 1)); echo "FAILED: bash does not know $command"; continue; }
  flags=$(offered_by bash "mig $command --")
  for flag in $(mig "$command" --help | sed -n 's/^  \(-[a-z],\)\?\(--[a-z-]\+\).*/\2/p'); do
    grep -qxF -- "$flag" <<<"$flags" || { failed=$((failed + 1)); echo "FAILED: bash does not know $command $flag"; }
  done
  passed=$((passed + 1))
done

echo "$passed passed, $failed failed"
[ $failed = 0 ]
