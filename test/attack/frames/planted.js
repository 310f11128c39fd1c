// The product with the mistake in it that PLANTED names: its sources are TypeScript.
import { register } from "tsx/esm/api";

register();
await import("./planted.ts");
