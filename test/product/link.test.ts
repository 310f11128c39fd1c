/** A dispatcher's link on the real process: the simulated EGTS platform carries two vehicles over one connection. */
import { afterEach, describe, expect, it } from "vitest";
import { until } from "../support/gateway-world.ts";
import { Product, TestDevice, TOKEN } from "../support/product.ts";

const USER = 1_000_001;
const [HUB, FIVE, SIX] = [1_000_020, 1_000_021, 1_000_022];
const products: Product[] = [];
const devices: TestDevice[] = [];

afterEach(async () => {
  for (const one of devices.splice(0)) one.runner.stop();
  for (const one of products.splice(0)) await one.stop();
});

function device(on: Product, deviceId: string, options: ConstructorParameters<typeof TestDevice>[3]): TestDevice {
  const made = new TestDevice("egts", deviceId, on.gatewayPort, options);
  devices.push(made);
  return made;
}

/** What the vehicles of the link were shown, as "5: text". */
function screens(link: TestDevice): readonly string[] {
  return link.outputs.flatMap((output) => (output.type === "shown" ? [`${output.unit}: ${output.text}`] : []));
}

async function linesOf(product: Product): Promise<readonly number[]> {
  const response = await fetch(`${product.url}/admin/lines`, { headers: { authorization: `Bearer ${TOKEN}` } });
  const { list } = (await response.json()) as { readonly list: readonly { readonly tracker_id: number }[] };
  return list.map((line) => line.tracker_id).sort();
}

async function words(product: Product, trackerId: number): Promise<readonly string[]> {
  return (await product.list(trackerId)).map(({ text, type, status }) => `${type} ${text} ${status}`);
}

describe("a dispatcher's link", { timeout: 90_000 }, () => {
  it("carries texts of two vehicles both ways, loses one to a line of its own, and comes again", async () => {
    const product = await Product.start();
    products.push(product);
    const tracker = (id: number, deviceId: string, password: string | null) => ({
      ...{ id, user_id: USER, label: deviceId, device_id: deviceId, protocol: "egts", tariff_id: USER },
      ...(password === null ? {} : { password }),
    });
    await product.importFleet({ trackers: [tracker(HUB, "dispatcher-8", "s3cret"), tracker(FIVE, "5", null), tracker(SIX, "6", "own")] });
    const link = device(product, "dispatcher-8", { password: "s3cret", profile: { login: "dispatcher", objects: [5, 6] } });
    await link.online();
    await until(async () => (await linesOf(product)).length === 3);
    expect(await linesOf(product)).toEqual([HUB, FIVE, SIX]);

    await product.send(FIVE, "to five");
    await product.send(SIX, "to six");
    await until(
      () => link.shown.length === 2,
      () => JSON.stringify(link.outputs),
    );
    expect([...screens(link)].sort()).toEqual(["5: to five", "6: to six"]);
    link.runner.say("@6 from six");
    link.runner.say("@5 from five");
    await until(() => link.acknowledged.length === 2);
    const both = [
      ["OUTGOING to five DELIVERED", "INCOMING from five PENDING"] as const,
      ["OUTGOING to six DELIVERED", "INCOMING from six PENDING"] as const,
    ];
    for (const [index, trackerId] of [FIVE, SIX].entries())
      await until(
        async () => JSON.stringify(await words(product, trackerId)) === JSON.stringify(both[index]),
        () => `the texts of ${trackerId}`,
      );

    const own = device(product, "5", { profile: { login: "object" } });
    await own.online();
    await product.send(FIVE, "over its own line");
    await product.send(SIX, "over the link");
    await until(() => own.shown.length === 1 && link.shown.length === 3);
    expect([own.shown, screens(link)[2]]).toEqual([["over its own line"], "6: over the link"]);
    expect(link.disconnections).toBe(0);

    link.runner.drop();
    await product.send(SIX, "while it was away");
    await link.online(2);
    await until(() => link.shown.length === 4);
    expect(screens(link)[3]).toBe("6: while it was away");
    await until(async () => (await words(product, SIX)).includes("OUTGOING while it was away DELIVERED"));
  });
});
