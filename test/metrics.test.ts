/** The metrics as Prometheus sees them, and docs/metrics.md as the list of them. */
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { described, emptyMetrics } from "./support/metrics.ts";

const PAGE = readFileSync(new URL("../docs/metrics.md", import.meta.url), "utf8");

describe("metrics", () => {
  it("are listed in docs/metrics.md, each as it is", async () => {
    const rows = described(await emptyMetrics())
      .filter(({ name }) => name.startsWith("tracker_chat_"))
      .map(({ name, type, labels, help }) => `| \`${name}\` | ${type} | ${labels.map((label) => `\`${label}\``).join(", ")} | ${help} |`);
    expect(PAGE.match(/^\| `tracker_chat_.*$/gm)).toEqual(rows);
  });

  it("have names after Prometheus' practice: a prefix, base units, _total for counters only", async () => {
    for (const { name, type, help } of described(await emptyMetrics())) {
      expect(help, name).not.toBe("");
      if (!name.startsWith("tracker_chat_")) continue;
      expect(name).toMatch(/^tracker_chat_[a-z_]+$/);
      expect(name.endsWith("_total"), name).toBe(type === "counter");
      expect(name).not.toMatch(/_(?:ms|milliseconds|minutes|kb|percent|count|sum|bucket)(?:_|$)/);
      if (type === "histogram") expect(name).toMatch(/_seconds$/);
    }
  });

  it("become samples with their labels in order, a count at a time", async () => {
    const metrics = await emptyMetrics();
    metrics.count("texts", "out jt808 delivered");
    metrics.count("texts", "out jt808 delivered", 2);
    metrics.count("frames", "jt808", 5);
    metrics.time("receipt", "jt808", 1_500);
    const text = await metrics.registry.metrics();
    expect(text).toContain('tracker_chat_texts_total{direction="out",protocol="jt808",state="delivered",node="node-a"} 3');
    expect(text).toContain('tracker_chat_frames_total{protocol="jt808",node="node-a"} 5');
    expect(text).toContain('tracker_chat_receipt_latency_seconds_bucket{le="2.5",node="node-a",protocol="jt808"} 1');
    expect(text).toContain(`tracker_chat_build_info{version="1.2.3",nodejs="${process.versions.node}",node="node-a"} 1`);
    metrics.count("frames", "jt808", 1);
    expect(await metrics.registry.metrics()).toContain('tracker_chat_frames_total{protocol="jt808",node="node-a"} 6');
  });
});
