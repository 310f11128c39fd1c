#!/usr/bin/env bash
# Makes sure that there is a Chromium for the console's tests: Debian's, when nobody brought another. As root, on Debian and Ubuntu.
set -euo pipefail
if [ -n "${CHROMIUM_BIN:-}" ]; then exec "$CHROMIUM_BIN" --version; fi
for name in chromium chromium-browser google-chrome; do
  if command -v "$name" >/dev/null; then exec "$name" --version; fi
done
export DEBIAN_FRONTEND=noninteractive
# The package lists may be stale, or the mirror may stumble: two tries.
for _ in 1 2; do
  apt-get update -qq || continue
  if apt-get install --yes -qq --no-install-recommends chromium fonts-liberation; then exec chromium --version; fi
done
echo "no Chromium could be installed" >&2
exit 1
