/** A request to a server that must show one certificate: that of this machine's own product, whatever names it is made for. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { request as httpsRequest } from "node:https";
import { connect, type TLSSocket } from "node:tls";

export interface Wanted {
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface Answer {
  readonly status: number;
  /** As it comes; throws when it breaks off. */
  readonly body: AsyncIterable<Uint8Array>;
}

export type Ask = (url: string, wanted: Wanted, signal: AbortSignal) => Promise<Answer>;

/** `file`: the PEM chain, the server's own certificate first. Nothing is sent to a server that shows another one. */
export function askPinned(file: string): Ask {
  return async (url, wanted, signal) => {
    const socket = await secureConnection(new URL(url), new X509Certificate(readFileSync(file)));
    return await new Promise<Answer>((resolve, reject) => {
      const length = wanted.body === undefined ? {} : { "Content-Length": String(Buffer.byteLength(wanted.body)) };
      const headers = { ...wanted.headers, ...length };
      const request = httpsRequest(url, { method: wanted.method, headers, signal, createConnection: () => socket }, (response) => {
        response.once("close", () => socket.destroy());
        resolve({ status: response.statusCode ?? 0, body: response });
      });
      request.on("error", (error) => {
        socket.destroy();
        reject(error);
      });
      request.end(wanted.body);
    });
  };
}

function secureConnection({ hostname, port }: URL, expected: X509Certificate): Promise<TLSSocket> {
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  return new Promise((resolve, reject) => {
    // Whose certificate it is decides the comparison below.
    const socket = connect({ host, port: Number(port || 443), rejectUnauthorized: false });
    socket.once("error", reject);
    socket.once("secureConnect", () => {
      socket.off("error", reject);
      const shown = socket.getPeerX509Certificate();
      if (shown?.fingerprint256 === expected.fingerprint256) return resolve(socket);
      socket.destroy();
      reject(Object.assign(new Error("another certificate"), { code: "not the certificate in TLS_CERT" }));
    });
  });
}
