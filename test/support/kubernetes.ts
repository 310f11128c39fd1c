/** The manifests under ops/kubernetes, and what the schemas of Kubernetes say about them. */
import { readdirSync, readFileSync } from "node:fs";
import { Deployment } from "kubernetes-models/apps/v1";
import { Ingress, NetworkPolicy } from "kubernetes-models/networking.k8s.io/v1";
import { PodDisruptionBudget } from "kubernetes-models/policy/v1";
import { Namespace, Service } from "kubernetes-models/v1";
import { parse, parseAllDocuments } from "yaml";

const FOLDER = new URL("../../ops/kubernetes/", import.meta.url);
const KINDS = { Deployment, Ingress, Namespace, NetworkPolicy, PodDisruptionBudget, Service };

export interface Kustomization {
  readonly namespace: string;
  readonly resources: readonly string[];
  readonly images: readonly { readonly name: string; readonly newTag: string }[];
  readonly configMapGenerator: readonly { readonly name: string; readonly literals: readonly string[] }[];
}

export interface Manifest<Spec = unknown> {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: Spec;
}

export function kustomization(): Kustomization {
  return parse(readFileSync(new URL("kustomization.yaml", FOLDER), "utf8")) as Kustomization;
}

/** Files of the folder other than the kustomization. */
export function manifestFiles(): readonly string[] {
  return readdirSync(FOLDER).filter((name) => name !== "kustomization.yaml");
}

export function manifestsIn(file: string): readonly Manifest[] {
  const documents = parseAllDocuments(readFileSync(new URL(file, FOLDER), "utf8"), { strict: true, uniqueKeys: true });
  return documents.map((document) => {
    if (document.errors.length > 0) throw new Error(`${file}: ${document.errors[0]?.message}`);
    return document.toJS() as Manifest;
  });
}

/** What is wrong with it; empty: nothing. */
export function problemsOf(manifest: Manifest): readonly string[] {
  const Model = KINDS[manifest.kind as keyof typeof KINDS];
  if (Model === undefined) return [`no schema for ${manifest.kind}`];
  const unread = new Set<string>();
  // A schema reads each field that it knows: what it never looks at, it does not know.
  const watched = watch(manifest, "", unread);
  try {
    // Not `new Model(manifest)`, which copies, and so reads, every field.
    Model.prototype.validate.call(watched);
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)];
  }
  return [...unread].map((path) => `unknown field ${path}`);
}

function watch(value: unknown, path: string, unread: Set<string>): unknown {
  if (typeof value !== "object" || value === null) return value;
  const inner = Object.entries(value).map(([key, one]) => [key, watch(one, `${path}.${key}`, unread)] as const);
  for (const [key] of inner) unread.add(`${path}.${key}`);
  const copy: object = Array.isArray(value) ? inner.map(([, one]) => one) : Object.fromEntries(inner);
  return new Proxy(copy, {
    get: (target, key) => {
      unread.delete(`${path}.${String(key)}`);
      return Reflect.get(target, key) as unknown;
    },
  });
}
