/** Certificates made for one test by openssl: an authority of its own, and servers that it vouches for. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface ServerFiles {
  readonly cert: string;
  readonly key: string;
}

export class TestAuthority {
  readonly folder = mkdtempSync(join(tmpdir(), "tracker-chat-certificates-"));
  readonly file = join(this.folder, "ca.pem");
  readonly #key = join(this.folder, "ca.key");

  constructor() {
    const subject = ["-subj", "/CN=an authority for tests", "-addext", "keyUsage=critical,keyCertSign"];
    openssl("req", "-x509", ...KEY, "-keyout", this.#key, "-out", this.file, "-days", "2", ...subject);
  }

  get ca(): Buffer {
    return readFileSync(this.file);
  }

  /** Files of a certificate for 127.0.0.1 and localhost; `name` tells it from others. */
  server(name: string, days = 1): ServerFiles {
    const [cert, key, request, names] = ["pem", "key", "csr", "ext"].map((ending) => join(this.folder, `${name}.${ending}`));
    if (cert === undefined || key === undefined || request === undefined || names === undefined) throw new Error("no file names");
    openssl("req", "-new", ...KEY, "-keyout", key, "-out", request, "-subj", `/CN=${name}`);
    writeFileSync(names, `subjectAltName=DNS:${name},DNS:localhost,IP:127.0.0.1\n`);
    const signed = ["-CA", this.file, "-CAkey", this.#key, "-CAcreateserial", "-days", String(days), "-extfile", names];
    openssl("x509", "-req", "-in", request, "-out", cert, ...signed);
    return { cert, key };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Quick to make, and what new certificates have. */
const KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

function openssl(...args: readonly string[]): void {
  execFileSync("openssl", args, { stdio: ["ignore", "ignore", "pipe"] });
}
