/** Certificates that change while they are used. */
import { cpSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { pino } from "pino";
import { afterAll, afterEach, describe, expect, it } from "vitest";
import { Certificates } from "../src/certificates.ts";
import { type ServerFiles, TestAuthority } from "./support/certificates.ts";
import { until } from "./support/gateway-world.ts";

const authority = new TestAuthority();
const [first, second] = [authority.server("first"), authority.server("second", 2)];
const open: Certificates[] = [];

afterEach(() => {
  for (const one of open.splice(0)) one.stop();
});
afterAll(() => authority.remove());

interface Opened {
  readonly files: ServerFiles;
  readonly certificates: Certificates;
  readonly logs: readonly { readonly level: number; readonly msg: string; readonly reason?: string }[];
  readonly names: readonly string[];
}

/** Watched files of their own, with the first pair in them. */
function watched(name: string): Opened {
  const folder = join(authority.folder, name);
  mkdirSync(folder);
  const files = { cert: join(folder, "tls.crt"), key: join(folder, "tls.key") };
  put(first, files);
  return { files, ...watching(files) };
}

function watching(files: ServerFiles): Omit<Opened, "files"> {
  const logs: Opened["logs"][number][] = [];
  const log = pino({ level: "info" }, { write: (line: string) => void logs.push(JSON.parse(line)) });
  const certificates = new Certificates(files, log);
  const names: string[] = [];
  certificates.onChange(() => names.push(certificates.name));
  certificates.watch();
  open.push(certificates);
  return { certificates, logs, names };
}

function put(from: ServerFiles, to: ServerFiles): void {
  cpSync(from.cert, to.cert);
  cpSync(from.key, to.key);
}

describe("certificates", () => {
  it("say whose they are and when they end", () => {
    const { certificates } = watched("plain");
    expect(certificates.name).toBe("first");
    expect(certificates.expiresAt - Date.now()).toBeGreaterThan(23 * 3_600_000);
    expect(certificates.settings).toMatchObject({ minVersion: "TLSv1.2", cert: readFileSync(first.cert) });
  });

  it("are read again when their files are written", async () => {
    const { certificates, files, names, logs } = watched("written");
    put(second, files);
    await until(() => names.length === 1);
    expect(names).toEqual(["second"]);
    expect(certificates.settings.key).toEqual(readFileSync(second.key));
    expect(logs.map(({ msg }) => msg)).toEqual(["a new certificate is used from now on"]);
  });

  it("are read again when their files are replaced, as by certbot", async () => {
    const { files, names } = watched("renamed");
    for (const part of ["cert", "key"] as const) {
      cpSync(second[part], `${files[part]}.new`);
      renameSync(`${files[part]}.new`, files[part]);
    }
    await until(() => names.length === 1);
    expect(names).toEqual(["second"]);
  });

  it("are read again when the folder behind them changes, as Kubernetes mounts secrets", async () => {
    const mount = join(authority.folder, "mount");
    mkdirSync(mount);
    for (const [version, pair] of [
      ["v1", first],
      ["v2", second],
    ] as const) {
      mkdirSync(join(mount, version));
      put(pair, { cert: join(mount, version, "tls.crt"), key: join(mount, version, "tls.key") });
    }
    symlinkSync("v1", join(mount, "..data"));
    const files = { cert: join(mount, "tls.crt"), key: join(mount, "tls.key") };
    symlinkSync("..data/tls.crt", files.cert);
    symlinkSync("..data/tls.key", files.key);
    const { names } = watching(files);
    symlinkSync("v2", join(mount, "..data_tmp"));
    renameSync(join(mount, "..data_tmp"), join(mount, "..data"));
    await until(() => names.length === 1);
    expect(names).toEqual(["second"]);
  });

  it("are read again though something else in their folder changes all the time", { timeout: 15_000 }, async () => {
    const { files, names } = watched("busy");
    const busy = setInterval(() => writeFileSync(join(dirname(files.cert), "log"), String(Date.now())), 50);
    try {
      put(second, files);
      await until(() => names.length === 1, String, 10_000);
      expect(names).toEqual(["second"]);
    } finally {
      clearInterval(busy);
    }
  });

  it("stay as they are when the new ones are no good, and say so once", async () => {
    const { certificates, files, names, logs } = watched("bad");
    const bad: readonly (readonly [what: "cert" | "key", text: Buffer, told: string])[] = [
      ["cert", readFileSync(second.cert), "TLS_KEY: not the PEM key of TLS_CERT"],
      ["cert", readFileSync(first.key), "TLS_CERT: no certificate in PEM"],
      ["cert", Buffer.from("nonsense"), "TLS_CERT: no certificate in PEM"],
      ["key", readFileSync(second.cert), "TLS_CERT: no certificate in PEM"],
    ];
    for (const [at, [what, text, told]] of bad.entries()) {
      writeFileSync(files[what], text);
      await until(() => logs.length === at + 1);
      certificates.reload();
      expect(logs).toHaveLength(at + 1);
      expect(logs.at(-1)).toMatchObject({ level: 50, msg: "the new certificate is no good: the old one stays" });
      expect(logs.at(-1)?.reason).toContain(told);
    }
    expect(names).toEqual([]);
    expect(certificates.settings.cert).toEqual(readFileSync(first.cert));
    put(second, files);
    await until(() => names.length === 1);
    expect(certificates.name).toBe("second");
  });

  it("that cannot be used end the start with the setting's name", () => {
    const log = pino({ level: "silent" });
    const nowhere = join(dirname(first.cert), "nowhere.pem");
    expect(() => new Certificates({ ...first, cert: nowhere }, log)).toThrow(/^TLS_CERT: cannot be read \(ENOENT/);
    expect(() => new Certificates({ ...first, key: nowhere }, log)).toThrow(/^TLS_KEY: cannot be read \(ENOENT/);
    expect(() => new Certificates({ ...first, key: second.key }, log)).toThrow(/^TLS_KEY: not the PEM key of TLS_CERT/);
    expect(() => new Certificates({ cert: first.key, key: first.key }, log)).toThrow(/^TLS_CERT: no certificate in PEM/);
  });
});
