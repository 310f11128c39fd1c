/** A conversation becomes another: units changed, mended, left out, repeated, moved and taken from elsewhere; then cut as no device cuts it. */
import { mutateBytes } from "./mutate-bytes.ts";
import type { Seed, Target } from "./target.ts";
import type { Xorshift } from "./xorshift.ts";

/** Units of one input: what comes later is seldom about what came first. */
const MOST_UNITS = 8;
const EMPTY = Buffer.alloc(0);

/** The mutated conversation, unit by unit. `pool`: where units from elsewhere come from. */
export function mutateSeed(seed: Seed, pool: readonly Seed[], target: Target, random: Xorshift): Seed {
  let units = windowOf(seed.units, random);
  for (let times = 1 + random.below(3); times > 0; times -= 1) units = changeUnits(units, pool, target, random);
  return { ...seed, units: units.slice(0, MOST_UNITS) };
}

/** The input as chunks of a socket. */
export function chunksOf({ opening, units }: Seed, { wrap }: Target, random: Xorshift): readonly Buffer[] {
  const wrapped = wrap === undefined ? units : units.map(wrap);
  const bytes = Buffer.concat([...opening, ...wrapped]);
  switch (random.below(6)) {
    case 0:
    case 1:
      return [bytes];
    case 2:
    case 3:
      return [...opening, ...wrapped].map((unit) => Buffer.from(unit));
    default:
      return cutAtRandom(bytes, random);
  }
}

/** Bytes of a flood: more than any protocol holds back of a frame. */
const FLOOD_BYTES = 1280 * 1024;
/** What a carrier can hold of it at once. */
const CARRIED_BYTES = 480;
/** Longest beginning of a unit that a flood is made of. */
const BLOCK_BYTES = 40;

/**
 * The beginning of a unit over and over, with or without a login: what is looked for again behind each of them must not be
 * looked for through all of them.
 */
export function floodOf({ opening, units }: Seed, { wrap }: Target, random: Xorshift): readonly Buffer[] {
  const unit = units.length === 0 ? EMPTY : random.pick(units);
  const begun = unit.length === 0 ? Buffer.of(random.below(256)) : unit.subarray(0, 1 + random.below(Math.min(BLOCK_BYTES, unit.length)));
  // What only looks like a beginning, too.
  const changed = random.once(2) ? mutateBytes(begun, random, unit).subarray(0, BLOCK_BYTES) : begun;
  const block = changed.length === 0 ? begun : changed;
  const login = random.once(3) ? [] : units.slice(0, random.below(4));
  if (wrap === undefined) return [...opening, ...login.map((bytes) => Buffer.from(bytes)), Buffer.alloc(FLOOD_BYTES, block)];
  const carried = wrap(Buffer.alloc(CARRIED_BYTES, block));
  return [...opening, ...login.map(wrap), Buffer.alloc(FLOOD_BYTES, carried)];
}

/** The login stays in front; of what follows, a short stretch. */
function windowOf(units: readonly Buffer[], random: Xorshift): Buffer[] {
  const [first = EMPTY, ...rest] = units;
  const count = 1 + random.below(4);
  const from = rest.length > count ? random.below(rest.length - count + 1) : 0;
  return [first, ...rest.slice(from, from + count)];
}

function changeUnits(units: readonly Buffer[], pool: readonly Seed[], target: Target, random: Xorshift): Buffer[] {
  const at = placeIn(units, random);
  const changed = [...units];
  switch (random.below(10)) {
    case 0:
      changed.splice(at, 1);
      return changed;
    case 1:
      changed.splice(at, 0, units[at] ?? EMPTY);
      return changed;
    case 2:
      changed.splice(at, 0, elsewhere(pool, random));
      return changed;
    case 3: {
      const other = random.below(units.length + 1);
      [changed[at], changed[other]] = [changed[other] ?? EMPTY, changed[at] ?? EMPTY];
      return changed;
    }
    default: {
      const mutated = mutateBytes(units[at] ?? EMPTY, random, elsewhere(pool, random));
      changed[at] = random.below(3) > 0 ? target.seal(mutated) : mutated;
      return changed;
    }
  }
}

/** Seldom the first: behind a spoiled login little is reached. */
function placeIn(units: readonly Buffer[], random: Xorshift): number {
  return units.length < 2 || random.once(5) ? 0 : 1 + random.below(units.length - 1);
}

function elsewhere(pool: readonly Seed[], random: Xorshift): Buffer {
  const { units } = random.pick(pool);
  return units.length === 0 ? EMPTY : random.pick(units);
}

function cutAtRandom(bytes: Buffer, random: Xorshift): readonly Buffer[] {
  // A long input byte by byte is a test of patience alone.
  const largest = Math.max(1 << random.below(8), bytes.length >> 5);
  const pieces: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const size = 1 + random.below(largest);
    pieces.push(Buffer.from(bytes.subarray(at, at + size)));
    at += size;
  }
  return pieces;
}
