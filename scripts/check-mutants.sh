#!/usr/bin/env bash
# Checks the seeded bugs without building any: check-mutants.sh [-v]
#
#  1. Every patch applies, says in its first line what it is against, "(queue_claims.hpp I2)" or "(docs/crash.md Q4)",
#     and below that what must fail.
#  2. Every invariant that a header states ("// I2 publish ...") has a mutant, or a line in tests/mutants/unseeded.txt
#     that says why no test could tell.
#
# -v lists all invariants, each with its mutants. Whether a test catches them: scripts/mutants.sh. Exit status 1 if
# something is missing; 77 when there is no python3 or no patch.
set -euo pipefail
cd "$(dirname "$0")/.."

for tool in python3 patch; do
  command -v "$tool" >/dev/null || {
    echo "SKIPPED: there is no $tool (scripts/install-packages.sh test)"
    exit 77
  }
done
exec python3 scripts/check_mutants.py "$@"
