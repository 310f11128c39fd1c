// Writes the pages of docs/ that are made of the code's own data:  npm run docs
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generatedPages } from "./docs/generated-pages.ts";

for (const { path, text } of generatedPages()) {
  writeFileSync(join(import.meta.dirname, "..", path), text);
  console.log(path);
}
