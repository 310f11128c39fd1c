import { Ajv } from "ajv";
import { describe, expect, it } from "vitest";
import type { Message } from "../../src/chat/message.ts";
import { Calendar } from "../../src/http/calendar.ts";
import { MESSAGE_SCHEMA, type MessageView, messageView } from "../../src/http/message-view.ts";

const CONTEXT = { calendar: new Calendar(), style: { zone: "UTC", iso: false } };
const PLAIN: Message = {
  id: 1,
  trackerId: 9,
  direction: "OUTGOING",
  state: "queued",
  text: "text of message",
  submittedAt: Date.UTC(2014, 3, 15, 9, 2, 24),
  updatedAt: null,
  employeeId: null,
  altered: false,
  receipt: null,
  reason: null,
  answers: null,
};
const fits = new Ajv({ formats: { int32: true }, allowUnionTypes: true }).compile(MESSAGE_SCHEMA);

function view(fields: Partial<Message>): MessageView {
  const shown = messageView({ ...PLAIN, ...fields }, CONTEXT);
  expect(fits(shown), JSON.stringify(fits.errors)).toBe(true);
  return shown;
}

describe("a message as the API shows it", () => {
  it("has the seven documented fields, in their order, then the state, and no other", () => {
    expect(JSON.stringify(view({ direction: "INCOMING", state: "unread", employeeId: 123456 }))).toBe(
      '{"id":1,"submit_time":"2014-04-15 09:02:24","update_time":null,"text":"text of message","type":"INCOMING","status":"PENDING","employee_id":123456,"state":"unread"}',
    );
  });

  it("shows ours only where they say something", () => {
    expect(view({ altered: true })).toMatchObject({ altered: true });
    expect(view({ direction: "INCOMING", state: "unread", answers: 7 })).toMatchObject({ answers: 7 });
    expect(view({ state: "rejected", reason: "no" })).toMatchObject({ reason: "no" });
    expect(view({ choices: ["a", "b"] })).toMatchObject({ choices: ["a", "b"] });
    expect(view({ state: "delivered", receipt: "implied", updatedAt: PLAIN.submittedAt })).toMatchObject({ receipt: "implied" });
    expect(Object.keys(view({ receipt: "device" }))).not.toContain("receipt");
    expect(Object.keys(view({}))).toHaveLength(8);
  });

  it.each([
    ["queued", "PENDING"],
    ["written", "PENDING"],
    ["rejected", "PENDING"],
    ["unconfirmed", "PENDING"],
    ["expired", "PENDING"],
    ["cancelled", "PENDING"],
    ["dead-lettered", "PENDING"],
    ["delivered", "DELIVERED"],
    ["read", "DELIVERED"],
    ["answered", "DELIVERED"],
  ] as const)("folds %s to %s", (state, status) => {
    expect(view({ state, updatedAt: PLAIN.submittedAt + 61_500 })).toMatchObject({
      status,
      state,
      update_time: "2014-04-15 09:03:25",
    });
  });

  it("keeps update_time null for INCOMING, read or not", () => {
    expect(view({ direction: "INCOMING", state: "marked-read", updatedAt: PLAIN.submittedAt })).toMatchObject({
      status: "DELIVERED",
      update_time: null,
    });
  });
});
