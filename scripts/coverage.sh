#!/usr/bin/env bash
# Which lines of core, allocators and structures the tests run: coverage.sh [CTEST OPTION...]
#
# Prints a table of files with the lines that did not run; build/coverage/report has the same as pages to read. What is
# killed cannot report, so tests whose subject is killed at every instruction are left out; those lines count only if
# another test runs them to the end. Left out as well: publisher_cost, which looks at the instructions of what is
# shipped, and not of what counts lines. Exit status 1 if a test fails, or if less than STOA_LEAST_COVERAGE (95) per
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
find build/coverage -name '*.gcda' -delete
ctest --preset coverage -LE stress -E "$left_out|models" -j "${STOA_JOBS:-3}" "$@"

mkdir -p build/coverage/report
gcovr --root . --object-directory build/coverage --gcov-ignore-parse-errors \
  --filter '(core|allocators|structures)/' --exclude-throw-branches \
  --html-details build/coverage/report/index.html --txt \
  --fail-under-line "${STOA_LEAST_COVERAGE:-95}"
