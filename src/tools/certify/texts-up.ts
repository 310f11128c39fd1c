/** Texts from the driver: each must come once, and come again when it was not acknowledged. */
import { capabilitiesUnder } from "../../core/index.ts";
import { type Exercise, failed, notApplicable, notTried, passed, since } from "./exercise.ts";

/** A copy would come within this. */
const COPY_MS = 2_000;

export const driverText: Exercise = {
  name: "text from the driver",
  run: async ({ station, protocol, profile, personMs, ask }) => {
    if (!capabilitiesUnder(protocol, profile).textUp) return notApplicable("this protocol carries no texts from the driver");
    const start = performance.now();
    // One that came unasked will do.
    const came = async (): Promise<boolean> => (await station.driverTexts(0)).length > 0;
    if (!(await came())) ask("send a text from the device");
    if (!(await station.until(came, personMs))) return notTried(`no text came in ${personMs / 1_000} s`);
    const [first] = await station.driverTexts(0);
    return passed(`${JSON.stringify(first?.text ?? "")} after ${since(start)}, stored, then acknowledged`);
  },
};

export const unheardText: Exercise = {
  name: "a text that is not acknowledged comes again",
  run: async ({ station, protocol, profile, personMs, ask }) => {
    if (!capabilitiesUnder(protocol, profile).textUp) return notApplicable("this protocol carries no texts from the driver");
    const last = await station.lastId();
    const before = station.counted("unheard", "texts");
    station.listen(false);
    ask("send one more text; its acknowledgement is withheld, and the device should send it again by itself");
    try {
      if (!(await station.until(() => station.counted("unheard", "texts") > before, personMs)))
        return notTried(`no text came in ${personMs / 1_000} s`);
    } finally {
      station.listen(true);
    }
    const start = performance.now();
    const came = async (): Promise<boolean> => (await station.driverTexts(last)).length > 0;
    if (!(await station.until(came, personMs)))
      return failed(`it did not come again in ${personMs / 1_000} s: it is lost when the server is away`);
    const after = since(start);
    await station.until(async () => (await station.driverTexts(last)).length > 1, COPY_MS);
    const texts = (await station.driverTexts(last)).map(({ text }) => text);
    const copies = texts.filter((text) => text === texts[0]).length;
    return copies === 1 ? passed(`it came again after ${after}, and once`) : failed(`it was stored ${copies} times`);
  },
};
