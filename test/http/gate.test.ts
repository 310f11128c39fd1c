import Fastify, { type FastifyRequest } from "fastify";
import { describe, expect, it } from "vitest";
import { createGate } from "../../src/http/gate.ts";

describe("a client that has hung up before its request is looked at", () => {
  it("has no address, and shares one rate with all like it", async () => {
    const app = Fastify();
    const nobody = { userOfHash: () => undefined };
    const sessions = { userOfSession: () => Promise.resolve(undefined) };
    const gate = await createGate(app, { directory: nobody, sessions, rate: { count: 2, perMs: 60_000 } });
    await app.ready();
    const gone = { ip: undefined, routeOptions: {} } as unknown as FastifyRequest;
    const known = { ip: "192.0.2.1", routeOptions: {} } as unknown as FastifyRequest;
    await gate.greet(gone);
    await gate.greet(gone);
    await expect(gate.greet(gone)).rejects.toMatchObject({ code: 15 });
    await gate.greet(known);
    await app.close();
  });
});
