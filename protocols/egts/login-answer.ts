/** How a login is answered: the packet by RESPONSE, the login by RESULT_CODE (GOST 33472-2015, B.3.2.3). */
import type { Verdict } from "../../src/core/index.ts";
import { RESULT } from "./codes.ts";
import type { Login } from "./login.ts";
import type { Answered, Speech } from "./speech.ts";

export interface Asked {
  readonly pid: number;
  readonly answered: readonly Answered[];
  readonly login: Login;
  /** Of AUTH_INFO; null: none was said. */
  readonly password: string | null;
}

export function loginAnswer(verdict: Verdict, asked: Asked, speech: Speech): Buffer {
  const { pid, answered, login, password } = asked;
  if (login.type === "object") return speech.answer(pid, RESULT.ok, objectRecords(verdict, answered));
  const answer = speech.answer(pid, RESULT.ok, answered);
  const wanted = password === null && verdict.type === "refused" && verdict.reason === "wrong-password";
  return Buffer.concat([answer, wanted ? speech.passwordWanted() : speech.loginResult(resultOf(verdict))]);
}

/** RST of a record of an object that is not welcome: nobody waits for a RESULT_CODE. */
export function objectResult(verdict: Extract<Verdict, { type: "refused" }>): number {
  if (verdict.reason === "unknown-device") return RESULT.objectNotFound;
  return verdict.reason === "overload" ? RESULT.noResources : RESULT.authDenied;
}

function resultOf(verdict: Verdict): number {
  if (verdict.type === "accepted") return RESULT.ok;
  return verdict.reason === "unknown-device" ? RESULT.idNotFound : RESULT.authDenied;
}

function objectRecords(verdict: Verdict, answered: readonly Answered[]): readonly Answered[] {
  if (verdict.type === "accepted") return answered;
  return answered.map(({ record }) => ({ record, result: objectResult(verdict) }));
}
