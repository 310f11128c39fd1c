/** The hostile crowd, as a process of its own: `attackers.ts JSON`; says what it did as JSON when its standard input ends. */
import { connect, type Socket } from "node:net";
import { PROTOCOLS } from "../../protocols/index.ts";
import { Xorshift } from "../fuzz/xorshift.ts";
import { transcriptsOf } from "../support/transcripts.ts";
import { BEGUN, type Crowd } from "./crowd.ts";

/** Connections of one kind begun in one beat, so that the crowd itself keeps up. */
const PER_BEAT = 50;
const BEAT_MS = 50;
/** Bytes of one write of a flood. */
const PIECE_BYTES = 16 * 1024;

const crowd = JSON.parse(process.argv[2] ?? "{}") as Crowd;
const random = new Xorshift(crowd.seed);
const done = { halfFrames: 0, slowRequests: 0, garbageBytes: 0, strangers: 0, unread: 0, duels: 0, mostOpen: 0 };
const open = new Set<Socket>();
/** How conversations begin, of every protocol. */
const openings = PROTOCOLS.flatMap((protocol) =>
  transcriptsOf(protocol).flatMap(({ transcript }) =>
    transcript.steps.flatMap((step) => (step.type === "up" ? [step.bytes] : [])).slice(0, 1),
  ),
);
const noise = Buffer.from(Array.from({ length: PIECE_BYTES }, () => random.below(256)));

const jobs: readonly Job[] = [
  { wanted: crowd.halfFrames, port: crowd.gatewayPort, begin: halfFrame },
  { wanted: crowd.slowRequests, port: crowd.httpPort, begin: slowRequest },
  { wanted: crowd.floods, port: crowd.gatewayPort, begin: flood },
  { wanted: crowd.floods, port: crowd.httpPort, begin: flood },
  { wanted: crowd.strangers, port: crowd.gatewayPort, begin: stranger },
  { wanted: crowd.mutes, port: crowd.gatewayPort, begin: mute },
  { wanted: 2, port: crowd.gatewayPort, begin: duel },
];
const counts = jobs.map(() => 0);
const beat = setInterval(() => {
  for (const [index, job] of jobs.entries()) {
    const missing = job.wanted - (counts[index] ?? 0);
    for (let left = Math.min(PER_BEAT, missing); left > 0; left -= 1) start(job, index);
  }
  done.mostOpen = Math.max(done.mostOpen, open.size);
}, BEAT_MS);

process.stdout.write(BEGUN);
process.stdin.on("end", () => {
  clearInterval(beat);
  for (const socket of open) socket.destroy();
  // A connection that is not made yet would go on with its attack.
  process.stdout.write(`${JSON.stringify(done)}\n`, () => process.exit(0));
});
process.stdin.resume();

interface Job {
  readonly wanted: number;
  readonly port: number;
  readonly begin: (socket: Socket) => void;
}

/** Whoever is closed is followed by another. */
function start({ port, begin }: Job, index: number): void {
  counts[index] = (counts[index] ?? 0) + 1;
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("connect", () => {
    open.add(socket);
    begin(socket);
  });
  socket.on("error", () => undefined);
  socket.on("close", () => {
    open.delete(socket);
    counts[index] = (counts[index] ?? 1) - 1;
  });
}

/** Any number of a frame's bytes but all of them, and then nothing. */
function halfFrame(socket: Socket): void {
  const opening = random.pick(openings);
  done.halfFrames += 1;
  socket.write(opening.subarray(0, random.below(opening.length)));
  socket.resume();
}

/** A header a second, for ever; every third request is a body that does not come. */
function slowRequest(socket: Socket): void {
  done.slowRequests += 1;
  const body = done.slowRequests % 3 === 0;
  socket.write(`POST /tracker/chat/list HTTP/1.1\r\nHost: x\r\n${body ? "Content-Length: 100000\r\n\r\n" : ""}`);
  const trickle = setInterval(() => socket.write(body ? "x" : `X-${random.below(1_000)}: y\r\n`), 1_000);
  socket.on("close", () => clearInterval(trickle));
  socket.resume();
}

/** Noise, half the time behind a beginning that a protocol claims; as fast as its share of the rate. */
function flood(socket: Socket): void {
  if (random.once(2)) socket.write(random.pick(openings));
  const bytesPerBeat = (crowd.floodBytesPerSecond * BEAT_MS) / 1_000 / Math.max(1, 2 * crowd.floods);
  const pour = setInterval(() => {
    if (socket.writableLength > 0) return;
    for (let sent = 0; sent < bytesPerBeat; sent += PIECE_BYTES) {
      const piece = noise.subarray(0, Math.min(PIECE_BYTES, bytesPerBeat - sent));
      done.garbageBytes += piece.length;
      socket.write(piece);
    }
  }, BEAT_MS);
  socket.on("close", () => clearInterval(pour));
  socket.resume();
}

/** Logs in with an id that nobody has. */
function stranger(socket: Socket): void {
  done.strangers += 1;
  socket.write(`#L#${300_000_000_000_000 + random.next()};NA\r\n`);
  socket.resume();
}

/** Asks for answers as fast as it can and reads none of them. */
function mute(socket: Socket): void {
  done.unread += 1;
  socket.pause();
  socket.write(`#L#${crowd.spareDevice};NA\r\n`);
  const pings = Buffer.from("#P#\r\n".repeat(1_000));
  const ask = setInterval(() => {
    if (socket.writableLength === 0) socket.write(pings);
  }, BEAT_MS);
  socket.on("close", () => clearInterval(ask));
}

/** Two of them have one identity, and each comes back when the other has thrown it out. */
function duel(socket: Socket): void {
  done.duels += 1;
  socket.write(`#L#${crowd.duelDevice};NA\r\n`);
  socket.resume();
}
