/** Every invariant that a run can show, over its history and what is seen in the end. */
import type { Run } from "../run.ts";
import { checkTenants, checkUnread } from "./accounts.ts";
import { checkCopies, checkOrder, checkReceipts } from "./delivery.ts";
import { checkArrival, checkIds, checkStored, checkWithdrawn } from "./durability.ts";
import { checkEvents } from "./events.ts";
import { Facts, type Violation } from "./facts.ts";
import { checkOwners } from "./ownership.ts";
import { checkOnce, checkStoredFirst } from "./reception.ts";
import { checkExpiry, checkLists, checkTimes } from "./store.ts";

/** All violations, the earliest first. */
export function check(run: Run): readonly Violation[] {
  const facts = new Facts(run);
  const checks = [
    checkStored,
    checkArrival,
    checkWithdrawn,
    checkIds,
    checkReceipts,
    checkOrder,
    checkCopies,
    checkTimes,
    checkStoredFirst,
    checkOnce,
    checkOwners,
    checkTenants,
    checkUnread,
    checkLists,
    checkExpiry,
    checkEvents,
  ];
  return checks.flatMap((one) => one(facts)).sort((one, other) => one.t - other.t);
}
