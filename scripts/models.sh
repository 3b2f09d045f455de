#!/usr/bin/env bash
# Checks the protocols' models exhaustively, and that each seeded bug is found: models.sh [PATTERN...]
#
#   scripts/models.sh               all of models/*.pml
#   scripts/models.sh map           those with this in MODEL.CHECK or MODEL.BUG
#
# A model says in its head what is checked ("// Check: NAME DEFINITION...") and which variant of it must fail where
# ("// Bug: DEFINITION CHECK why it is wrong"). A check counts only if all states were reached: within the memory
# (STOA_MODEL_MIB, 4000) and the depth that were given. Exit status 1 if a check fails or is cut off, or a bug is not found;
# 77 when there is no spin.
set -euo pipefail
cd "$(dirname "$0")/.."

for program in spin gcc; do
  command -v "$program" >/dev/null || {
    echo "SKIPPED: there is no $program (scripts/install-packages.sh proof)"
    exit 77
  }
done
scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/stoa-models.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
models=$PWD/models
mebibytes=${STOA_MODEL_MIB:-4000}
depth=1000000

# MODEL DEFINITION... 0: all states reached, no error; 1: an error was found; 2: neither, see $scratch/log
verify() {
  local model=$1 optimisation=-O2 defines=()
  shift
  for each in "$@"; do defines+=("-D$each"); done
  (
    cd "$scratch"
    rm -f pan* ./*.trail
    spin "${defines[@]}" -a "$models/$model.pml"
    # GCC needs minutes to optimise a table of transitions as large as the queue's.
    [ "$(wc -c <pan.m)" -lt 1000000 ] || optimisation=-O0
    # -DSAFETY: what is asserted are states, not endless runs.
    gcc "$optimisation" -w -DSAFETY -DCOLLAPSE -DVECTORSZ=2048 "-DMEMLIM=$mebibytes" -o pan pan.c
    ./pan -n "-m$depth"
  ) >"$scratch/log" 2>&1 || return 2
  if grep -q 'errors: [1-9]' "$scratch/log"; then
    # Too little depth or memory is no finding.
    grep -qE 'assertion violated|invalid end state' "$scratch/log" && return 1
    return 2
  fi
  grep -q 'errors: 0' "$scratch/log" || return 2
  ! grep -qE 'out of memory|search not completed|max search depth too small|Search not completed' "$scratch/log" || return 2
}
figure() { sed -nE "s/$1/\1/p" "$scratch/log" | head -1; }

wanted() {
  local pattern
  [ ${#patterns[@]} -gt 0 ] || return 0
  for pattern in "${patterns[@]}"; do [[ $1 != *"$pattern"* ]] || return 0; done
  return 1
}
report() {  # NAME VERDICT
  printf '%-42s %-9s %10s %7s %5s\n' "$1" "$2" "$(figure ' *([0-9.e+]+) states, stored.*')" \
    "$(figure '.*depth reached ([0-9]+),.*')" "$((SECONDS - begin))"
}

patterns=("$@")
wrong=0 done=0
printf '%-42s %-9s %10s %7s %5s\n' model verdict states depth s
for file in "$models"/*.pml; do
  model=$(basename "$file" .pml)
  declare -A checks=()
  while read -r _ _ name defines; do
    checks[$name]=$defines
    wanted "$model.$name" || continue
    begin=$SECONDS status=0 done=$((done + 1))
    read -r -a words <<<"$defines"
    verify "$model" "${words[@]}" || status=$?
    case $status in
      0) report "$model.$name" holds ;;
      1) report "$model.$name" "FAILS"; grep -m1 -E 'assertion|invalid' "$scratch/log"; wrong=$((wrong + 1)) ;;
      *) report "$model.$name" "CUT OFF"; tail -5 "$scratch/log"; wrong=$((wrong + 1)) ;;
    esac
  done < <(grep '^// Check: ' "$file")
  while read -r _ _ bug check _; do
    wanted "$model.$bug" || continue
    begin=$SECONDS status=0 done=$((done + 1))
    read -r -a words <<<"${checks[$check]} $bug"
    verify "$model" "${words[@]}" || status=$?
    case $status in
      1) report "$model.$bug" found ;;
      0) report "$model.$bug" "MISSED"; wrong=$((wrong + 1)) ;;
      *) report "$model.$bug" "CUT OFF"; tail -5 "$scratch/log"; wrong=$((wrong + 1)) ;;
    esac
  done < <(grep '^// Bug: ' "$file")
done
[ "$done" -gt 0 ] || { echo "no model of that name" >&2; exit 1; }
echo "$((done - wrong)) of $done as they should be, in $SECONDS s"
[ "$wrong" -eq 0 ]
