#!/usr/bin/env bash
# Checks what the sources say about their atomics: check-atomics.sh [-v]
#
#  1. Every ordered access (acquire, release, acq_rel, seq_cst, and fences) says why: a label or an invariant (R1, A2,
#     I3), or the reason in words, on its statement or right above it.
#  2. Every edge has both ends: where "R1 -> A1" is written, A1 is said somewhere in the same structure to come from
#     R1, and the other way round. "file.hpp:A1" is looked for in that file.
#  3. A file that an edge leads to exists.
#
# A structure is the files whose names begin alike: queue.hpp, queue_claims.hpp, queue_recovery.cpp. -v lists the edges.
# What the orders are for, and why they are enough, is in docs/atomics.md. Exit status 1 if something is missing; 77
# when there is no python3.
set -euo pipefail
cd "$(dirname "$0")/.."

command -v python3 >/dev/null || {
  echo "SKIPPED: there is no python3 (scripts/install-packages.sh test)"
  exit 77
}
exec python3 scripts/check_atomics.py "$@"
