import { expect, it } from "vitest";
import { Claims } from "../../src/core/claims.ts";
import { type Flight, land, newFlight } from "../../src/core/flight.ts";
import { WrittenParts } from "../../src/core/written-parts.ts";
import { byTag } from "../support/scripted-protocol.ts";

const flightOf = (id: number): Flight =>
  newFlight({ id, text: "words", choices: ["yes"], urgent: false, attempt: 1, tag: id, partsAcked: 0 }, [
    { tag: `t${id}`, bytes: Buffer.from("bytes") },
  ]);

it("keeps the parts of texts on their way, and the newest of those that ended, without their words", () => {
  const written = new WrittenParts(new Claims(), byTag.capabilities);
  const underway = flightOf(1);
  written.add("t1", { flight: underway, part: 0 });
  for (let id = 2; id < 1_000; id += 1) {
    const flight = flightOf(id);
    written.add(`t${id}`, { flight, part: 0 });
    land(flight);
    written.ended();
  }
  expect(written.get("t1")?.flight).toBe(underway);
  expect(written.claimedBy("t1")?.text).toBe("words");
  const known = Array.from({ length: 1_000 }, (_, id) => written.claimedBy(`t${id}`)).filter((claimed) => claimed !== null);
  expect(known.map(({ id }) => id)).toEqual([1, ...Array.from({ length: 16 }, (_, place) => 984 + place)]);
  expect(known.at(-1)).toMatchObject({ text: "", choices: ["yes"] });
});
