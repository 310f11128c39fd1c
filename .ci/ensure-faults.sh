#!/usr/bin/env bash
# Installs what faults on real processes are injected with (test/faults), where it is missing and this is Debian or Ubuntu as root.
set -euo pipefail

readonly PACKAGES=(e2fsprogs iproute2 iptables libfaketime mount perl-base util-linux)
missing=()
for package in "${PACKAGES[@]}"; do
  [ "$(dpkg-query --show --showformat '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
done
if ((${#missing[@]} == 0)); then exit 0; fi
echo "missing: ${missing[*]}"
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then exit 0; fi
install=(apt-get install --yes --no-install-recommends "${missing[@]}")
export DEBIAN_FRONTEND=noninteractive
# The lists may be absent or old.
"${install[@]}" || { apt-get update && "${install[@]}"; }
