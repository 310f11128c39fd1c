/** What a chat client needs besides the chat: logging in and out, who it is, its trackers and drivers, its API keys. */
import { type Accounts, type ApiKey, type Employee, KEY_TITLE } from "../chat/accounts.ts";
import { ChatError } from "../chat/chat-error.ts";
import type { Directory, Tracker, User } from "../chat/fleet.ts";
import type { SignIn } from "../chat/sign-in.ts";
import { type AccountCall, type AccountContext, type Answer, accountCall, type Call, type OpenCall, openCall } from "./call.ts";
import { optional, required } from "./fields.ts";
import { id, type JsonSchema, keyName, printable, printables, type ReadingContext, secret } from "./kinds.ts";

export interface AccountCallsDeps {
  readonly accounts: Pick<Accounts, "employeesOf" | "apiKeysOf" | "createApiKey" | "deleteApiKey">;
  readonly directory: Pick<Directory, "trackersOf">;
  readonly signIn: SignIn;
}

export function accountCalls(deps: AccountCallsDeps): readonly Call[] {
  return [
    authCall(deps.signIn),
    logoutCall(deps.signIn),
    infoCall(),
    trackersCall(deps),
    employeesCall(deps),
    createKeyCall(deps),
    listKeysCall(deps),
    deleteKeyCall(deps),
  ];
}

const NOTHING: Answer = {};
/** As the fleet document has them. */
const LOGIN_CHARACTERS = 200;
const PASSWORD_CHARACTERS = 1_000;
/** Filters of tracker/list and the characters of one. */
const LABELS = { most: 1_024, characters: 200 };

const HASH: JsonSchema = { type: "string", pattern: "^[0-9a-f]{32}$" };
const TEXT: JsonSchema = { type: "string" };
const TEXT_OR_NULL: JsonSchema = { type: ["string", "null"] };

function object(properties: Readonly<Record<string, JsonSchema>>): JsonSchema {
  return { type: "object", properties, required: Object.keys(properties), additionalProperties: false };
}

function authCall(signIn: SignIn): OpenCall {
  return openCall({
    path: "user/auth",
    title: "Log in: open a session of 30 days",
    fields: {
      login: required(printable(LOGIN_CHARACTERS)),
      password: required(secret(PASSWORD_CHARACTERS)),
      dealer_id: optional(id, null),
    },
    answer: { type: { const: "authenticated" }, hash: HASH },
    refusals: [11, 102],
    whenDown: 14,
    run: async ({ login, password, dealer_id }, { address }) => {
      const hash = await signIn.open({ login, password, dealerId: dealer_id }, address);
      return { type: "authenticated", hash };
    },
  });
}

function logoutCall(signIn: SignIn): AccountCall {
  return accountCall({
    path: "user/logout",
    title: "Log out: end the session that the call is made with",
    fields: {},
    answer: {},
    refusals: [13],
    whenDown: 14,
    run: async (_input, { hash, credential }) => {
      if (credential === "api-key") throw new ChatError(13);
      await signIn.close(hash);
      return NOTHING;
    },
  });
}

/** Nothing else is spoken here. */
const LOCALE = "en_US";
const USER_INFO = object({
  id: id.schema,
  login: TEXT,
  title: { type: "string", description: "The login: accounts have no other name." },
  locale: { const: LOCALE },
  time_zone: { type: "string", description: "IANA name: all times of the API are in this zone." },
  settings: object({ time_zone: TEXT }),
});
const USER_VALUE = { ...object({ id: id.schema, login: TEXT, time_zone: TEXT }), description: "The same once more, in short." };

function infoCall(): AccountCall {
  return accountCall({
    path: "user/get_info",
    title: "Whose hash this is",
    fields: {},
    answer: { user_info: USER_INFO, value: USER_VALUE },
    whenDown: 14,
    run: (_input, { user }) => Promise.resolve({ user_info: userView(user), value: shortView(user) }),
  });
}

function shortView({ id: userId, login, timeZone }: User): object {
  return { id: userId, login, time_zone: timeZone };
}

function userView(user: User): object {
  return { ...shortView(user), title: user.login, locale: LOCALE, settings: { time_zone: user.timeZone } };
}

