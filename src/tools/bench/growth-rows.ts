/** Costs by size, as the report shows them. */
import { alone, type Row } from "./rows.ts";
import { figure, median } from "./statistics.ts";

/** CPU microseconds of one incoming text. */
export interface Cost {
  readonly nodeUs: number;
  readonly redisUs: number;
}

/** What was measured in turn: the side that stays small, and the one that grows. */
export interface InTurn<T = number> {
  readonly small: readonly T[];
  readonly grown: readonly T[];
}

export interface CostAt extends InTurn<Cost> {
  readonly size: number;
}

export interface StoredAt extends CostAt {
  readonly listMs: InTurn;
  readonly unreadMs: InTurn;
  readonly bytesPerMessage: number;
}

const FLAT = "flat within 20 %";

/** One row a size, and one that says how far they are apart. */
export function costRows(of: string, costs: readonly CostAt[]): Row[] {
  const what = "CPU of an incoming text, 200 lines sending";
  const shown = (side: readonly Cost[]): string =>
    `${figure(median(side.map(({ nodeUs }) => nodeUs)))} us of the process, ${figure(median(side.map(({ redisUs }) => redisUs)))} us of Redis`;
  const process = costs.map(({ small, grown }) => ratioOf({ small: small.map(NODE), grown: grown.map(NODE) }));
  const redis = costs.map(({ small, grown }) => ratioOf({ small: small.map(REDIS), grown: grown.map(REDIS) }));
  return [
    ...costs.map(({ size, small, grown }, at) =>
      against({
        what: `${what}, ${size.toLocaleString("en")} ${of}`,
        grown: shown(grown),
        small: shown(small),
        ratios: [process[at] ?? Number.NaN, redis[at] ?? Number.NaN],
      }),
    ),
    apart(`${what}, by ${of}`, { process, Redis: redis }),
  ];
}

const NODE = ({ nodeUs }: Cost): number => nodeUs;
const REDIS = ({ redisUs }: Cost): number => redisUs;

export function storedRows(stored: readonly StoredAt[]): Row[] {
  const shown = (listMs: readonly number[], unreadMs: readonly number[]): string =>
    `list of 1,024 p50 ${figure(median(listMs))} ms; unread/count of 200 trackers p50 ${figure(median(unreadMs))} ms`;
  const list = stored.map(({ listMs }) => ratioOf(listMs));
  const unread = stored.map(({ unreadMs }) => ratioOf(unreadMs));
  return [
    ...stored.map(({ size, listMs, unreadMs, bytesPerMessage }, at) =>
      against({
        what: `reading, ${size.toLocaleString("en")} messages stored`,
        grown: `${shown(listMs.grown, unreadMs.grown)}; ${figure(bytesPerMessage)} bytes of Redis a message`,
        small: shown(listMs.small, unreadMs.small),
        ratios: [list[at] ?? Number.NaN, unread[at] ?? Number.NaN],
      }),
    ),
    apart("reading, by messages stored", {
      list,
      "unread/count": unread,
      "bytes a message": stored.map(({ bytesPerMessage }) => bytesPerMessage),
    }),
  ];
}

/** Of neighbours in time, the median. */
function ratioOf({ small, grown }: InTurn): number {
  return median(grown.map((value, at) => value / (small[at] ?? Number.NaN)));
}

interface Against {
  readonly what: string;
  readonly grown: string;
  readonly small: string;
  readonly ratios: readonly number[];
}

function against({ what, grown, small, ratios }: Against): Row {
  const ratio = ratios.map((one) => one.toFixed(2)).join(", ");
  return { what, product: grown, yardstick: `${small}, at the least size in turn`, ratio, aim: "-", spread: "-" };
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
