/** The certificate of the device port and of HTTPS: read from two files, and read again when they change. */
import { createHash, X509Certificate } from "node:crypto";
import { type FSWatcher, readFileSync, watch } from "node:fs";
import { dirname } from "node:path";
import { createSecureContext } from "node:tls";
import type { Logger } from "pino";

/** What a TLS server is made of; ready for `setSecureContext`. */
export interface TlsSettings {
  /** Chain and key, PEM. */
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly minVersion: "TLSv1.2";
  readonly ciphers: string;
  readonly honorCipherOrder: boolean;
}

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

/** Mozilla's "intermediate" without DHE, which needs parameters of its own: what a modem of the last ten years speaks. */
const CIPHERS = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
].join(":");

/** Two files are never written at the same moment: so long nothing may change before they are read; in a busy folder no longer than this. */
const SETTLE_MS = 500;
const LONGEST_SETTLE_MS = 5_000;
/** Not every file system tells of changes. */
const LOOK_MS = 10 * 60_000;

export class Certificates {
  readonly #files: CertificateFiles;
  readonly #log: Logger;
  readonly #listeners: ((settings: TlsSettings) => void)[] = [];
  readonly #watchers: FSWatcher[] = [];
  #look: NodeJS.Timeout | null = null;
  #settle: NodeJS.Timeout | null = null;
  /** When the first of the present changes was seen; null: all were read. */
  #changedAt: number | null = null;
  #settings: TlsSettings;
  /** Of the files when they were last read, good or bad. */
  #digest: string;

  /** Throws one line that names the setting. */
  constructor(files: CertificateFiles, log: Logger) {
    this.#files = files;
    this.#log = log;
    this.#settings = read(files);
    this.#digest = digestOf(this.#settings);
  }

  get settings(): TlsSettings {
    return this.#settings;
  }

  /** Of the first host that it is for. */
  get name(): string {
    const { subject = "", subjectAltName = "" } = new X509Certificate(this.#settings.cert);
    return /(?:DNS|IP Address):([^,]+)/.exec(subjectAltName)?.[1] ?? /^CN=(.*)$/m.exec(subject)?.[1] ?? "unnamed";
  }

  /** When the certificate ends (ms since 1970). */
  get expiresAt(): number {
    return Date.parse(new X509Certificate(this.#settings.cert).validTo);
  }

  /** Told of each new pair that is good. */
  onChange(listener: (settings: TlsSettings) => void): void {
    this.#listeners.push(listener);
  }

  /** Looks at the folders, because files are mostly replaced and not written; and from time to time whatever happens. */
  watch(): void {
    this.#look = setInterval(() => this.reload(), LOOK_MS).unref();
    for (const folder of new Set([dirname(this.#files.cert), dirname(this.#files.key)])) {
      try {
        const watcher = watch(folder, { persistent: false }, () => this.#changed());
        watcher.on("error", (error) => this.#log.warn({ err: error }, UNWATCHED));
        this.#watchers.push(watcher);
      } catch (error) {
        this.#log.warn({ err: error }, UNWATCHED);
      }
    }
  }

  stop(): void {
    for (const watcher of this.#watchers) watcher.close();
    if (this.#look !== null) clearInterval(this.#look);
    if (this.#settle !== null) clearTimeout(this.#settle);
  }

  /** Reads the files; a pair that is no good is told once and changes nothing. */
  reload(): void {
    this.#changedAt = null;
    let pair: TlsSettings;
    try {
      pair = unchecked(this.#files);
      const digest = digestOf(pair);
      if (digest === this.#digest) return;
      this.#digest = digest;
      check(pair);
    } catch (error) {
      this.#log.error({ reason: messageOf(error) }, "the new certificate is no good: the old one stays");
      return;
    }
    this.#settings = pair;
    this.#log.info({ expires: new Date(this.expiresAt).toISOString() }, "a new certificate is used from now on");
    for (const listener of this.#listeners) listener(pair);
  }

  #changed(): void {
    const now = performance.now();
    this.#changedAt ??= now;
    if (this.#settle !== null) clearTimeout(this.#settle);
    const patience = Math.max(0, Math.min(SETTLE_MS, this.#changedAt + LONGEST_SETTLE_MS - now));
    this.#settle = setTimeout(() => this.reload(), patience).unref();
  }
}

const UNWATCHED = "the certificate's folder cannot be watched: a new one is seen within ten minutes, or after SIGHUP";

function read(files: CertificateFiles): TlsSettings {
  const pair = unchecked(files);
  check(pair);
  return pair;
}

function unchecked({ cert, key }: CertificateFiles): TlsSettings {
  return {
    cert: contents("TLS_CERT", cert),
    key: contents("TLS_KEY", key),
    minVersion: "TLSv1.2",
    ciphers: CIPHERS,
    honorCipherOrder: true,
  };
}

function contents(setting: string, file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new Error(`${setting}: cannot be read (${messageOf(error)})`);
  }
}

/** Certificate, key, and whether one belongs to the other. */
function check(pair: TlsSettings): void {
  try {
    createSecureContext({ cert: pair.cert });
  } catch (error) {
    throw new Error(`TLS_CERT: no certificate in PEM (${messageOf(error)})`);
  }
  try {
    createSecureContext(pair);
  } catch (error) {
    throw new Error(`TLS_KEY: not the PEM key of TLS_CERT (${messageOf(error)})`);
  }
}

function digestOf({ cert, key }: TlsSettings): string {
  return createHash("sha256").update(cert).update("\0").update(key).digest("hex");
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
