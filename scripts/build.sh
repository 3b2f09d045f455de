#!/usr/bin/env bash
# Configures and builds a preset: build.sh PRESET [CMAKE OPTION...]
set -euo pipefail
cd "$(dirname "$0")/.."
preset=$1
shift

if [ -z "${CMAKE_CXX_COMPILER_LAUNCHER-}" ] && command -v ccache >/dev/null; then
  export CMAKE_CXX_COMPILER_LAUNCHER=ccache
fi
echo "+ cmake --preset $preset $*" >&2
cmake --preset "$preset" "$@" >/dev/null
echo "+ cmake --build --preset $preset" >&2
cmake --build --preset "$preset"
