/** What a person sees when the product has started: where everything listens, and what to paste next. */
import type { Config } from "./config.ts";
import { DEMO_HASH, DEMO_LOGIN, type DemoDevice } from "./fleet/demo.ts";
import type { Listening } from "./gateway/gateway.ts";

export interface Started {
  readonly config: Config;
  readonly redis: string;
  readonly api: string;
  readonly admin: string;
  readonly devices: readonly Listening[];
  readonly protocols: readonly string[];
  /** Of the demo fleet; null: it is not in the store. */
  readonly demo: readonly DemoDevice[] | null;
  /** The admin token, when it was made at this start. */
  readonly madeToken: string | null;
}

export function tour(started: Started): string {
  const { config, redis, api, admin, devices, protocols } = started;
  const places = [
    `console     ${api}/`,
    `API         ${api}`,
    ...devices.map(
      ({ host, port, protocol, tls }) =>
        `devices     ${host}:${port} (${tls ? "TLS; " : ""}${protocol ?? `${protocols.join(", ")}: detected`})`,
    ),
    `admin       ${admin}/admin`,
    ...(started.madeToken === null ? [] : [`admin token ${started.madeToken} (made now, kept in ${config.dataDir}/admin-token)`]),
    `Redis       ${redis}`,
    `node        ${config.nodeId}`,
  ];
  const lines = ["", "tracker-chat is running", ...places.map((line) => `  ${line}`)];
  return [...lines, ...(started.demo === null ? [] : demoTour(started, started.demo)), ""].join("\n");
}

function demoTour({ api, devices }: Started, demo: readonly DemoDevice[]): readonly string[] {
  const port = devices[0]?.port ?? 5_000;
  const call = (path: string, fields: string): string => `  curl -s ${api}/tracker/chat/${path} -d 'hash=${DEMO_HASH}${fields}'`;
  return [
    "",
    "A demo fleet is loaded. In another terminal, a device (it prints what arrives and sends what you type):",
    ...demo.map(({ protocol, deviceId }, index) => {
      const reply = index === 0 ? "" : " --reply 'on my way'";
      return `  npx tracker-chat simulate ${protocol} --device-id ${deviceId} --port ${port}${reply}`;
    }),
    `Its dispatcher signs in at ${api}/ as ${DEMO_LOGIN.login} with the password ${DEMO_LOGIN.password}, or calls:`,
    call("send", "&tracker_id=1000001&message=Hello driver"),
    call("list", "&tracker_id=1000001"),
    call("broadcast", "&trackers=[1000001,1000002]&message=Snow ahead"),
    call("unread/count", ""),
  ];
}
