/** What a person sees when the product has started: where everything listens, and what to paste next. */
import { PROTOCOLS } from "../protocols/index.ts";
import type { AdminToken } from "./admin-token.ts";
import type { Config } from "./config.ts";
import { DEMO_HASH, DEMO_LOGIN, demoDevices } from "./fleet/demo.ts";
import type { Places } from "./workers/messages.ts";

export interface Started {
  readonly config: Config;
  readonly places: Places;
  readonly redis: string;
  readonly token: AdminToken;
}

/** Writes it to the terminal. */
export function showTour(started: Started): void {
  process.stdout.write(`${tour(started)}\n`);
}

function tour({ config, places, redis, token }: Started): string {
  const { api, admin, devices, demo } = places;
  const protocols = PROTOCOLS.map(({ name }) => name).join(", ");
  const { nodeId, workers } = config;
  const shown = [
    `console     ${api}/`,
    `API         ${api}`,
    ...devices.map(
      ({ host, port, protocol, tls }) => `devices     ${host}:${port} (${tls ? "TLS; " : ""}${protocol ?? `${protocols}: detected`})`,
    ),
    `admin       ${admin}/admin`,
    ...(token.made ? [`admin token ${token.token} (made now, kept in ${config.dataDir}/admin-token)`] : []),
    `Redis       ${redis}`,
    `node        ${workers === 1 ? nodeId : `${nodeId}-1 to ${nodeId}-${workers}, a worker each`}`,
  ];
  const lines = ["", "tracker-chat is running", ...shown.map((line) => `  ${line}`)];
  return [...lines, ...(demo ? demoTour(places) : []), ""].join("\n");
}

function demoTour({ api, devices }: Places): readonly string[] {
  const port = devices[0]?.port ?? 5_000;
  const call = (path: string, fields: string): string => `  curl -s ${api}/tracker/chat/${path} -d 'hash=${DEMO_HASH}${fields}'`;
  return [
    "",
    "A demo fleet is loaded. In another terminal, a device (it prints what arrives and sends what you type):",
    ...demoDevices(PROTOCOLS).map(({ protocol, deviceId }, index) => {
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
