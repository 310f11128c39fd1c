/** Who may use /admin: whoever has the token. */
import { createHash, timingSafeEqual } from "node:crypto";
import type { FastifyReply, FastifyRequest } from "fastify";

/** `Authorization: Bearer <token>`, compared in a time that does not depend on what is wrong with it. */
export function isAdmin(request: FastifyRequest, token: string): boolean {
  const given = /^Bearer +(\S+) *$/i.exec(request.headers.authorization ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(given), digest(token));
}

/** 401, with the way to do better. */
export function refuseStranger(reply: FastifyReply): void {
  const status = { code: 11, description: "Access denied: Authorization: Bearer <ADMIN_TOKEN> is needed" };
  void reply.code(401).header("WWW-Authenticate", "Bearer").send({ success: false, status });
}

function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
