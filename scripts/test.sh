#!/usr/bin/env bash
# Builds the release preset with warnings as errors and runs its tests: test.sh [CTEST OPTION...]
# The only command needed on a fresh Debian 12: installs what is missing first.
#
#   scripts/test.sh                 all but the label stress
#   scripts/test.sh -L fast         the tests of under a second
#   scripts/test.sh -R queue        those with this in their name
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-packages.sh build test
scripts/build.sh release -DSTOA_WARNINGS_AS_ERRORS=ON

[ $# -gt 0 ] || set -- -LE stress
echo "+ ctest -j3 --output-on-failure $*" >&2
ctest --test-dir build/release -j3 --output-on-failure --no-tests=error "$@"
