/** ops/kubernetes: valid by Kubernetes' own schemas, and in agreement with the product that it runs. */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { PROTOCOLS } from "../protocols/index.ts";
import { type Config, readConfig, SETTING_NAMES } from "../src/config.ts";
import { kustomization, type Manifest, manifestFiles, manifestsIn, problemsOf } from "./support/kubernetes.ts";
import { freePort, Product } from "./support/product.ts";
import { startRedis, type TestRedis } from "./support/redis.ts";

type Labels = Readonly<Record<string, string>>;
interface Selecting {
  readonly matchLabels: Labels;
}
interface Probe {
  readonly periodSeconds: number;
  readonly httpGet: { readonly path: string; readonly port: string };
}
interface Container {
  readonly image: string;
  readonly ports: readonly { readonly name: string; readonly containerPort: number }[];
  readonly startupProbe: Probe;
  readonly readinessProbe: Probe;
  readonly livenessProbe: Probe;
  readonly securityContext: unknown;
  readonly volumeMounts: readonly { readonly mountPath: string }[];
}
interface Deploying {
  readonly selector: Selecting;
  readonly strategy: { readonly rollingUpdate: { readonly maxUnavailable: number } };
  readonly template: {
    readonly metadata: { readonly labels: Labels; readonly annotations: Labels };
    readonly spec: {
      readonly containers: readonly [Container];
      readonly terminationGracePeriodSeconds: number;
      readonly topologySpreadConstraints: readonly [{ readonly labelSelector: Selecting }];
    };
  };
}
interface Serving {
  readonly selector: Labels;
  readonly ports: readonly { readonly targetPort: string }[];
}

const ROOT = join(import.meta.dirname, "..");
const DRAIN_MS = 10_000;
const SECRET = { REDIS_URL: "redis://redis:6379", ADMIN_TOKEN: "from-the-secret" };
/** What the image sets. */
const IMAGE = Object.fromEntries(
  (/^ENV (.*)$/m.exec(readFileSync(join(ROOT, "Dockerfile"), "utf8"))?.[1] ?? "").split(" ").map((pair) => pair.split("=")),
);

const config = kustomization();
const all = manifestFiles().flatMap(manifestsIn);
const settings = Object.fromEntries((config.configMapGenerator[0]?.literals ?? []).map((pair) => pair.split("=", 2) as [string, string]));
const product: Config = readConfig(
  {},
  PROTOCOLS.map(({ name }) => name),
  { ...IMAGE, ...settings, ...SECRET },
);
const deployment = find<Deploying>("Deployment", "tracker-chat");
const pod = deployment.spec.template.spec;
const [container] = pod.containers;
const services = all.filter(({ kind }) => kind === "Service") as readonly Manifest<Serving>[];

describe("the manifests", () => {
  it.each(all.map((manifest) => [`${manifest.kind} ${manifest.metadata.name}`, manifest] as const))("are valid: %s", (_, manifest) => {
    expect(problemsOf(manifest)).toEqual([]);
  });

  it("would not be with a field that is misspelt, of another type or missing", () => {
    const broken = (change: (manifest: Manifest<Deploying>) => void): readonly string[] => {
      const copy = structuredClone(deployment);
      change(copy);
      return problemsOf(copy);
    };
    expect(broken(({ spec }) => Object.assign(spec.template.spec.containers[0], { readinessProb: {} }))[0]).toContain("unknown field");
    expect(broken(({ spec }) => Object.assign(spec, { replicas: "2" }))[0]).toContain("must be integer");
    expect(broken(({ spec }) => Reflect.deleteProperty(spec, "selector"))[0]).toContain("selector");
  });

  it("are all applied", () => {
    expect([...config.resources].sort()).toEqual([...manifestFiles()].sort());
  });

  it("are what kubectl makes of them, where there is one", () => {
    const told = kubectl("kustomize", join(ROOT, "ops/kubernetes"));
    if (told === null) return;
    expect(told.match(/^kind: /gm)).toHaveLength(all.length + config.configMapGenerator.length);
    expect(told).toContain(`image: registry.example.com/tracker-chat:${version()}`);
    // The name of the settings says which they are: another setting is another rollout.
    expect(told).toMatch(/configMapRef:\n\s+name: tracker-chat-[a-z0-9]{10}\n/);
  });
});

