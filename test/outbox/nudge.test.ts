import { expect, it } from "vitest";
import { nudging } from "../../src/outbox/nudge.ts";

it("tells a line of this node at once, and whoever owns the tracker by mail", async () => {
  const told: string[] = [];
  const post = {
    hint: (trackerId: number, { node, epoch }: { node: string; epoch: number }, news?: unknown) => {
      told.push(`mail ${node} ${trackerId} ${epoch} ${news}`);
      return Promise.resolve();
    },
  };
  const here = new Map([[7, { hint: (news: string) => void told.push(`7 ${news}`) }]]);
  const lines = {
    get: (trackerId: number) => here.get(trackerId),
    hint: (trackerId: number, epoch: number, news?: unknown) => void told.push(`line ${trackerId} ${epoch} ${news}`),
  };
  const outbox = nudging(post, { node: "a", lines });
  outbox.expect?.(7);
  outbox.expect?.(8);
  await outbox.hint(7, { node: "a", epoch: 3 }, 12);
  await outbox.hint(7, { node: "b", epoch: 4 }, "withdrawal");
  expect(told).toEqual(["7 coming", "line 7 3 12", "mail a 7 3 12", "mail b 7 4 withdrawal"]);
});
