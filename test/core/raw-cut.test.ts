/** All bytes of a stream, cut where a framer cuts them. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { LineFramer } from "../../src/core/index.ts";
import { RawCut } from "../../src/core/raw-cut.ts";

/** What is cut from a stream that comes in these chunks, and what the framer gave. */
function cut(
  chunks: readonly Buffer[],
  maxBytes: number,
): { readonly raw: readonly (string | null)[]; readonly frames: readonly string[] } {
  const framer = new LineFramer({ maxBytes: 10_000 });
  const rawCut = new RawCut(framer, maxBytes);
  const raw: (string | null)[] = [];
  const frames: string[] = [];
  for (const chunk of chunks) {
    framer.push(Buffer.from(chunk));
    rawCut.push(Buffer.from(chunk));
    for (let framed = framer.next(); framed !== null; framed = framer.next()) {
      raw.push(rawCut.take()?.toString("latin1") ?? null);
      if (framed.kind === "frame") frames.push(framed.bytes.toString("latin1"));
    }
    rawCut.rest();
  }
  return { raw, frames };
}

it("is every byte of every frame, line ends included, however the stream is cut", () => {
  const line = fc.tuple(fc.stringMatching(/^[a-z]{0,9}$/), fc.constantFrom("\n", "\r\n"));
  fc.assert(
    fc.property(fc.array(line), fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1 }), (lines, sizes) => {
      const stream = Buffer.from(lines.map((one) => one.join("")).join(""));
      const chunks: Buffer[] = [];
      for (let at = 0, n = 0; at < stream.length; n += 1) {
        const size = sizes[n % sizes.length] ?? 1;
        chunks.push(stream.subarray(at, at + size));
        at += size;
      }
      const { raw, frames } = cut(chunks, 1_000);
      expect(raw).toEqual(lines.map((one) => one.join("")));
      expect(frames).toEqual(lines.map(([words]) => words));
    }),
  );
});

it("is nothing of a frame that is longer than is kept, and all of the next", () => {
  const long = "x".repeat(5_000);
  const pieces = [...Array.from({ length: 50 }, (_, at) => long.slice(at * 100, at * 100 + 100)), "\nnext\r\n"];
  expect(
    cut(
      pieces.map((piece) => Buffer.from(piece)),
      1_000,
    ),
  ).toEqual({ raw: [null, "next\r\n"], frames: [long, "next"] });
});
