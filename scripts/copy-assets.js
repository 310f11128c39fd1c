// tsc emits only JavaScript: the Lua scripts travel beside it.
import { cpSync } from "node:fs";

cpSync("src/store/lua", "dist/src/store/lua", { recursive: true });
