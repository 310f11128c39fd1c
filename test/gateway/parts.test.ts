/** The small parts: admission, detection, the registry, the log's bounds, the guards of logins. */
import pino from "pino";
import { describe, expect, it, vi } from "vitest";
import { DuelGuard, PasswordGuard, sameSecret } from "../../src/chat/login-guard.ts";
import type { Detection } from "../../src/core/index.ts";
import { Admission } from "../../src/gateway/admission.ts";
import { detect, HEAD_BYTES } from "../../src/gateway/detector.ts";
import { LineLog } from "../../src/gateway/line-log.ts";
import { LineTimer } from "../../src/gateway/line-timer.ts";
import { type LiveLine, Registry } from "../../src/gateway/registry.ts";
import { paperProtocol } from "../support/fleet.ts";

describe("admission", () => {
  const limits = { lines: 100, linesPerIp: 2, loginRate: { count: 3, perMs: 1_000 } };

  it("bounds lines that have not logged in, per address", () => {
    const admission = new Admission(limits);
    expect(["10.0.0.1", "10.0.0.1", "10.0.0.1", "10.0.0.2"].map((address) => admission.admit(address, 0))).toEqual([
      "yes",
      "yes",
      "too-many-lines",
      "yes",
    ]);
    admission.release("10.0.0.1");
    expect(admission.admit("10.0.0.1", 0)).toBe("yes");
  });

  it("bounds new lines in a time", () => {
    const admission = new Admission(limits);
    const admit = (now: number) => {
      const answer = admission.admit("10.0.0.1", now);
      if (answer === "yes") admission.release("10.0.0.1");
      return answer;
    };
    expect([admit(0), admit(0), admit(0), admit(0), admit(300), admit(340)]).toEqual([
      "yes",
      "yes",
      "yes",
      "login-rate",
      "login-rate",
      "yes",
    ]);
  });

  it("exempts loopback", () => {
    const admission = new Admission({ ...limits, linesPerIp: 0 });
    expect(["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1"].map((ip) => admission.admit(ip, 0))).toEqual([
      "yes",
      "yes",
      "yes",
      "yes",
      "too-many-lines",
    ]);
  });
});

describe("detection", () => {
  const protocol = (name: string, answer: (head: Buffer) => Detection) => ({ ...paperProtocol(name), detect: answer });
  const never = protocol("never", () => "no");
  const slow = protocol("slow", (head) => (head.length < 3 ? "more" : "yes"));
  const greedy = protocol("greedy", () => "more");

  it("takes the first that is sure", () => {
    expect(detect(Buffer.from("ab"), [never, slow])).toEqual({ type: "more" });
    expect(detect(Buffer.from("abc"), [never, greedy, slow])).toEqual({ type: "found", protocol: slow });
    expect(detect(Buffer.from("abc"), [never])).toEqual({ type: "nobody" });
  });

  it("waits for no more than its bound and shows no more than it", () => {
    expect(detect(Buffer.alloc(HEAD_BYTES - 1), [greedy])).toEqual({ type: "more" });
    expect(detect(Buffer.alloc(HEAD_BYTES), [greedy])).toEqual({ type: "nobody" });
    const seen: number[] = [];
    const curious = protocol("curious", (head) => {
      seen.push(head.length);
      return "no";
    });
    detect(Buffer.alloc(1_000), [curious]);
    expect(seen).toEqual([HEAD_BYTES]);
  });
});

describe("the registry", () => {
  function line(epoch: number): LiveLine & { readonly calls: string[] } {
    const calls: string[] = [];
    const leave = (reason: string) => void calls.push(reason);
    return { trackerId: 1, deviceId: "d", protocol: "p", address: "a", epoch, ageMs: 0, calls, leave, hint: () => void calls.push("hint") };
  }

  it("displaces an older line and refuses an older newcomer", () => {
    const registry = new Registry();
    const [one, two] = [line(1), line(2)];
    expect(registry.enter(one)).toBe(true);
    expect(registry.enter(two)).toBe(true);
    expect(one.calls).toEqual(["taken-over"]);
    expect(registry.enter(one)).toBe(false);
    registry.leave(one);
    expect(registry.get(1)).toBe(two);
  });

  it("hands hints on, and reads a newer epoch as a takeover", () => {
    const registry = new Registry();
    const two = line(2);
    registry.enter(two);
    expect([registry.hint(1, 1), registry.hint(1, 2), registry.hint(1, 3), registry.hint(9, 1)]).toEqual([
      "told",
      "told",
      "taken-over",
      "absent",
    ]);
    expect(two.calls).toEqual(["hint", "hint", "taken-over"]);
  });
});

