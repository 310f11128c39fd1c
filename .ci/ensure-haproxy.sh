#!/usr/bin/env bash
# Makes sure, if it can, that there is an HAProxy for the tests of its headers: Debian's, as root. Without one those tests say so and are left out.
set -euo pipefail
export PATH="$PATH:/usr/sbin"
if ! command -v haproxy >/dev/null; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get install --yes -qq --no-install-recommends haproxy >/dev/null 2>&1 ||
    { apt-get update -qq && apt-get install --yes -qq --no-install-recommends haproxy >/dev/null; } || true
fi
haproxy -v 2>/dev/null | head -n 1 || echo "no HAProxy: its tests are left out"
