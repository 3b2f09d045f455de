#!/usr/bin/env bash
# Seeds known bugs, one at a time, and sees whether a test fails for each: mutants.sh [--table | PATTERN...]
#
#   scripts/mutants.sh              all of tests/mutants/*.patch
#   scripts/mutants.sh queue value  those with this in their name
#   scripts/mutants.sh --table      builds nothing: which invariant has which mutants, and which has none
#
# A patch says in its first line why it is wrong and which invariant it is against: "(queue_claims.hpp I2)"; then
#
#   Run: [VARIABLE=VALUE...] PROGRAM [OPTION...]    what must fail
#   Build: tsan                                     if only ThreadSanitizer shows it: an order that x86 gives anyway
#   Within: 20                                      seconds after which a run hangs, where that is how it fails;
#                                                   otherwise a minute more than five times what it takes without
#
# Works on a copy of the tree in a temporary directory: the checkout is not touched. Every program must pass without a
# mutant first. Exit status 1 if a mutant survives, does not compile or does not apply any more.
set -euo pipefail
cd "$(dirname "$0")/.."

[ "${1-}" != --table ] || exec scripts/check-mutants.sh -v

scratch=$(mktemp -d "${TMPDIR:-/var/tmp}/stoa-mutants.XXXXXX")
trap 'rm -rf "$scratch"' EXIT
tree=$scratch/tree
jobs=${STOA_JOBS:-2}
most_seconds=900  # of a run without a mutant
declare -A seconds_without

patches=()
for patch in tests/mutants/*.patch; do
  name=$(basename "$patch" .patch)
  for pattern in "${@:-}"; do
    [[ $name == *"$pattern"* ]] && patches+=("$name") && break
  done
done
[ ${#patches[@]} -gt 0 ] || { echo "no mutant of that name" >&2; exit 1; }

mkdir "$tree"
tar --exclude=./build --exclude=./.git -cf - . | tar -xf - -C "$tree"
if [ -z "${CMAKE_CXX_COMPILER_LAUNCHER-}" ] && command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi
export CCACHE_BASEDIR=$scratch
export TSAN_OPTIONS=halt_on_error=1

field_of() { sed -n "1,/^---/s/^$2: //p" "tests/mutants/$1.patch"; }  # NAME FIELD
# "BUILD PROGRAM...": how a mutant is run.
how_of() {
  local build
  build=$(field_of "$1" Build)
  echo "${build:-release} $(field_of "$1" Run)"
}
# BUILD PROGRAM
build_of() {
  local preset=$1 program=$2
  [ -f "$scratch/$preset/build.ninja" ] ||
    (cd "$tree" && cmake --preset "$preset" -B "$scratch/$preset" -DSTOA_BUILD_TESTS=ON -DSTOA_BUILD_TOOLS=OFF) \
      >"$scratch/log" 2>&1 || return
  cmake --build "$scratch/$preset" --parallel "$jobs" --target "$program" >"$scratch/log" 2>&1
}
program_of() {
  while [[ $1 == *=* ]]; do shift; done
  echo "$1"
}
# SECONDS BUILD PROGRAM... 0: it passed; 1: it failed; more: it hung
passes() {
  local seconds=$1 preset=$2 variables=() program file status=0
  shift 2
  while [[ $1 == *=* ]]; do
    variables+=("$1")
    shift
  done
  program=$1
  shift
  file=$(find "$scratch/$preset/tests" "$scratch/$preset/stress" -type f -name "$program" -perm -u+x)
  env "${variables[@]}" timeout -k 5 "$seconds" "$file" "$@" >"$scratch/log" 2>&1 || status=$?
  return "$status"
}

echo "without a mutant:"
mapfile -t runs < <(for name in "${patches[@]}"; do how_of "$name"; done | sort -u)
for run in "${runs[@]}"; do
  read -r -a words <<<"$run"
  build_of "${words[0]}" "$(program_of "${words[@]:1}")" ||
    { cat "$scratch/log"; echo "$run: does not build" >&2; exit 1; }
  begin=$SECONDS
  passes "$most_seconds" "${words[@]}" || { cat "$scratch/log"; echo "$run: fails without any mutant" >&2; exit 1; }
  seconds_without[$run]=$((SECONDS - begin))
done
echo "  ${#runs[@]} runs pass"

caught=0
printf '%-42s %-8s %4s  %s\n' mutant verdict s "what must fail"
for name in "${patches[@]}"; do
  patch=$PWD/tests/mutants/$name.patch
  begin=$SECONDS
  run=$(how_of "$name")
  read -r -a words <<<"$run"
  within=$(field_of "$name" Within)
  if ! patch -d "$tree" -p1 -s --dry-run <"$patch" >/dev/null 2>&1; then
    verdict="STALE"
  else
    patch -d "$tree" -p1 -s --no-backup-if-mismatch <"$patch"
    if ! build_of "${words[0]}" "$(program_of "${words[@]:1}")"; then
      verdict="NO BUILD"
    elif passes "${within:-$((60 + 5 * seconds_without[$run]))}" "${words[@]}"; then
      verdict="SURVIVES"
    else
      verdict="caught"
      caught=$((caught + 1))
    fi
    patch -d "$tree" -p1 -s -R --no-backup-if-mismatch <"$patch"
  fi
  printf '%-42s %-8s %4d  %s\n' "$name" "$verdict" $((SECONDS - begin)) "${words[*]:1}"
done
echo "caught $caught of ${#patches[@]}"
scripts/check-mutants.sh || [ $? -eq 77 ]  # how many invariants they are against
[ "$caught" -eq ${#patches[@]} ]