describe("the log of a line", () => {
  function logged(level: string, write: (log: LineLog) => void): Record<string, unknown>[] {
    const out: Record<string, unknown>[] = [];
    write(new LineLog(pino({ level }, { write: (text: string) => void out.push(JSON.parse(text)) }), 3));
    return out;
  }

  it("writes so many a minute and tells how many it left out", () => {
    const out = logged("info", (log) => {
      for (let at = 0; at < 10; at += 1) log.write("info", at, { message: "x" });
      log.write("info", 60_001, { message: "y" });
    });
    expect(out.map(({ msg, suppressed }) => [msg, suppressed])).toEqual([
      ["x", undefined],
      ["x", undefined],
      ["x", undefined],
      ["y", 7],
    ]);
  });

  it("shows bytes only at debug, and not all", () => {
    const bytes = Buffer.alloc(1_000, 0xab);
    const [quiet] = logged("info", (log) => log.write("info", 0, { message: "x", bytes }));
    const [loud] = logged("debug", (log) => log.write("info", 0, { message: "x", bytes }));
    expect(quiet).not.toHaveProperty("hex");
    expect(loud?.["hex"]).toBe(`${"ab".repeat(256)}... (1000 bytes)`);
  });
});

describe("the timer", () => {
  it("waits for what is due in a month, longer than Node's timers do", () => {
    vi.useFakeTimers();
    try {
      const due: number[] = [];
      const owner = {
        deadline: (40 * 86_400_000) as number | null,
        due: (now: number): void => {
          due.push(now);
          owner.deadline = null;
        },
      };
      const start = Date.now();
      const looks = vi.fn(() => Date.now() - start);
      new LineTimer(owner, looks).arm();
      vi.advanceTimersByTime(41 * 86_400_000);
      expect(due).toEqual([40 * 86_400_000]);
      expect(looks.mock.calls.length).toBeLessThan(10);
    } finally {
      vi.useRealTimers();
    }
  });
});

describe("the guards", () => {
  it("let a pair wait longer and longer, and begin anew with a new password", () => {
    const guard = new PasswordGuard();
    const attempt = { address: "a", key: "k", expected: "p" };
    const waits: number[] = [];
    let now = 0;
    for (let tries = 0; tries < 12; tries += 1) {
      guard.failed(attempt, now);
      const from = now;
      while (guard.waits(attempt, now)) now += 500;
      waits.push(now - from);
    }
    expect(waits).toEqual([0, 0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
    guard.failed(attempt, now);
    expect(guard.waits({ ...attempt, address: "b" }, now)).toBe(false);
    expect(guard.waits({ ...attempt, expected: "new" }, now)).toBe(false);
    expect(guard.waits(attempt, now)).toBe(true);
    guard.succeeded(attempt);
    expect(guard.waits(attempt, now)).toBe(false);
  });

  it("call five takeovers in ten minutes normal, and the sixth a duel for ten minutes", () => {
    const guard = new DuelGuard();
    const minute = 60_000;
    expect([0, 1, 2, 3, 4, 10.1].map((at) => guard.takenOver(1, at * minute))).toEqual([false, false, false, false, false, false]);
    expect(guard.takenOver(1, 10.2 * minute)).toBe(true);
    expect(guard.quarantined(1, 20.1 * minute)).toBe(true);
    expect(guard.quarantined(2, 20.1 * minute)).toBe(false);
    expect(guard.quarantined(1, 20.2 * minute)).toBe(false);
  });

  it("compare secrets by all their bytes", () => {
    expect([
      sameSecret("abc", "abc"),
      sameSecret("abc", "abd"),
      sameSecret("ab", "abc"),
      sameSecret("abcd", "abc"),
      sameSecret("", ""),
    ]).toEqual([true, false, false, false, true]);
  });
});
