// The console's page into dist/console, minified and compressed for the wire:  node scripts/build-console.js [FOLDER]
// As `--import ./scripts/build-console.js?rebuild` it builds before the program starts, and again at each change while it runs.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";
import { context } from "esbuild";

const root = join(import.meta.dirname, "..");
const source = join(root, "src/console");
const isWatching = new URL(import.meta.url).search === "?rebuild";
const target = (!isWatching && process.argv[2]) || join(root, "dist/console");

const work = await context({
  entryPoints: [join(source, "main.tsx"), join(source, "console.css")],
  entryNames: "console",
  outdir: target,
  bundle: true,
  format: "esm",
  target: ["chrome120", "firefox128", "safari17.5"],
  minify: !isWatching,
  sourcemap: isWatching ? "inline" : false,
  charset: "utf8",
  legalComments: "none",
  logLevel: "warning",
  plugins: [{ name: "page", setup: (build) => build.onEnd(({ errors }) => errors.length > 0 || finish()) }],
});
await work.rebuild();
if (isWatching) await work.watch();
else await work.dispose();

/** Beside what esbuild wrote: the page, its icons, and (not while one waits for it) everything as gzip and Brotli. */
function finish() {
  mkdirSync(target, { recursive: true });
  for (const name of readdirSync(source).filter((file) => /\.(?:html|svg)$/.test(file))) {
    writeFileSync(join(target, name), readFileSync(join(source, name)));
  }
  for (const name of readdirSync(target).filter((file) => /\.(?:br|gz)$/.test(file))) rmSync(join(target, name));
  if (isWatching) return;
  for (const name of readdirSync(target).filter((file) => /\.(?:html|svg|css|js)$/.test(file))) {
    const bytes = readFileSync(join(target, name));
    writeFileSync(join(target, `${name}.gz`), gzipSync(bytes, { level: 9 }));
    writeFileSync(join(target, `${name}.br`), brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }));
  }
}
