/** Explains a frame for people, by what the codec reads in it; where there is more to say, name the document's fields here. */
import { type Direction, type Explanation, explainReading } from "../../src/core/index.ts";
import { AsciiTemplateCodec } from "./codec.ts";

export function explain(frame: Buffer, direction: Direction): Explanation {
  return explainReading(new AsciiTemplateCodec(), frame, direction);
}
