/** The files under ops/: every metric and label that a dashboard or an alert asks for is one that the product has. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { described, emptyMetrics } from "./support/metrics.ts";

const OPS = new URL("../ops/", import.meta.url);
const ALERTS = readFileSync(new URL("prometheus/alerts.yml", OPS), "utf8");
const DASHBOARD = JSON.parse(readFileSync(new URL("grafana/tracker-chat.json", OPS), "utf8")) as {
  readonly panels: readonly {
    readonly title: string;
    readonly type: string;
    readonly gridPos: Readonly<Record<"x" | "y" | "w" | "h", number>>;
    readonly targets?: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
  readonly templating: { readonly list: readonly { readonly query: string | { readonly query: string } }[] };
};

/** Labels that Prometheus adds, or that every metric has. */
const COMMON_LABELS = ["node", "job", "instance"];
const WORDS = /^(?:by|without|and|or|unless|on|ignoring|group_left|group_right|offset|bool|inf|nan)$/i;

let known: Map<string, readonly string[]>;

beforeAll(async () => {
  known = new Map([["up", []]]);
  for (const { name, type, labels } of described(await emptyMetrics())) {
    const suffixes = type === "histogram" ? ["_bucket", "_sum", "_count"] : [""];
    for (const suffix of suffixes) known.set(`${name}${suffix}`, suffix === "_bucket" ? [...labels, "le"] : labels);
  }
});

interface Asked {
  /** Metrics by name, each with the labels that selects it. */
  readonly metrics: readonly { readonly name: string; readonly labels: readonly string[] }[];
  /** Labels that results are grouped by. */
  readonly grouping: readonly string[];
}

/** What an expression of PromQL asks for; `$name` is a variable of Grafana. */
function askedBy(expression: string): Asked {
  const grouping: string[] = [];
  const bare = expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .replace(/\[[^\]]*\]/g, "")
    .replace(/\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g, (_, names: string) => {
      grouping.push(...names.split(",").map((name) => name.trim()));
      return "";
    });
  const metrics: { name: string; labels: readonly string[] }[] = [];
  for (const [, name = "", after = "", selector = ""] of bare.matchAll(/\b([a-z_][a-z0-9_]*)\s*(\(|\{([^}]*)\})?/gi)) {
    if (after === "(" || WORDS.test(name) || bare.includes(`offset ${name}`)) continue;
    metrics.push({ name, labels: [...selector.matchAll(/([a-z_]+)\s*(?:=|!=)/g)].map(([, label = ""]) => label) });
  }
  return { metrics, grouping };
}

function expectKnown(expression: string): void {
  const { metrics, grouping } = askedBy(expression.replace(/\boffset \w+/g, ""));
  expect(metrics.length, expression).toBeGreaterThan(0);
  const allowed = [...COMMON_LABELS];
  for (const { name, labels } of metrics) {
    expect([...known.keys()], expression).toContain(name);
    for (const label of labels) expect([...COMMON_LABELS, ...(known.get(name) ?? [])], `${name} in ${expression}`).toContain(label);
    allowed.push(...(known.get(name) ?? []));
  }
  for (const label of grouping) expect(allowed, expression).toContain(label);
}

/** Each alert's expression: of one line, or folded over several. */
function alerts(): readonly { readonly name: string; readonly expression: string; readonly text: string }[] {
  return ALERTS.split("- alert: ")
    .slice(1)
    .map((text) => {
      const [, folded = "", line = ""] = /^ {8}expr: (?:>-\n((?: {10}.*\n)+)|(.*)\n)/m.exec(text) ?? [];
      return { name: text.slice(0, text.indexOf("\n")), expression: (folded || line).replace(/\s+/g, " ").trim(), text };
    });
}

describe("the alerts", () => {
  it.each(alerts())("$name asks for what there is", ({ expression, text }) => {
    expectKnown(expression);
    expect(text).toMatch(/severity: (?:critical|warning)/);
    expect(text).toContain("summary: ");
  });

  it("are rules to promtool, where there is one", () => {
    const told = promtool("check", "rules", new URL("prometheus/alerts.yml", OPS).pathname);
    if (told !== null) expect(told).toContain(`SUCCESS: ${alerts().length} rules found`);
  });

  it("come with a configuration that loads them", () => {
    expect(readFileSync(new URL("prometheus/prometheus.yml", OPS), "utf8")).toContain("  - alerts.yml\n");
    const told = promtool("check", "config", new URL("prometheus/prometheus.yml", OPS).pathname);
    if (told !== null) expect(told).toContain("is valid prometheus config file syntax");
  });
});

describe("the dashboard", () => {
  const targets = DASHBOARD.panels.flatMap(({ title, targets: asked = [] }) => asked.map((target) => ({ title, ...target })));

  it.each(targets)("$title: $legendFormat asks for what there is", ({ expr, legendFormat }) => {
    expectKnown(expr);
    const { grouping, metrics } = askedBy(expr);
    const left = /\b(?:sum|max|count|avg|min)\b/.test(expr)
      ? grouping
      : metrics.flatMap(({ name }) => ["node", ...(known.get(name) ?? [])]);
    for (const [, label = ""] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) expect(left, expr).toContain(label);
  });

  it("asks for its variables where they are", () => {
    const queries = DASHBOARD.templating.list.map(({ query }) => (typeof query === "string" ? query : query.query));
    expect(queries).toEqual(["prometheus", "label_values(tracker_chat_build_info, node)"]);
    expect(known.has("tracker_chat_build_info")).toBe(true);
  });

  it("has no two panels in one place", () => {
    const taken = new Set<string>();
    for (const { gridPos } of DASHBOARD.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x} ${y}`)).toBe(false);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });

  it("is what promtool would ask, where there is one", () => {
    const rules = targets.map(({ expr }, at) => {
      const asked = expr.replaceAll("$__rate_interval", "5m").replaceAll("$node", ".*");
      return `      - record: panel:${at}\n        expr: ${JSON.stringify(asked)}\n`;
    });
    const file = join(mkdtempSync(join(tmpdir(), "tracker-chat-ops-")), "panels.yml");
    writeFileSync(file, `groups:\n  - name: panels\n    rules:\n${rules.join("")}`);
    const told = promtool("check", "rules", file);
    rmSync(dirname(file), { recursive: true });
    if (told !== null) expect(told).toContain(`SUCCESS: ${targets.length} rules found`);
  });
});

it("finds an expression that asks for what there is not", () => {
  for (const expression of [
    "tracker_chat_lines_total",
    'tracker_chat_lines{colour="red"}',
    "sum by (reason) (tracker_chat_lines)",
    "histogram_quantile(0.9, rate(tracker_chat_receipt_latency_seconds[5m]))",
    "1 + 1",
  ]) {
    expect(() => expectKnown(expression), expression).toThrow();
  }
});

/** What promtool (Debian's package `prometheus`) says; null where it is not installed. */
function promtool(...given: readonly string[]): string | null {
  try {
    return execFileSync("promtool", given, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    console.log("promtool is not installed: its syntax checks are left out");
    return null;
  }
}
