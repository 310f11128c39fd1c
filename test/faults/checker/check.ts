/** Every promise that a campaign can show broken, over its history. */
import type { Entry } from "../history.ts";
import { checkAddressee, checkCopies, checkOrder, checkReceipts } from "./delivery.ts";
import { checkDrains } from "./drains.ts";
import { checkArrived, checkIds, checkStored } from "./durability.ts";
import { Facts, type Violation } from "./facts.ts";
import { checkOwners } from "./ownership.ts";
import { checkOnce, checkStoredFirst, checkUnread } from "./reception.ts";
import { checkExpiry, checkTimes } from "./times.ts";

export interface Checked {
  readonly facts: Facts;
  /** The earliest first. */
  readonly violations: readonly Violation[];
}

const CHECKS = [
  checkStored,
  checkArrived,
  checkIds,
  checkReceipts,
  checkAddressee,
  checkOrder,
  checkCopies,
  checkTimes,
  checkExpiry,
  checkStoredFirst,
  checkOnce,
  checkUnread,
  checkOwners,
  checkDrains,
];

export function check(entries: readonly Entry[]): Checked {
  const facts = new Facts(entries);
  const violations = CHECKS.flatMap((one) => one(facts)).sort((one, other) => one.t - other.t);
  return { facts, violations };
}
