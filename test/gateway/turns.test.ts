/** What lines say in one turn of the event loop: a share of it, the rest in the next ones, in order and within a bound. */
import { describe, expect, it } from "vitest";
import { type Latecomer, Turns, WAITING_BYTES } from "../../src/gateway/turns.ts";

/** Lines that take 1 ms to hear, by a clock of their own. */
class Hall {
  readonly heard: string[] = [];
  readonly turns = new Turns(() => this.#now);
  #now = 0;

  say(name: string, bytes = 1): "now" | "later" {
    if (this.turns.open) {
      this.#hear(name);
      return "now";
    }
    const late: Latecomer = {
      catchUp: () => {
        this.turns.caughtUp(bytes);
        this.#hear(name);
      },
    };
    this.turns.putOff(late, bytes);
    return "later";
  }

  #hear(name: string): void {
    this.heard.push(name);
    this.#now += 1;
  }
}

const names = (count: number): readonly string[] => Array.from({ length: count }, (_, index) => `line ${index}`);

/** Behind everything that was to be done in this turn. */
const nextTurn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe("the turns of the event loop", () => {
  it("hears a few milliseconds of what is said at once, and as much in each turn that follows", async () => {
    const hall = new Hall();
    const when = names(14).map((name) => hall.say(name));
    expect(when.filter((at) => at === "now")).toHaveLength(4);
    const heard: number[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      heard.push(hall.heard.length);
      await nextTurn();
    }
    expect(heard).toEqual([4, 8, 12, 14]);
    expect(hall.heard).toEqual(names(14));
  });

  it("lets nobody pass those who wait", async () => {
    const hall = new Hall();
    for (const name of names(8)) hall.say(name);
    expect(hall.say("new")).toBe("later");
    await nextTurn();
    expect(hall.say("newer")).toBe("later");
    await nextTurn();
    await nextTurn();
    expect(hall.heard).toEqual([...names(8), "new", "newer"]);
  });

  it("begins anew when nobody waits", async () => {
    const hall = new Hall();
    for (const name of names(4)) hall.say(name);
    await nextTurn();
    expect(hall.say("new")).toBe("now");
  });

  it("puts nothing off once so much waits, and puts off again when that is less", async () => {
    const hall = new Hall();
    for (const name of names(4)) hall.say(name);
    expect(hall.say("large", WAITING_BYTES)).toBe("later");
    expect(hall.turns.full).toBe(true);
    expect(hall.say("urgent")).toBe("now");
    await nextTurn();
    expect(hall.turns.full).toBe(false);
    expect(names(4).map((name) => hall.say(name))).toEqual(["now", "now", "now", "later"]);
  });
});
