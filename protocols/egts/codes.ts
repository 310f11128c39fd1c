/** The numbers of the standard with their names (GOST R 54619-2011; GOST 33472-2015, annex B; order 285, annexes 6 and 8). */

/** PT: what a packet holds. */
export const PACKET = { response: 0, data: 1, signedData: 2 } as const;

/** SST and RST. */
export const SERVICE = { auth: 1, telematics: 2, commands: 4, firmware: 9, ecall: 10 } as const;

/** RFL: who offers the sender's service (order 285, annex 6, table 14). */
export const FROM_DEVICE = 0x80;
export const FROM_PLATFORM = 0x40;

/** SRT of any service. */
export const RECORD_RESPONSE = 0;
/** SRT of the authentication service. */
export const AUTH = { terminal: 1, module: 2, vehicle: 3, dispatcher: 5, params: 6, info: 7, service: 8, result: 9 } as const;
/** SRT of the telematics service. */
export const POSITION = 16;
/** SRT of the commands service. */
export const COMMAND_DATA = 51;

/** CT: what a COMMAND_DATA is. */
export const COMMAND = {
  commandConfirmation: 1,
  messageConfirmation: 2,
  messageFrom: 3,
  messageTo: 4,
  command: 5,
  deleteCommand: 6,
  request: 7,
  delivered: 8,
} as const;

/** CCT: how it went; of CT 1, 2 and 8. */
export const CONFIRMATION = { ok: 0, error: 1, illegal: 2, deleted: 3, notFound: 4, notConfirmed: 5, inProgress: 6 } as const;

/** PR of packets, RST of records, RCD of a login. */
export const RESULT = {
  ok: 0,
  inProgress: 1,
  unsupportedProtocol: 128,
  decryptError: 129,
  badHeader: 131,
  badData: 132,
  unsupportedType: 133,
  duplicate: 135,
  headerCrc: 137,
  dataCrc: 138,
  badLength: 139,
  objectNotFound: 146,
  serviceDenied: 149,
  authDenied: 151,
  alreadyExists: 152,
  idNotFound: 153,
  noResources: 156,
} as const;

/** "138 DATACRC". */
export function resultWords(code: number): string {
  return named(code, RESULT_NAMES);
}

/** "5 not confirmed". */
export function confirmationWords(code: number): string {
  return named(code, CONFIRMATION_NAMES);
}

export function commandWords(code: number): string {
  return named(code, COMMAND_NAMES);
}

export function serviceWords(code: number): string {
  return named(code, SERVICE_NAMES);
}

/** The name of a subrecord, which depends on its service. */
export function subrecordName(service: number, type: number): string {
  if (type === RECORD_RESPONSE) return "RECORD_RESPONSE";
  return SUBRECORD_NAMES.get(service)?.get(type) ?? `subrecord ${type}`;
}

function named(code: number, names: ReadonlyMap<number, string>): string {
  const name = names.get(code);
  return name === undefined ? String(code) : `${code} ${name}`;
}

const RESULT_NAMES: ReadonlyMap<number, string> = new Map([
  [0, "OK"],
  [1, "IN_PROGRESS"],
  ...[
    ["UNS_PROTOCOL", "DECRYPT_ERROR", "PROC_DENIED", "INC_HEADERFORM", "INC_DATAFORM", "UNS_TYPE", "NOTEN_PARAMS", "DBL_PROC"],
    ["PROC_SRC_DENIED", "HEADERCRC", "DATACRC", "INVDATALEN", "ROUTE_NFOUND", "ROUTE_CLOSED", "ROUTE_DENIED", "INVADDR"],
    ["TTLEXPIRED", "NO_ACK", "OBJ_NFOUND", "EVNT_NFOUND", "SRVC_NFOUND", "SRVC_DENIED", "SRVC_UNKN", "AUTH_DENIED"],
    ["ALREADY_EXISTS", "ID_NFOUND", "INC_DATETIME", "IO_ERROR", "NO_RES_AVAIL", "MODULE_FAULT", "MODULE_PWR_FLT"],
    ["MODULE_PROC_FLT", "MODULE_SW_FLT", "MODULE_FW_FLT", "MODULE_IO_FLT", "MODULE_MEM_FLT", "TEST_FAILED"],
  ]
    .flat()
    .map((name, index): [number, string] => [128 + index, name]),
]);

const CONFIRMATION_NAMES: ReadonlyMap<number, string> = new Map([
  [0, "OK"],
  [1, "error"],
  [2, "not allowed"],
  [3, "deleted"],
  [4, "not found"],
  [5, "done, with a negative answer"],
  [6, "in progress"],
]);

const COMMAND_NAMES: ReadonlyMap<number, string> = new Map([
  [1, "COMCONF"],
  [2, "MSGCONF"],
  [3, "MSGFROM"],
  [4, "MSGTO"],
  [5, "COM"],
  [6, "DELCOM"],
  [7, "SUBREQ"],
  [8, "DELIV"],
]);

const SERVICE_NAMES: ReadonlyMap<number, string> = new Map([
  [1, "authentication"],
  [2, "telematics"],
  [4, "commands"],
  [9, "firmware"],
  [10, "eCall"],
]);

const SUBRECORD_NAMES: ReadonlyMap<number, ReadonlyMap<number, string>> = new Map([
  [
    SERVICE.auth,
    new Map<number, string>([
      [AUTH.terminal, "TERM_IDENTITY"],
      [AUTH.module, "MODULE_DATA"],
      [AUTH.vehicle, "VEHICLE_DATA"],
      [AUTH.dispatcher, "DISPATCHER_IDENTITY"],
      [AUTH.params, "AUTH_PARAMS"],
      [AUTH.info, "AUTH_INFO"],
      [AUTH.service, "SERVICE_INFO"],
      [AUTH.result, "RESULT_CODE"],
    ]),
  ],
  [
    SERVICE.telematics,
    new Map([
      [POSITION, "POS_DATA"],
      [17, "EXT_POS_DATA"],
      [18, "AD_SENSORS_DATA"],
      [19, "COUNTERS_DATA"],
      [20, "STATE_DATA"],
      [27, "LIQUID_LEVEL_SENSOR"],
    ]),
  ],
  [SERVICE.commands, new Map([[COMMAND_DATA, "COMMAND_DATA"]])],
]);
