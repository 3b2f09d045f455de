#!/usr/bin/env bash
# Which lines of core, allocators and structures the tests run: coverage.sh
#
# Prints a table of files with the lines that did not run; build/coverage/report has the same as pages to read. What is
# killed cannot report, so tests whose subject is killed at every instruction are left out; those lines count only if
# another test runs them to the end. Left out as well: publisher_cost, which looks at the instructions of what is
# shipped, and not of what counts lines. Exit status 1 if a test fails, 2 if less than STOA_LEAST_COVERAGE (95) per
# cent of the lines run.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/install-packages.sh build test proof
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi

# None of these is built either: what is killed, runs outside of this build, or looks at other lines.
left_out='kill|soak|publisher_cost|compiler_pair|snippets|install|peers'

cmake --preset coverage "${launcher[@]}" -DSTOA_MERGE_SOURCES=ON -DSTOA_BUILD_EXAMPLES=OFF >/dev/null
mapfile -t programs < <(ninja -C build/coverage -t targets all |
  sed -nE 's#^(tests|stress/fuzz)/(.*/)?([a-z0-9_]+): CXX_EXECUTABLE_LINKER.*#\3#p' | grep -vE "$left_out")
cmake --build --preset coverage --target "${programs[@]}"

report=build/coverage/report
rm -rf "$report"
mkdir -p "$report/parts"
# Who is killed while it adds its counts to a file spoils that file for all who come after it. They go on, without a
# word in a test's output; and each part of the tests has files of its own, so that others have run most of those lines.
export GCOV_ERROR_FILE=$PWD/$report/spoiled.log
failed=0
# part NAME DIRECTORY [CTEST OPTION...]
part() {
  local name=$1 directory=$2
  shift 2
  echo "+ $name" >&2
  find build/coverage -name '*.gcda' -delete
  ctest --test-dir "build/coverage/$directory" -LE stress -E "$left_out" -j "${STOA_JOBS:-3}" \
    --output-on-failure "$@" || failed=1
  gcovr --root . --object-directory build/coverage --gcov-ignore-parse-errors --exclude-throw-branches \
    --filter '(core|allocators|structures)/' --json "$report/parts/$name.json" 2>"$report/parts/$name.log"
}
for directory in tests/*/; do
  name=$(basename "$directory")
  case $name in
    structures) ;;                                                          # in three parts, below
    atomics | benchmarks | docs | examples | install | models | mutants) ;;  # run no line of these, or are not built
    *) part "$name" "tests/$name" ;;
  esac
done
for label in fast medium slow; do part "structures-$label" tests/structures -L "^$label\$"; done
part fuzz stress/fuzz

[ ! -s "$GCOV_ERROR_FILE" ] || echo "some counts were lost: the figures may be less than the truth" >&2
gcovr --root . --add-tracefile "$report/parts/*.json" --html-details "$report/index.html" --json "$report/lines.json" \
  --txt --fail-under-line "${STOA_LEAST_COVERAGE:-95}"
[ "$failed" -eq 0 ] || { echo "some tests failed" >&2; exit 1; }
