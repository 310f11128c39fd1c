/** The password that a device left the factory with: the name of its model in lower case (QGV200, QGL300). */

/** By device name where the version does not tell; null: unknown. */
export function factoryPassword(version: string, device: string): string | null {
  const model = MODELS.get(version.slice(0, LONG_PREFIX)) ?? MODELS.get(version.slice(0, SHORT_PREFIX));
  return (model ?? MODEL.exec(device)?.[0])?.toLowerCase() ?? null;
}

const SHORT_PREFIX = 2;
/** Of versions with ten characters. */
const LONG_PREFIX = 6;
const MODEL = /^G[A-Z]{1,2}\d{2,3}[A-Z]{0,3}$/i;

/** Versions begin with a code of the model (TRC, Gl200TextProtocolDecoder). */
const MODELS: ReadonlyMap<string, string> = new Map([
  ["02", "GL200"],
  ["04", "GV200"],
  ["06", "GV300"],
  ["08", "GMT100"],
  ["0F", "GV55"],
  ["11", "GL500"],
  ["1A", "GL300"],
  ["1F", "GV500"],
  ["21", "GL200"],
  ["25", "GV300"],
  ["27", "GV300W"],
  ["2C", "GL300W"],
  ["2F", "GV55"],
  ["30", "GL300"],
  ["31", "GV65"],
  ["35", "GV200"],
  ["36", "GV500"],
  ["3F", "GMT100"],
  ["40", "GL500"],
  ["41", "GV75W"],
  ["42", "GT501"],
  ["44", "GL530"],
  ["45", "GB100"],
  ["4F", "GV56"],
  ["50", "GV55W"],
  ["52", "GL50"],
  ["5E", "GV500MAP"],
  ["6E", "GV310LAU"],
  ["74", "GV350CEU"],
  ["BD", "CV200"],
  ["C2", "GV600M"],
  ["C3", "GL320M"],
  ["DC", "GV600MG"],
  ["DE", "GL500M"],
  ["DF", "CV100LG"],
  ["F1", "GV350M"],
  ["F8", "GV800W"],
  ["FC", "GV600W"],
  ["802004", "GV58LAU"],
  ["802005", "GV355CEU"],
  ["80201E", "GV30CEU"],
]);
