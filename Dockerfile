# The gateway, its API and a redis-server for a start without REDIS_URL. See compose.yaml for how it is meant to run.
#   docker build -t tracker-chat . && docker run --init -p 127.0.0.1:8080:8080 -p 5000:5000 -v tracker-chat:/data tracker-chat

FROM node:24.21.0-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY types ./types
COPY scripts ./scripts
COPY protocols ./protocols
COPY src ./src
RUN npm run build && node scripts/sbom.js > sbom.cdx.json

FROM node:24.21.0-bookworm-slim
# Debian's own, so that its security updates come with a rebuild.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends redis-server \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY package.json package-lock.json .npmrc LICENSE ./
RUN npm ci --omit=dev --ignore-scripts && npm cache clean --force && rm -rf /tmp/*
COPY bin ./bin
COPY --from=build /app/dist ./dist
# What is in here, for scanners.
COPY --from=build /app/sbom.cdx.json ./
# Everything above belongs to root: the process may read its code, not change it. /data and /tmp are all it writes.
RUN install -d -o 1000 -g 1000 -m 0700 /data
ENV NODE_ENV=production DATA_DIR=/data HTTP_HOST=0.0.0.0
USER 1000:1000
VOLUME /data
EXPOSE 8080 5000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=30s --retries=3 \
  CMD ["node", "-e", "require(/^(true|1)$/i.test(process.env.HTTP_TLS) ? 'https' : 'http').get({ host: '127.0.0.1', port: process.env.HTTP_PORT || 8080, path: '/livez', rejectUnauthorized: false }, (answer) => process.exit(answer.statusCode === 200 ? 0 : 1)).on('error', () => process.exit(1))"]
ENTRYPOINT ["node", "dist/src/cli.js"]
CMD ["serve"]