describe("what they run", () => {
  it("is this version, with settings that there are and none that is secret", () => {
    expect(config.images).toEqual([{ name: container.image, newName: "registry.example.com/tracker-chat", newTag: version() }]);
    expect(Object.keys(settings).filter((name) => !SETTING_NAMES.some((known) => known === name))).toEqual([]);
    expect(Object.keys(settings)).not.toContain("ADMIN_TOKEN");
    expect(all.map(({ kind }) => kind)).not.toContain("Secret");
  });

  it("listens where they say", () => {
    const ports = Object.fromEntries(container.ports.map((port) => [port.name, port.containerPort]));
    expect(ports).toEqual({ devices: product.gateway.port, http: product.http.port, admin: product.admin?.port });
    for (const { host } of [product.gateway, product.http, product.admin ?? { host: "" }]) expect(host).toBe("0.0.0.0");
    const targets = services.flatMap(({ spec }) => spec.ports.map(({ targetPort }) => targetPort));
    expect(targets.sort()).toEqual(["devices", "http"]);
  });

  it("is drained before it is killed", () => {
    expect(product.drainDelayMs).toBeGreaterThanOrEqual(2 * 1_000 * container.readinessProbe.periodSeconds);
    expect(pod.terminationGracePeriodSeconds * 1_000).toBeGreaterThanOrEqual(product.drainDelayMs + 2 * DRAIN_MS);
    expect(deployment.spec.strategy.rollingUpdate.maxUnavailable).toBe(0);
    expect(find<{ readonly maxUnavailable: number }>("PodDisruptionBudget", "tracker-chat").spec.maxUnavailable).toBe(1);
  });

  it("is the one that everything selects", () => {
    const labels = deployment.spec.template.metadata.labels;
    const selectors = [
      deployment.spec.selector.matchLabels,
      find<{ readonly selector: Selecting }>("PodDisruptionBudget", "tracker-chat").spec.selector.matchLabels,
      find<{ readonly podSelector: Selecting }>("NetworkPolicy", "tracker-chat").spec.podSelector.matchLabels,
      ...services.map(({ spec }) => spec.selector),
      pod.topologySpreadConstraints[0].labelSelector.matchLabels,
    ];
    for (const selector of selectors) expect(selector).toEqual(labels);
  });

  it("keeps the devices' addresses, and has no privilege", () => {
    expect(find("Service", "tracker-chat-devices").spec).toMatchObject({ type: "LoadBalancer", externalTrafficPolicy: "Local" });
    expect(pod).toMatchObject({ automountServiceAccountToken: false, securityContext: { runAsNonRoot: true, runAsUser: 1000 } });
    expect(container.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    const writable = container.volumeMounts.map(({ mountPath }) => mountPath);
    expect(writable.sort()).toEqual([product.dataDir, "/tmp"].sort());
  });
});

describe("the product with these settings", { timeout: 60_000 }, () => {
  let redis: TestRedis;
  let node: Product;
  let adminPort: number;

  beforeAll(async () => {
    redis = await startRedis();
    adminPort = await freePort();
    const here = { ADMIN_HOST: "127.0.0.1", ADMIN_PORT: String(adminPort), REDIS_URL: redis.url, DRAIN_DELAY: "1s" };
    node = await Product.start({ ...settings, ...here });
  }, 60_000);

  afterAll(async () => {
    await node.stop();
    await redis.stop();
  }, 60_000);

  it("answers the probes at the port of the API, and its metrics at the other", async () => {
    const status = async (port: number, path: string): Promise<number> => (await fetch(`http://127.0.0.1:${port}${path}`)).status;
    for (const probe of ["startupProbe", "readinessProbe", "livenessProbe"] as const) {
      expect(container[probe].httpGet.port).toBe("http");
      expect(await status(node.httpPort, container[probe].httpGet.path), probe).toBe(200);
    }
    expect(container.livenessProbe.httpGet.path).toBe("/livez");
    const scraped = deployment.spec.template.metadata.annotations;
    expect(Number(scraped["prometheus.io/port"])).toBe(product.admin?.port);
    expect(await status(adminPort, scraped["prometheus.io/path"] ?? "")).toBe(200);
    expect(await status(node.httpPort, "/metrics")).toBe(400);
  });
});

function find<Spec>(kind: string, name: string): Manifest<Spec> {
  const found = all.find((manifest) => manifest.kind === kind && manifest.metadata.name === name);
  if (found === undefined) throw new Error(`no ${kind} ${name}`);
  return found as Manifest<Spec>;
}

function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as { readonly version: string }).version;
}

/** Its output; null where there is none. */
function kubectl(...given: readonly string[]): string | null {
  try {
    return execFileSync("kubectl", given, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    console.log("kubectl is not installed: its rendering is left out");
    return null;
  }
}
