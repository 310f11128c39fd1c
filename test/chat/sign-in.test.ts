import { describe, expect, it } from "vitest";
import { ATTEMPTS, AttemptGuard } from "../../src/chat/attempt-guard.ts";
import { ChatError } from "../../src/chat/chat-error.ts";
import type { User } from "../../src/chat/fleet.ts";
import { CHECKS, SignIn } from "../../src/chat/sign-in.ts";

const USER: User = { id: 1, login: "Ada@example.com", timeZone: "UTC", dealerId: 5 };

describe("the guard of attempts", () => {
  const attempts = (guard: AttemptGuard, many: number, who: (n: number) => readonly [string, string], now = 0): readonly number[] =>
    Array.from({ length: many }, (_, n) => {
      const [account, address] = who(n);
      return guard.enter({ account, address }, now);
    });
  const free = (waits: readonly number[]): number => waits.filter((wait) => wait === 0).length;

  it("counts per account and address", () => {
    const guard = new AttemptGuard();
    expect(attempts(guard, ATTEMPTS.perPair + 2, () => ["ada", "1.1.1.1"])).toEqual([0, 0, 0, 0, 0, 60_000, 60_000]);
    expect(guard.enter({ account: "ada", address: "1.1.1.2" }, 0)).toBe(0);
    expect(guard.enter({ account: "bo", address: "1.1.1.1" }, 0)).toBe(0);
    expect(guard.enter({ account: "ada", address: "1.1.1.1" }, 59_000)).toBe(1_000);
    expect(guard.enter({ account: "ada", address: "1.1.1.1" }, 60_000)).toBe(0);
  });

  it("counts per account over all addresses, and per address over all accounts", () => {
    expect(free(attempts(new AttemptGuard(), 100, (n) => ["ada", `1.1.1.${n}`]))).toBe(ATTEMPTS.perAccount);
    expect(free(attempts(new AttemptGuard(), 100, (n) => [`user${n}`, "1.1.1.1"]))).toBe(ATTEMPTS.perAddress);
    expect(free(attempts(new AttemptGuard(), 100, (n) => [`user${n}`, `2001:db8::${n}`]))).toBe(ATTEMPTS.perAddress);
    expect(free(attempts(new AttemptGuard(), 100, (n) => [`user${n}`, `2001:db8:0:0:${n}::1`]))).toBe(ATTEMPTS.perAddress);
    expect(free(attempts(new AttemptGuard(), 100, (n) => [`user${n}`, `2001:db8:0:${n}::1`]))).toBe(100);
    expect(free(attempts(new AttemptGuard(), 100, (n) => [`user${n}`, `::ffff:1.1.1.${n}`]))).toBe(100);
  });

  it("takes a success back, and no more than that", () => {
    const guard = new AttemptGuard();
    const who = { account: "ada", address: "1.1.1.1" };
    for (let n = 0; n < 100; n += 1) {
      expect(guard.enter(who, 0)).toBe(0);
      guard.succeeded(who);
    }
    expect(free(attempts(guard, 10, () => ["ada", "1.1.1.1"]))).toBe(ATTEMPTS.perPair);
  });

  it("forgets the oldest of very many", () => {
    const guard = new AttemptGuard();
    attempts(guard, ATTEMPTS.perPair, () => ["ada", "1.1.1.1"]);
    attempts(guard, 10_000, (n) => [`user${n}`, `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`]);
    expect(guard.enter({ account: "ada", address: "1.1.1.1" }, 0)).toBe(0);
  });
});

