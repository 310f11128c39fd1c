/** What a call of the API is: its path, its parameters, its answer, and the use case behind them. */
import type { ErrorCode } from "../chat/chat-error.ts";
import type { User } from "../chat/fleet.ts";
import { type Fields, fieldsSchema, readFields, type Values } from "./fields.ts";
import type { JsonSchema, ReadingContext } from "./kinds.ts";
import type { Parameters } from "./parameters.ts";

/** Who asks, and how they write times. */
export interface AccountContext extends ReadingContext {
  readonly user: User;
  /** The session or API key that the request came with, 32 lower-case hex digits. */
  readonly hash: string;
  readonly credential: Credential;
}

/** What a hash is. */
export type Credential = "session" | "api-key";

/** What is known of somebody who shows no hash. */
export interface StrangerContext extends ReadingContext {
  readonly address: string;
}

/** What stands beside `"success": true`. */
export type Answer = Readonly<Record<string, unknown>>;

interface CallHead {
  /** Without prefix and slashes at its ends: `tracker/chat/list`. */
  readonly path: string;
  readonly title: string;
  /** JSON Schema of each field beside `success`. */
  readonly answer: Readonly<Record<string, JsonSchema>>;
  /** Of fields that are there only when a parameter asks for them. */
  readonly further?: Readonly<Record<string, JsonSchema>>;
  /** Codes that this call may answer beside those of every call. */
  readonly refusals?: readonly ErrorCode[];
  /** Which code says that the store cannot be reached: 8 for what is queued, else 14. */
  readonly whenDown: 8 | 14;
}

interface Plan<F extends Fields, Context> extends CallHead {
  readonly fields: F;
  run(input: Values<F>, context: Context): Promise<Answer>;
}

interface Ready<Audience, Context> extends CallHead {
  readonly audience: Audience;
  /** JSON Schema of the parameters. */
  readonly parameters: JsonSchema;
  /** Throws 7 for the parameters, then whatever the use case refuses with. */
  perform(parameters: Parameters, context: Context): Promise<Answer>;
}

export type AccountCall = Ready<"account", AccountContext>;
export type OpenCall = Ready<"anyone", StrangerContext>;
export type Call = AccountCall | OpenCall;

/** A call for those who show a hash. */
export function accountCall<F extends Fields>(plan: Plan<F, AccountContext>): AccountCall {
  return ready("account", plan);
}

/** A call for those who have no hash yet. */
export function openCall<F extends Fields>(plan: Plan<F, StrangerContext>): OpenCall {
  return ready("anyone", plan);
}

function ready<A, F extends Fields, Context extends ReadingContext>(audience: A, plan: Plan<F, Context>): Ready<A, Context> {
  const { path, title, answer, further = {}, refusals = [], whenDown, fields } = plan;
  return {
    audience,
    path,
    title,
    answer,
    further,
    refusals,
    whenDown,
    parameters: fieldsSchema(fields),
    perform: (parameters, context) => plan.run(readFields(fields, parameters, context), context),
  };
}
