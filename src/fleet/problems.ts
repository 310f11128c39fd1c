/** What is wrong with a fleet document: every problem with its path, at most MAX_PROBLEMS of them. */

export interface Problem {
  /** Where in the document: `trackers[3].device_id`; `$` is the document itself. */
  readonly path: string;
  readonly error: string;
}

export const MAX_PROBLEMS = 100;

/** The document was refused; nothing of it was applied. */
export class FleetRefused extends Error {
  readonly code = "fleet-refused";
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(`the fleet document was refused, ${problems.length} problems, first ${problems[0]?.path}: ${problems[0]?.error}`);
    this.problems = problems;
  }
}

/** Collects problems; those beyond the bound are only counted. */
export class Problems {
  readonly #list: Problem[] = [];
  #more = 0;

  get none(): boolean {
    return this.#list.length === 0;
  }

  add(path: string, error: string): void {
    if (this.#list.length < MAX_PROBLEMS) this.#list.push({ path, error });
    else this.#more += 1;
  }

  throwIfAny(): void {
    if (this.none) return;
    const rest = this.#more > 0 ? [{ path: "$", error: `and ${this.#more} more problems` }] : [];
    throw new FleetRefused([...this.#list, ...rest]);
  }
}

/** A JSON pointer of ajv (`/trackers/3/device_id`) as a path in the document. */
export function pathOf(pointer: string, base = ""): string {
  let path = base;
  for (const part of pointer.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (/^\d+$/.test(name)) path += `[${name}]`;
    else path += path === "" ? name : `.${name}`;
  }
  return path === "" ? "$" : path;
}
