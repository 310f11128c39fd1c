/** Bodies that the API takes: JSON and forms. Anything else is a wrong request format, once its size is known to be fit. */
import type { FastifyInstance, FastifyRequest } from "fastify";
import { ChatError } from "../chat/chat-error.ts";
import { parseForm } from "./form.ts";

type Done = (error: Error | null, body?: unknown) => void;

/** An empty body is no body, whatever its content type says: clients send a content type with every request. */
export function addBodyParsers(app: FastifyInstance): void {
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser("remove", "remove");
  const take = (type: string, parse: (request: FastifyRequest, text: string, done: Done) => void): void => {
    app.addContentTypeParser(type, { parseAs: "buffer" }, (request, body: Buffer, done) => {
      const text = textOf(body, request.headers["content-type"]);
      if (text.trim() === "") done(null, undefined);
      else parse(request, text, done);
    });
  };
  take("application/json", (request, text, done) => void parseJson(request, text, done));
  take("application/x-www-form-urlencoded", (_request, text, done) => done(null, parseForm(text)));
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else done(new ChatError(5), undefined);
  });
  // The contract takes parameters in a body with either method; Fastify by itself ignores the body of a GET.
  app.addHttpMethod("GET", { hasBody: true, overrideExisting: true });
}

/**
 * What a body says, in the charset that its type names (UTF-8 if none), without a byte order mark. Throws 5 for bytes that
 * are none of it, and for a charset that nobody knows: what is stored must be what was written.
 */
export function textOf(body: Uint8Array, contentType: string | undefined): string {
  try {
    return new TextDecoder(CHARSET.exec(contentType ?? "")?.[1] ?? "utf-8", { fatal: true }).decode(body);
  } catch {
    throw new ChatError(5);
  }
}

const CHARSET = /;\s*charset\s*=\s*"?([^\s";]+)/i;
