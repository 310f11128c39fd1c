/** Who may come in: the hash of a request, then how often. One gate serves all calls of a server, so that their rates add up. */
import rateLimit from "@fastify/rate-limit";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Accounts } from "../chat/accounts.ts";
import { ChatError } from "../chat/chat-error.ts";
import type { Directory, User } from "../chat/fleet.ts";
import type { Credential } from "./call.ts";
import { hashOf, type Parameters } from "./parameters.ts";

export interface GateOptions {
  readonly directory: Pick<Directory, "userOfHash">;
  readonly sessions: Pick<Accounts, "userOfSession">;
  /** Requests per user, and per client address, in each window of so many milliseconds. */
  readonly rate: { readonly count: number; readonly perMs: number };
}

export interface Gate {
  /** Throws 3, 4, then 15; StoreUnavailable when a session cannot be looked up. */
  admit(request: FastifyRequest, parameters: Parameters): Promise<Admitted>;
  /** Somebody without a hash. Throws 15. */
  greet(request: FastifyRequest): Promise<void>;
}

export interface Admitted {
  readonly user: User;
  readonly hash: string;
  readonly credential: Credential;
}

/** Users and addresses whose rate is remembered; beyond that the least recent is forgotten. */
const REMEMBERED = 20_000;

export async function createGate(app: FastifyInstance, options: GateOptions): Promise<Gate> {
  const { directory, sessions, rate } = options;
  await app.register(rateLimit, { global: false, cache: REMEMBERED });
  const limits = { max: rate.count, timeWindow: rate.perMs };
  const perKnown = app.createRateLimit(limits);
  const perGone = app.createRateLimit({ ...limits, keyGenerator: () => "gone" });
  const perAddress: typeof perKnown = (request) => (hasAddress(request) ? perKnown(request) : perGone(request));
  const perUser = app.createRateLimit({ ...limits, keyGenerator: (request) => String(request.userId) });

  return {
    admit: async (request, parameters) => {
      // Wrong hashes count for their address too, though they are answered 3 and 4 whatever the rate.
      const fromAddress = await perAddress(request);
      const hash = hashOf(parameters, request.headers.authorization);
      const holder = directory.userOfHash(hash);
      const user = holder ?? (await sessions.userOfSession(hash));
      if (user === undefined) throw new ChatError(4);
      request.userId = user.id;
      refuseExcess(fromAddress);
      refuseExcess(await perUser(request));
      return { user, hash, credential: holder === undefined ? "session" : "api-key" };
    },
    greet: async (request) => refuseExcess(await perAddress(request)),
  };
}

/** A client that has hung up meanwhile has none any more: all of those share one rate. */
function hasAddress({ ip }: { readonly ip: string | undefined }): boolean {
  return ip !== undefined;
}

function refuseExcess(use: { readonly isAllowed: boolean; readonly isExceeded?: boolean }): void {
  if (use.isExceeded === true) throw new ChatError(15);
}
