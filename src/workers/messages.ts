/** What the leading process and its workers say to each other. */

/** Where a node listens, and whether the demo fleet is in its store: what a start shows to people. */
export interface Places {
  readonly api: string;
  readonly admin: string;
  readonly devices: readonly {
    readonly host: string;
    readonly port: number;
    readonly protocol: string | null;
    readonly tls: boolean;
  }[];
  readonly demo: boolean;
}

/** What a worker is told about itself. */
export interface Assignment {
  /** 1 to `of`. */
  readonly number: number;
  readonly of: number;
  readonly nodeId: string;
  readonly adminToken: string;
  /** The leader's own Redis; null: as the settings say. */
  readonly redisUrl: string | null;
}

/** Samples as prom-client gives them: opaque here. */
export type Samples = readonly object[];

export type ToWorker =
  | { readonly type: "assignment"; readonly assignment: Assignment }
  /** A drain will come: ask for nothing new. */
  | { readonly type: "leave" }
  | { readonly type: "drain" }
  | { readonly type: "sample"; readonly id: number }
  | { readonly type: "metrics"; readonly id: number; readonly text: string };

export type FromWorker =
  | { readonly type: "begun" }
  | { readonly type: "listening"; readonly places: Places }
  | { readonly type: "failed"; readonly message: string }
  | { readonly type: "samples"; readonly id: number; readonly samples: Samples }
  | { readonly type: "ask-metrics"; readonly id: number };
