#!/usr/bin/env bash
# Rehearses the image without a container engine: what the Dockerfile's last stage contains is put into a folder, and started there by the
# image's own Node, as another user, without capabilities, on files it cannot change. For the continuous integration, as root, on Linux:
#   npm run build && bash scripts/image-rehearsal.sh
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly USER_ID=1000 API="${REHEARSAL_HTTP_PORT:-18080}" DEVICES="${REHEARSAL_GATEWAY_PORT:-15000}"
readonly START_SECONDS=60 STOP_SECONDS=30
work="$(mktemp -d)"
process=""
fail() {
  echo "image rehearsal: $*" >&2
  [ ! -s "$work/log" ] || tail -n 40 "$work/log" >&2
  exit 1
}
finish() {
  [ -z "$process" ] || { kill -KILL "$process" && wait "$process"; } 2>/dev/null || true
  [ ! -f "$work/data/redis.pid" ] || kill -KILL "$(cat "$work/data/redis.pid")" 2>/dev/null || true
  rm -rf "$work"
}
trap finish EXIT

# The image's Node, from the npm registry.
version="$(sed -n 's/^FROM node:\([0-9.]*\)-.*/\1/p' Dockerfile | tail -n 1)"
case "$(uname -m)" in x86_64) arch=x64 ;; aarch64) arch=arm64 ;; *) fail "no Node for $(uname -m)" ;; esac
npm install --silent --no-audit --no-fund --ignore-scripts --prefix "$work/node" "node-linux-$arch@$version"
node="$work/node/node_modules/node-linux-$arch/bin/node"

# As the last stage copies it.
mkdir "$work/app"
cp package.json package-lock.json .npmrc "$work/app/"
(cd "$work/app" && npm ci --silent --omit=dev --ignore-scripts --no-audit --no-fund)
cp -R bin dist "$work/app/"
node scripts/sbom.js >"$work/app/sbom.cdx.json"
grep -q '"bomFormat": "CycloneDX"' "$work/app/sbom.cdx.json" || fail "there is no bill of materials"
install -d -o "$USER_ID" -g "$USER_ID" -m 0700 "$work/data"
chmod -R a+rX,go-w "$work/app" "$work/node"
chmod 0755 "$work"

redis="$(command -v redis-server || true)"
if [ -z "$redis" ]; then
  cp -R .redis "$work/redis" && chmod -R a+rX "$work/redis"
  redis="$work/redis/bin/redis-server"
fi

inside() {
  cd "$work/app"
  exec env -i PATH="$PATH" NODE_ENV=production DATA_DIR="$work/data" REDIS_BIN="$redis" HTTP_PORT="$API" GATEWAY_PORT="$DEVICES" \
    setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --no-new-privs --bounding-set=-all --inh-caps=-all "$node" "$@"
}

(inside dist/src/cli.js --help) >"$work/log" 2>&1 || fail "--help failed"
(inside bin/tracker-chat.js protocols) >"$work/log" 2>&1 || fail "bin/tracker-chat.js protocols failed"

(inside dist/src/cli.js serve) >"$work/log" 2>&1 &
process=$!
ask() { "$node" -e "fetch('http://127.0.0.1:$API$1').then((a) => process.exit(a.ok ? 0 : 1), () => process.exit(1))"; }
started=$SECONDS
until ask /readyz; do
  kill -0 "$process" 2>/dev/null || fail "it ended at the start"
  ((SECONDS - started < START_SECONDS)) || fail "not ready after $START_SECONDS s"
  sleep 0.3
done
for path in /livez /metrics / /console.js /console.css; do ask "$path" || fail "GET $path failed"; done
# The demo fleet's dispatcher asks: the scripts of the store came along.
ask "/tracker/chat/unread/count?hash=a6aa75587e5c59c32d347da438505fc3" || fail "an API call failed"

# The health check as the Dockerfile has it.
check="$(sed -n 's/^  CMD \["node", "-e", "\(.*\)"\]$/\1/p' Dockerfile)"
[ -n "$check" ] || fail "no health check found in the Dockerfile"
HTTP_PORT="$API" "$node" -e "$check" || fail "the health check says no to a healthy process"
if HTTP_PORT=1 "$node" -e "$check"; then fail "the health check says yes to nothing"; fi

started=$SECONDS
kill -TERM "$process"
(sleep "$STOP_SECONDS" && kill -KILL "$process") 2>/dev/null &
watchdog=$!
code=0
wait "$process" || code=$?
process=""
kill "$watchdog" 2>/dev/null || true
[ "$code" = 0 ] || fail "SIGTERM ended it with $code"
echo "image rehearsal: Node $version, ready, healthy, gone $((SECONDS - started)) s after SIGTERM; $(du -sm "$work/app" | cut -f1) MB of code"
