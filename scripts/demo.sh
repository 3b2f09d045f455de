#!/usr/bin/env bash
# A pipeline of three processes on this machine's own figures, one of which is killed again and again.
# The only command needed on a fresh Debian 12: installs what is missing, builds, runs. Fails unless every
# sample was counted exactly once.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=8
scripts/install-packages.sh build
scripts/build.sh demo

bin=build/demo/examples/telemetry
stoa=build/demo/tools/stoa
segment=telemetry-demo-$$
sampler=
aggregator=

clean_up() {
  for pid in $sampler $aggregator; do
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  "$stoa" rm "$segment" >/dev/null 2>&1 || true
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

# It waits a little in the middle of its work on each sample, so that a kill hits there, not between two.
start_aggregator() {
  "$bin/aggregator" --segment "$segment" --work-us 10 &
  aggregator=$!
}

echo "sampling for $seconds s, killing the aggregator meanwhile"
"$bin/sampler" --segment "$segment" --seconds "$seconds" &
sampler=$!
start_aggregator

kills=0
while sleep 0.7 && kill -0 "$sampler" 2>/dev/null; do
  kill -KILL "$aggregator"
  wait "$aggregator" 2>/dev/null || true
  kills=$((kills + 1))
  sleep 0.1
  start_aggregator
done
wait "$sampler"
sampler=

exact=0
account=$("$bin/accounting" --segment "$segment" --within 30 --kills "$kills") || exact=1
"$bin/viewer" --segment "$segment" --once
echo
"$stoa" show "$segment"
echo
echo "$account"
[ "$kills" -ge 3 ] || { echo "only $kills kills: the machine is too slow for this" >&2; exit 1; }
exit $exact
