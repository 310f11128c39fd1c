/** The protocol of a recording: the one a person named, or the one that its bytes tell. */
import type { Protocol } from "../core/index.ts";
import type { Recording } from "../tools/recordings/recording.ts";

export type RecordedProtocol =
  | { readonly type: "found"; readonly protocol: Protocol }
  | { readonly type: "nobody"; readonly reason: string };

/** `name`: `auto` lets the bytes tell. Throws CommandError for a name that is not known. */
export async function recordedProtocol(name: string, recording: Recording): Promise<RecordedProtocol> {
  const [{ protocolNamed }, { protocolOf }, { PROTOCOLS }] = await Promise.all([
    import("./protocol-named.ts"),
    import("../tools/explain-pieces.ts"),
    import("../../protocols/index.ts"),
  ]);
  if (name !== "auto") return { type: "found", protocol: protocolNamed(name) };
  const found = protocolOf(recording.pieces, PROTOCOLS);
  if (found === "undecided") return { type: "nobody", reason: "too few bytes to detect the protocol: name it" };
  if (found !== null) return { type: "found", protocol: found };
  return { type: "nobody", reason: "no protocol begins with these bytes: name it, if it is one of `tracker-chat protocols`" };
}
