/** Costs by size, as the report shows them. */
import { alone, type Row } from "./rows.ts";
import { figure } from "./statistics.ts";

export interface CostAt {
  readonly size: number;
  /** CPU microseconds of one incoming text. */
  readonly nodeUs: number;
  readonly redisUs: number;
}

export interface StoredAt extends CostAt {
  readonly listMs: number;
  readonly unreadMs: number;
  readonly bytesPerMessage: number;
}

const FLAT = "flat within 20 %";

/** One row a size, and one that says how far they are apart. */
export function costRows(of: string, costs: readonly CostAt[]): Row[] {
  const what = "CPU of an incoming text, 200 lines sending";
  return [
    ...costs.map(({ size, nodeUs, redisUs }) =>
      alone({
        what: `${what}, ${size.toLocaleString("en")} ${of}`,
        product: `${figure(nodeUs)} us of the process, ${figure(redisUs)} us of Redis`,
        aim: "-",
        spread: "-",
      }),
    ),
    apart(`${what}, by ${of}`, {
      process: costs.map(({ nodeUs }) => nodeUs),
      Redis: costs.map(({ redisUs }) => redisUs),
    }),
  ];
}

export function storedRows(stored: readonly StoredAt[]): Row[] {
  return [
    ...stored.map(({ size, listMs, unreadMs, bytesPerMessage }) =>
      alone({
        what: `reading, ${size.toLocaleString("en")} messages stored`,
        product: `list of 1,024 p50 ${figure(listMs)} ms; unread/count of 200 trackers p50 ${figure(unreadMs)} ms`,
        aim: "-",
        spread: `${figure(bytesPerMessage)} bytes of Redis a message`,
      }),
    ),
    apart("reading, by messages stored", {
      list: stored.map(({ listMs }) => listMs),
      "unread/count": stored.map(({ unreadMs }) => unreadMs),
      "bytes a message": stored.map(({ bytesPerMessage }) => bytesPerMessage),
    }),
  ];
}

export function weightRow(alphabet: string, bytes: number): Row {
  return alone({
    what: `Redis memory of a message of 60 characters, ${alphabet}`,
    product: `${figure(bytes)} bytes`,
    aim: "<= 200 bytes",
    spread: "what 200 lines stored in an empty store, with its indexes and events",
  });
}

function apart(what: string, values: Readonly<Record<string, readonly number[]>>): Row {
  const ratios = Object.entries(values).map(([name, of]) => `${name} ${(Math.max(...of) / Math.min(...of)).toFixed(2)}`);
  return alone({ what: `${what}: most against least`, product: ratios.join(", "), aim: FLAT, spread: "-" });
}
