#!/usr/bin/env bash
# Installs what is missing of the packages in packages.txt: install-packages.sh GROUP...
# Does nothing, and needs no rights, when all is there.
set -euo pipefail
cd "$(dirname "$0")"

missing=()
for group in "$@"; do
  while read -r package; do
    state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
    [ "$state" = installed ] || missing+=("$package")
  done < <(awk -v group="$group" '$1 == group { print $2 }' packages.txt)
done
[ ${#missing[@]} -gt 0 ] || exit 0

command -v apt-get >/dev/null || {
  echo "needed, and there is no apt-get to install them: ${missing[*]}" >&2
  exit 1
}
as_root=()
[ "$(id -u)" = 0 ] || as_root=(sudo)
run() {
  echo "+ $*" >&2
  "$@"
}
run "${as_root[@]}" apt-get update -qq
run "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
  apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