describe("signing in", () => {
  interface Bench {
    readonly signIn: SignIn;
    readonly opened: number[];
    /** Passwords being checked, and how each check ends. */
    readonly checks: { readonly login: string; readonly end: (user?: User) => void }[];
    now: number;
  }
  function bench(): Bench {
    const opened: number[] = [];
    const checks: Bench["checks"] = [];
    const accounts = {
      authenticate: (login: string) => new Promise<User | undefined>((resolve) => checks.push({ login, end: resolve })),
      openSession: (user: number) => Promise.resolve(`hash ${opened.push(user)}`),
      closeSession: (hash: string) => Promise.resolve(hash === "open"),
    };
    const made: Bench = { signIn: new SignIn({ accounts, now: () => made.now }), opened, checks, now: 0 };
    return made;
  }
  const code = (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 0,
      (error: unknown) => (error instanceof ChatError ? error.code : error),
    );
  const ada = { login: "ADA@example.com", password: "demo", dealerId: null };

  it("opens a session for whom the password fits, of the dealer asked for", async () => {
    for (const [dealerId, user, expected] of [
      [null, USER, 0],
      [5, USER, 0],
      [6, USER, 102],
      [null, undefined, 102],
      [5, undefined, 102],
    ] as const) {
      const { signIn, checks, opened } = bench();
      const done = code(signIn.open({ ...ada, dealerId }, "1.1.1.1"));
      checks[0]?.end(user);
      expect(await done).toBe(expected);
      expect(opened).toEqual(expected === 0 ? [1] : []);
    }
  });

  it("refuses the sixth guess unseen, in any spelling of the login, until the minute is over", async () => {
    const here = bench();
    const guess = async (login: string): Promise<unknown> => {
      const done = code(here.signIn.open({ ...ada, login }, "1.1.1.1"));
      here.checks.at(-1)?.end();
      return await done;
    };
    const guesses = ["ada", "ADA", "Ada", "aDa", "adA", "ada"];
    const codes: unknown[] = [];
    for (const login of guesses) codes.push(await guess(login));
    expect(codes).toEqual([102, 102, 102, 102, 102, 11]);
    expect(here.checks).toHaveLength(5);
    await expect(here.signIn.open({ ...ada, login: "ada" }, "1.1.1.1")).rejects.toMatchObject({ retryAfterMs: 60_000 });
    here.now = ATTEMPTS.windowMs;
    expect(await guess("ada")).toBe(102);
  });

  it("counts guesses that are made at once", async () => {
    const { signIn, checks } = bench();
    const codes = Promise.all(Array.from({ length: 8 }, () => code(signIn.open(ada, "1.1.1.1"))));
    for (let n = 0; n < ATTEMPTS.perPair; n += 1) {
      await expect.poll(() => checks.length).toBeGreaterThan(n);
      checks[n]?.end();
    }
    expect((await codes).sort()).toEqual([102, 102, 102, 102, 102, 11, 11, 11]);
  });

  it("checks few at once, lets some wait, and turns the rest away", async () => {
    const { signIn, checks, opened } = bench();
    const crowd = CHECKS.atOnce + CHECKS.waiting;
    const codes = Array.from({ length: crowd + 3 }, (_, n) => code(signIn.open({ ...ada, login: `user${n}` }, `10.0.0.${n}`)));
    expect(checks).toHaveLength(CHECKS.atOnce);
    for (let n = 0; n < crowd; n += 1) {
      await expect.poll(() => checks.length).toBeGreaterThan(n);
      expect(checks.length).toBeLessThanOrEqual(n + CHECKS.atOnce);
      checks[n]?.end(USER);
    }
    expect(await Promise.all(codes)).toEqual([...Array.from({ length: crowd }, () => 0), 11, 11, 11]);
    expect(opened).toHaveLength(crowd);
    expect(checks.map(({ login }) => login)).toEqual(Array.from({ length: crowd }, (_, n) => `user${n}`));
  });

  it("goes on after a check that failed", async () => {
    const failing = new SignIn({
      accounts: {
        authenticate: () => Promise.reject(new Error("planned")),
        openSession: () => Promise.resolve(""),
        closeSession: () => Promise.resolve(true),
      },
      now: () => 0,
    });
    for (let n = 0; n < CHECKS.atOnce + 1; n += 1) await expect(failing.open(ada, `10.0.0.${n}`)).rejects.toThrow("planned");
  });

  it("ends a session once", async () => {
    const { signIn } = bench();
    expect(await code(signIn.close("open"))).toBe(0);
    expect(await code(signIn.close("gone"))).toBe(4);
  });
});
