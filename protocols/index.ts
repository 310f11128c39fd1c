/** The list of protocols: the only shared file that the author of a protocol touches. */
import type { Protocol } from "../src/core/index.ts";
import { egts } from "./egts/index.ts";
import { galileosky } from "./galileosky/index.ts";
import { gt06 } from "./gt06/index.ts";
import { jt808 } from "./jt808/index.ts";
import { meitrack } from "./meitrack/index.ts";
import { navtelecom } from "./navtelecom/index.ts";
import { queclink } from "./queclink/index.ts";
import { ruptela } from "./ruptela/index.ts";
import { teltonika } from "./teltonika/index.ts";
import { watch } from "./watch/index.ts";
import { wialonIps } from "./wialon-ips/index.ts";

export const PROTOCOLS: readonly Protocol[] = [
  wialonIps,
  jt808,
  teltonika,
  navtelecom,
  egts,
  queclink,
  meitrack,
  watch,
  gt06,
  ruptela,
  galileosky,
];
