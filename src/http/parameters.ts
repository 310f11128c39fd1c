/** The parameters of a request, whichever way they came: JSON body, form body or query. */
import type { FastifyRequest } from "fastify";
import { ChatError } from "../chat/chat-error.ts";

/** By name, as sent; an absent one is not there (nor is null, and in forms and queries the text `null` and an empty value). */
export type Parameters = ReadonlyMap<string, unknown>;

/** The body wins over the query. Throws 5 when the body is no object. */
export function gatherParameters(request: Pick<FastifyRequest, "query" | "body" | "headers">): Parameters {
  const query = fromTexts(request.query);
  if (request.body === undefined) return query;
  const body = isForm(request.headers["content-type"]) ? fromTexts(request.body) : fromJson(request.body);
  return new Map([...query, ...body]);
}

/** The session hash or API key: of the parameters, else of the header `Authorization: NVX <hash>`. Throws 3. */
export function hashOf(parameters: Parameters, authorization: string | undefined): string {
  const hash = parameters.get("hash") ?? NVX.exec(authorization ?? "")?.[1];
  if (typeof hash !== "string" || !HASH.test(hash)) throw new ChatError(3);
  return hash.toLowerCase();
}

const HASH = /^[0-9a-f]{32}$/i;
const NVX = /^NVX +(\S+)$/i;

function isForm(contentType: string | undefined): boolean {
  return contentType?.toLowerCase().startsWith("application/x-www-form-urlencoded") ?? false;
}

function fromJson(body: unknown): Parameters {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new ChatError(5);
  return new Map(Object.entries(body).filter(([, value]) => value !== null));
}

/** Texts by name, a list of them where a name is repeated. `trackers[]=1` and `trackers[0]=1` are how some clients write a list. */
function fromTexts(fields: unknown): Parameters {
  const found = new Map<string, unknown>();
  const lists = new Map<string, unknown[]>();
  for (const [name, value] of Object.entries(fields ?? {})) {
    if (value === "" || value === "null") continue;
    const list = LISTED.exec(name)?.[1];
    if (list === undefined) found.set(name, value);
    else lists.set(list, addTo(lists.get(list) ?? [], value));
  }
  return new Map([...found, ...lists]);
}

function addTo(list: unknown[], value: unknown): unknown[] {
  for (const one of [value].flat()) list.push(one);
  return list;
}

/** Whatever is within: a list that is not understood must not count as none, which may stand for every tracker. */
const LISTED = /^([^[]+)\[/;
