/** How dispatchers' texts are encoded: any of them goes out as the preview says, or is refused as the preview says. */
import fc from "fast-check";
import { expect, it } from "vitest";
import type { Capabilities, Part } from "../../src/core/index.ts";
import { named, type Subject } from "./subject.ts";

/** Runs over all profiles of a protocol. */
const RUNS = 240;

export function encodesAnyText({ protocol, stances }: Subject): void {
  it.each(named(stances))("any text goes out as its preview says, a tag to each part, or is refused under %s", (_name, stance) => {
    const { deviceId, profile, capabilities } = stance;
    const codec = protocol.connect();
    codec.identified({ trackerId: 1, deviceId, profile, secret: null });
    fc.assert(
      fc.property(fc.string({ unit: "grapheme", minLength: 1, maxLength: 400 }), fc.nat(0xffff), (text, tag) => {
        const encoded = codec.encode({ type: "text", text, urgent: false, tag });
        const preview = protocol.preview(text, profile);
        expect(encoded.type === "refused", "refused exactly when the preview is `empty`").toBe(preview.empty);
        if (encoded.type === "refused") return;
        expect(encoded.parts).toHaveLength(preview.parts);
        expect(tagsOf(encoded.parts, capabilities)).toEqual([]);
      }),
      { numRuns: Math.ceil(RUNS / stances.length) },
    );
  });
}

/** What is wrong with the tags of one text's parts. */
function tagsOf(parts: readonly Part[], { receipts, read }: Capabilities): readonly string[] {
  const tags = parts.flatMap(({ tag }) => (tag === null ? [] : [tag]));
  const wrong: string[] = [];
  if (receipts === "by-tag" && tags.length < parts.length) wrong.push("receipts are by tag, but a part has none");
  // Without tags in receipts, a part may still have one for a `read`.
  if (receipts !== "by-tag" && !read && tags.length > 0) wrong.push(`receipts are ${receipts}, but a part has a tag`);
  if (new Set(tags).size < tags.length) wrong.push("two parts of one text have the same tag");
  return wrong;
}
