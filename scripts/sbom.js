// The bill of materials of what is shipped, in CycloneDX, on the standard output:  node scripts/sbom.js > sbom.cdx.json
// `npm sbom --omit=dev` leaves out what tools need as well (ajv, for one), and knows nothing of what esbuild puts into the console's page. So its whole
// list is cut to the packages that the lock does not have for development alone, and those in the page.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const MODULES = "node_modules/";

const root = join(import.meta.dirname, "..");
const OPTIONS = ["--package-lock-only", "--sbom-format=cyclonedx", "--sbom-type=application"];
const FOR_DEVELOPMENT = "cdx:npm:package:development";

const [shipped, inPage] = [packagesOf("package-lock.json"), await bundledPackages()];
const bill = JSON.parse(execFileSync("npm", ["sbom", ...OPTIONS], { cwd: root, encoding: "utf8", maxBuffer: 64 << 20 }));
// npm names it by the folder.
bill.metadata.component.name = JSON.parse(readFileSync(join(root, "package.json"), "utf8")).name;
bill.components = bill.components.filter((one) => shipped.has(one["bom-ref"]) || inPage.has(nameOf(one["bom-ref"]))).map(asShipped);
const kept = new Set([bill.metadata.component["bom-ref"], ...bill.components.map((one) => one["bom-ref"])]);
bill.dependencies = bill.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((one) => kept.has(one)) }));
process.stdout.write(`${JSON.stringify(bill, null, 2)}\n`);

/** `name@version` of each package that an installation without development has. */
function packagesOf(lock) {
  const { packages } = JSON.parse(readFileSync(join(root, lock), "utf8"));
  const entries = Object.entries(packages).filter(([path, { dev }]) => path !== "" && !dev);
  return new Set(entries.map(([path, { version }]) => `${insideModules(path)}@${version}`));
}

/** Names of the packages whose code is in the console's page. */
async function bundledPackages() {
  const entryPoints = [join(root, "src/console/main.tsx")];
  const { metafile } = await build({ entryPoints, bundle: true, write: false, metafile: true, absWorkingDir: root, logLevel: "warning" });
  return new Set(Object.keys(metafile.inputs).flatMap((path) => /^((?:@[^/]+\/)?[^/]+)\//.exec(insideModules(path))?.[1] ?? []));
}

/** Empty: the file is the product's own. */
function insideModules(path) {
  const at = path.lastIndexOf(MODULES);
  return at === -1 ? "" : path.slice(at + MODULES.length);
}

function nameOf(reference) {
  return reference.slice(0, reference.lastIndexOf("@"));
}

/** What is in the page is for development in the lock, and shipped all the same. */
function asShipped(component) {
  const { properties = [], ...rest } = component;
  const left = properties.filter(({ name }) => name !== FOR_DEVELOPMENT);
  return {
    ...rest,
    ...(left.length === properties.length ? {} : { scope: "required" }),
    ...(left.length === 0 ? {} : { properties: left }),
  };
}
