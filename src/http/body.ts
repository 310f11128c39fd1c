/** Bodies that the API takes: JSON and forms. Anything else is a wrong request format, once its size is known to be fit. */
import formbody from "@fastify/formbody";
import type { FastifyInstance } from "fastify";
import { ChatError } from "../chat/chat-error.ts";

/** An empty body is no body, whatever its content type says: clients send a content type with every request. */
export async function addBodyParsers(app: FastifyInstance): Promise<void> {
  app.removeAllContentTypeParsers();
  const parseJson = app.getDefaultJsonParser("remove", "remove");
  app.addContentTypeParser("application/json", { parseAs: "string" }, (request, body, done) => {
    if (body.toString().trim() === "") done(null, undefined);
    else void parseJson(request, body.toString(), done);
  });
  app.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else done(new ChatError(5), undefined);
  });
  await app.register(formbody);
  // The contract takes parameters in a body with either method; Fastify by itself ignores the body of a GET.
  app.addHttpMethod("GET", { hasBody: true, overrideExisting: true });
}