const SOURCE = object({
  id: { ...id.schema, description: "The tracker's id: a device has no other." },
  device_id: TEXT,
  model: TEXT_OR_NULL,
  blocked: { type: "boolean" },
  tariff_id: { type: ["integer", "null"], format: "int32" },
  phone: TEXT_OR_NULL,
});
const TRACKER = object({ id: id.schema, label: TEXT, group_id: id.schema, source: SOURCE });

function trackersCall({ directory }: AccountCallsDeps): AccountCall {
  return accountCall({
    path: "tracker/list",
    title: "Trackers of the account",
    fields: { labels: optional(printables(LABELS.most, LABELS.characters), null) },
    answer: { list: { type: "array", items: TRACKER } },
    whenDown: 14,
    run: ({ labels }, { user }) => {
      const named = ({ label }: Tracker): boolean => labels === null || labels.some((part) => label.includes(part));
      return Promise.resolve({ list: directory.trackersOf(user.id).filter(named).map(trackerView) });
    },
  });
}

function trackerView({ id: trackerId, label, groupId, deviceId, model, blocked, tariffId, phone }: Tracker): object {
  const source = { id: trackerId, device_id: deviceId, model, blocked, tariff_id: tariffId, phone };
  return { id: trackerId, label, group_id: groupId, source };
}

const EMPLOYEE = object({
  id: id.schema,
  tracker_id: { type: ["integer", "null"], format: "int32", description: "Whose driver it is." },
  first_name: TEXT,
  middle_name: TEXT,
  last_name: TEXT,
});

function employeesCall({ accounts }: AccountCallsDeps): AccountCall {
  return accountCall({
    path: "employee/list",
    title: "Employees of the account: its drivers",
    fields: {},
    answer: { list: { type: "array", items: EMPLOYEE } },
    whenDown: 14,
    run: (_input, { user }) => Promise.resolve({ list: accounts.employeesOf(user.id).map(employeeView) }),
  });
}

function employeeView({ id: employeeId, trackerId, firstName, lastName }: Employee): object {
  return { id: employeeId, tracker_id: trackerId, first_name: firstName, middle_name: "", last_name: lastName };
}

const KEY = object({ hash: HASH, title: TEXT, create_date: TEXT });
const LISTED_KEY = object({
  id: { type: "string", description: "What `api/key/delete` takes instead of the key: its SHA-256." },
  title: TEXT,
  create_date: TEXT,
});

function createKeyCall({ accounts }: AccountCallsDeps): AccountCall {
  return accountCall({
    path: "api/key/create",
    title: "Make an API key; it is shown this once",
    fields: { title: required(printable(KEY_TITLE)) },
    answer: { value: KEY, key: { ...KEY, description: "The same as `value`." } },
    refusals: [4, 13],
    whenDown: 14,
    run: async ({ title }, context) => {
      needSession(context);
      const made = await accounts.createApiKey(context.user.id, title);
      if (made === null) throw new ChatError(13);
      const value = { hash: made.hash, ...keyView(made.key, context) };
      return { value, key: value };
    },
  });
}

function listKeysCall({ accounts }: AccountCallsDeps): AccountCall {
  return accountCall({
    path: "api/key/list",
    title: "API keys of the account, without the keys",
    fields: {},
    answer: { list: { type: "array", items: LISTED_KEY } },
    refusals: [4],
    whenDown: 14,
    run: (_input, context) => {
      needSession(context);
      const list = accounts.apiKeysOf(context.user.id).map((key) => ({ id: key.sha256, ...keyView(key, context) }));
      return Promise.resolve({ list });
    },
  });
}

function deleteKeyCall({ accounts }: AccountCallsDeps): AccountCall {
  return accountCall({
    path: "api/key/delete",
    title: "Delete an API key",
    fields: { key: required(keyName) },
    answer: {},
    refusals: [4, 201],
    whenDown: 14,
    run: async ({ key }, context) => {
      needSession(context);
      if (!(await accounts.deleteApiKey(context.user.id, key))) throw new ChatError(201);
      return NOTHING;
    },
  });
}

/** A key that leaked must not make others: keys are the business of those who logged in. */
function needSession({ credential }: AccountContext): void {
  if (credential !== "session") throw new ChatError(4);
}

function keyView({ title, createdAt }: ApiKey, { calendar, style }: ReadingContext): object {
  return { title, create_date: calendar.format(createdAt, style) };
}
