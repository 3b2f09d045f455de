#!/usr/bin/env bash
# Builds the fuzzers and lets each run for a while: fuzz.sh [--seconds N] [--seed N] [--keep] [TARGET...]
#
#   scripts/fuzz.sh                                     each target for 20 s
#   scripts/fuzz.sh --seconds 3600 segment_fuzzer       one, for an hour
#   scripts/fuzz.sh --seconds 600 --keep                and what reached something new is kept in stress/fuzz/corpus
#   scripts/fuzz.sh --seed 1                            the same inputs in the same order each time, as far as time goes
#
# Starts from the inputs in stress/fuzz/corpus. Prints what each did, and the seconds of a core that it had for it; an
# input that was found lies in build/fuzz/found, and its report is shown. Exit status 1 if anything was found.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=20 seed=0 keep=false targets=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift 2 ;;
    --seed) seed=$2; shift 2 ;;
    --keep) keep=true; shift ;;
    -*) sed -n '2,/^set/s/^# \{0,1\}//p' "$0"; exit 2 ;;
    *) targets+=("$1"); shift ;;
  esac
done
if [ ${#targets[@]} -eq 0 ]; then
  for directory in stress/fuzz/corpus/*/; do targets+=("$(basename "$directory")"); done
fi

scripts/install-packages.sh build test ci
if [ -z "${CMAKE_CXX_COMPILER_LAUNCHER-}" ] && command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi
cmake --preset fuzz -DSTOA_WARNINGS_AS_ERRORS=ON >/dev/null
cmake --build --preset fuzz --target "${targets[@]}"

found=$PWD/build/fuzz/found
mkdir -p "$found"
scratch=$(mktemp -d)
pid=
# One that was ended by what it found leaves its segments behind.
clean() {
  [ -n "$pid" ] || return 0
  kill "$pid" 2>/dev/null || true
  rm -rf "/dev/shm/stoa-test-$pid-"* "${TMPDIR:-/tmp}/stoa-test-dir-$pid-"*
  pid=
}
trap 'clean; rm -rf "$scratch"' EXIT

export ASAN_OPTIONS=${ASAN_OPTIONS-detect_leaks=1:strict_string_checks=1:detect_stack_use_after_return=1}
export UBSAN_OPTIONS=${UBSAN_OPTIONS-print_stacktrace=1}

# run TARGET LOG [OPTION...]. What takes long on a core is found by the targets themselves (soon.hpp); the time limit is
# for what never ends. Every segment is small: whoever asks for much memory was misled by its bytes.
run() {
  local target=$1 log=$2 status=0
  shift 2
  build/fuzz/stress/fuzz/"$target" -timeout=10 -rss_limit_mb=1024 -malloc_limit_mb=64 -close_fd_mask=1 \
    -artifact_prefix="$found/$target-" "$@" >"$log" 2>&1 </dev/null &
  pid=$!
  wait "$pid" || status=$?
  clean
  return "$status"
}
# Sets core_seconds: how long this shell's children have had a core so far. (A subshell has had no children.)
count_core_seconds() {
  times >"$scratch/times"
  core_seconds=$(awk 'NR == 2 { split($0, part, /[ms ]+/); printf "%d", part[1] * 60 + part[2] + part[3] * 60 + part[4] }' \
    "$scratch/times")
}
last_of() { sed -n "s/.*[[:space:]]$1: *\([0-9]*\).*/\1/p" "$2" | tail -n 1; }

failed=0
printf '%-24s %6s %10s %8s %9s %7s  %s\n' target core_s executions coverage features inputs verdict
for target in "${targets[@]}"; do
  corpus=stress/fuzz/corpus/$target log=$scratch/$target.log fresh=$scratch/$target
  mkdir -p "$fresh"
  # Not entropic: weighing inputs costs more than running them.
  options=(-max_total_time="$seconds" -seed="$seed" -print_final_stats=1 -max_len=400 -entropic=0)
  [ ! -f "stress/fuzz/$target.dict" ] || options+=(-dict="stress/fuzz/$target.dict")
  verdict="nothing found"
  count_core_seconds
  before=$core_seconds
  if ! run "$target" "$log" "${options[@]}" "$fresh" "$corpus"; then
    verdict="FOUND: $(sed -n 's/.*Test unit written to //p' "$log" | tail -n 1)"
    failed=1
  fi
  executions=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  count_core_seconds
  printf '%-24s %6s %10s %8s %9s %7s  %s\n' "$target" $((core_seconds - before)) "${executions:-?}" \
    "$(last_of cov "$log")" "$(last_of ft "$log")" "$(find "$corpus" "$fresh" -type f | wc -l)" \
    "$verdict"
  [ "$verdict" = "nothing found" ] || grep -A40 -m1 -E 'ERROR|runtime error|^a call|DEADLY' "$log" || tail -n 40 "$log"
  if $keep; then
    mkdir -p "$scratch/merged/$target"
    run "$target" "$log" -merge=1 -max_len=400 "$scratch/merged/$target" "$corpus" "$fresh" || tail -n 20 "$log"
    find "$corpus" -type f ! -name 'found-*' -delete  # what was found once is kept for good
    cp -n "$scratch/merged/$target"/* "$corpus"/
  fi
done
exit "$failed"
