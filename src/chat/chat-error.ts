/** The one way a use case says no: a code of the HTTP contract, without any of HTTP's words. */

/** Every code of the contract's error table. */
export type ErrorCode =
  | 1
  | 3
  | 4
  | 5
  | 6
  | 7
  | 8
  | 9
  | 11
  | 13
  | 14
  | 15
  | 101
  | 102
  | 111
  | 112
  | 201
  | 204
  | 208
  | 213
  | 214
  | 217
  | 221
  | 236;

/** What is wrong with one parameter; only with code 7. */
export interface ParameterProblem {
  readonly parameter: string;
  readonly error: string;
}

/** A refusal that the caller is told about. */
export class ChatError extends Error {
  readonly code: ErrorCode;
  readonly problems: readonly ParameterProblem[];
  /** When it makes sense to try again; null: nobody knows. */
  readonly retryAfterMs: number | null;

  constructor(code: ErrorCode, problems: readonly ParameterProblem[] = [], retryAfterMs: number | null = null) {
    super(`chat error ${code}`);
    this.name = "ChatError";
    this.code = code;
    this.problems = problems;
    this.retryAfterMs = retryAfterMs;
  }
}
