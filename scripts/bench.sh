#!/usr/bin/env bash
# Compares stoa with what one could use instead: bench.sh [--quick] [PEERS_BENCHMARK OPTION...]
# Installs what is missing, builds, and runs everything; writes build/bench/results.json, and tables and plots to
# docs/benchmarks/. docs/benchmarks/README.md says what is measured, and how.
#
#   scripts/bench.sh                  9 rounds: ten minutes
#   scripts/bench.sh --quick          5 short rounds: a minute or two, when the machine does nothing else
#   scripts/bench.sh --only spsc,map  some families of cases; the report is then of these
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install-packages.sh build test bench
cmake --preset bench >/dev/null
cmake --build --preset bench --target peers_benchmark

mkdir -p build/bench docs/benchmarks
commit=$(git describe --always --dirty 2>/dev/null || echo unknown)
build/bench/benchmarks/peers/peers_benchmark --json build/bench/results.json --report docs/benchmarks \
  --commit "$commit" "$@"
