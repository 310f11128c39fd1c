/** `npm run capacity`: docs/units.json -> docs/capacity.md */
import { readFileSync, writeFileSync } from "node:fs";
import { capacityPage, type Measured } from "./page.ts";

const [from = "docs/units.json", to = "docs/capacity.md"] = process.argv.slice(2);
writeFileSync(to, capacityPage(JSON.parse(readFileSync(from, "utf8")) as Measured));
