/** Parameters of the administrator's calls. */
import { ChatError } from "../chat/chat-error.ts";

/** An id in the path. */
export function idOf(params: unknown, name: string): number {
  const text = (params as Readonly<Record<string, string>>)[name] ?? "";
  const id = /^\d{1,10}$/.test(text) ? Number(text) : 0;
  if (id < 1 || id > 2_147_483_647) throw new ChatError(7, [{ parameter: name, error: "must be an id from 1 to 2147483647" }]);
  return id;
}
