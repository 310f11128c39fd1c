// Makes sure that a redis-server can be started before `npm start` and `npm test`. Plain Node, no dependencies.
//   node scripts/ensure-redis.js [--dir DIR]     DIR: where to unpack, default .redis/ in the checkout
// Does nothing when REDIS_URL or REDIS_BIN is set, or a server (>= 7.0) is on PATH or unpacked already.
// Otherwise, on Debian and Ubuntu, unpacks the distribution's own packages there: no root needed, nothing is installed.
import { execFileSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join, resolve } from "node:path";

const MINIMUM = [7, 0];
const PACKAGES = ["redis-server", "redis-tools"];
/** Packages that are fetched at most, counting missing libraries of libraries. */
const MAX_PACKAGES = 40;
const APT_TIMEOUT_MS = 120_000;

const option = process.argv.indexOf("--dir");
const target = resolve(option > 0 ? process.argv[option + 1] : join(import.meta.dirname, "..", ".redis"));

try {
  if (!isThere()) fetchRedis();
} catch (error) {
  const why = String(error.message).split("\n")[0];
  console.error(
    `No redis-server >= ${MINIMUM.join(".")} here (${why}): install it (apt install redis-server, brew install redis, ` +
      `dnf install valkey, apk add redis) or set REDIS_BIN or REDIS_URL.`,
  );
  process.exit(1);
}

function isThere() {
  if (process.env["REDIS_URL"] || process.env["REDIS_BIN"]) return true;
  if (recentEnough(join(target, "bin", "redis-server"))) return true;
  return ["redis-server", "valkey-server"].some((name) => onPath(name).some(recentEnough));
}

function onPath(name) {
  const folders = (process.env["PATH"] ?? "").split(delimiter).filter(Boolean);
  return folders.map((folder) => join(folder, name)).filter(isExecutable);
}

function isExecutable(file) {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** `Redis server v=7.0.15 sha=...` or `Valkey server v=8.1.1 ...` */
function recentEnough(file) {
  if (!existsSync(file)) return false;
  try {
    const version = /v=(\d+)\.(\d+)/.exec(run(file, ["--version"]));
    if (!version) return false;
    const [major, minor] = [Number(version[1]), Number(version[2])];
    return major > MINIMUM[0] || (major === MINIMUM[0] && minor >= MINIMUM[1]);
  } catch {
    return false;
  }
}

function fetchRedis() {
  if (!onPath("apt-get").length || !onPath("dpkg-deb").length) throw new Error("not on PATH, and this is no Debian or Ubuntu");
  mkdirSync(join(target, ".."), { recursive: true });
  // Unpacked aside and renamed at the end: two runs at once cannot see each other's half-made folder.
  const work = mkdtempSync(`${target}-`);
  try {
    unpackWithLibraries(work);
    writeWrappers(work);
    if (!recentEnough(join(work, "bin", "redis-server"))) throw new Error("the distribution's package does not run or is older");
    put(work);
    console.log(`Unpacked ${run(join(target, "bin", "redis-server"), ["--version"]).split(" sha=")[0]} into ${target}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function unpackWithLibraries(work) {
  const wanted = [...PACKAGES];
  const apt = downloader(work);
  for (let index = 0; index < wanted.length && index < MAX_PACKAGES; index += 1) {
    const folder = join(work, "deb", String(index));
    mkdirSync(folder, { recursive: true });
    apt(wanted[index], folder);
    const deb = readdirSync(folder).find((name) => name.endsWith(".deb"));
    if (!deb) throw new Error(`apt-get gave no package ${wanted[index]}`);
    run("dpkg-deb", ["-x", join(folder, deb), work]);
    const depends = run("dpkg-deb", ["-f", join(folder, deb), "Depends"]);
    for (const name of missingLibraries(depends)) if (!wanted.includes(name)) wanted.push(name);
  }
  rmSync(join(work, "deb"), { recursive: true, force: true });
}

/** Downloads one package; when the package lists are absent or stale, refreshes them once and tries again. */
function downloader(work) {
  let options = [];
  let refreshed = false;
  return (name, folder) => {
    try {
      run("apt-get", [...options, "download", "-qq", name], folder);
    } catch (error) {
      if (refreshed) throw error;
      refreshed = true;
      // Only root may refresh the system's lists; anyone may keep lists of their own.
      if (process.getuid?.() !== 0) options = privateLists(join(work, "apt"));
      run("apt-get", [...options, "update", "-qq"], folder);
      run("apt-get", [...options, "download", "-qq", name], folder);
    }
  };
}

function privateLists(folder) {
  mkdirSync(join(folder, "lists", "partial"), { recursive: true });
  mkdirSync(join(folder, "cache", "archives", "partial"), { recursive: true });
  return ["-o", `Dir::State::lists=${join(folder, "lists")}`, "-o", `Dir::Cache=${join(folder, "cache")}`];
}

/** Names of the libraries in a Depends field that this machine lacks. */
function missingLibraries(depends) {
  const names = depends.split(",").map((entry) => entry.trim().split(/[\s:(|]/)[0] ?? "");
  return names.filter((name) => /^(lib|lua)/.test(name) && !installed(name));
}

function installed(name) {
  try {
    return run("dpkg-query", ["-s", name]).includes("Status: install ok installed");
  } catch {
    return false;
  }
}

/** `exec` keeps the process id: who starts the wrapper has started the server. */
function writeWrappers(work) {
  mkdirSync(join(work, "bin"));
  for (const name of ["redis-server", "redis-cli"]) {
    const script = [
      "#!/bin/sh",
      'root="$(cd "$(dirname "$0")/.." && pwd)"',
      'libraries="$root/usr/lib"',
      'for folder in "$root"/usr/lib/*-linux-gnu* "$root"/lib/*-linux-gnu*; do',
      '  [ -d "$folder" ] && libraries="$libraries:$folder"',
      "done",
      `LD_LIBRARY_PATH="$libraries" exec "$root/usr/bin/${name}" "$@"`,
      "",
    ];
    writeFileSync(join(work, "bin", name), script.join("\n"), { mode: 0o755 });
  }
}

function put(work) {
  rmSync(join(work, "apt"), { recursive: true, force: true });
  try {
    rmSync(target, { recursive: true, force: true });
    renameSync(work, target);
  } catch (error) {
    // Another run was faster: theirs is as good.
    if (!recentEnough(join(target, "bin", "redis-server"))) throw error;
  }
}

function run(command, args, cwd = process.cwd()) {
  return execFileSync(command, args, { cwd, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], timeout: APT_TIMEOUT_MS });
}
