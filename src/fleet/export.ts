/** The fleet as a document. Passwords, API keys and their hashes are left out: an import of it changes nothing. */
import type { FleetDocument } from "./document.ts";
import type { FleetIndex } from "./fleet-index.ts";

/** Sorted by id, tracker passwords (they are needed in the clear on the wire) left out as well. */
export function exportDocument(index: FleetIndex): Required<FleetDocument> {
  return {
    dealers: sorted(index.dealers).map(({ id, deviceLimit }) => ({ id, device_limit: deviceLimit })),
    tariffs: sorted(index.tariffs).map(({ id, features, hasReports }) => ({ id, features, has_reports: hasReports })),
    users: sorted(index.users).map(({ id, login, timeZone, dealerId }) => ({ id, login, time_zone: timeZone, dealer_id: dealerId })),
    employees: sorted(index.employees).map(({ id, userId, firstName, lastName, trackerId }) => ({
      id,
      user_id: userId,
      first_name: firstName,
      last_name: lastName,
      tracker_id: trackerId,
    })),
    trackers: sorted(index.stored).map((tracker) => ({
      id: tracker.id,
      user_id: tracker.userId,
      label: tracker.label,
      group_id: tracker.groupId,
      device_id: tracker.deviceId,
      model: tracker.model,
      protocol: tracker.protocol,
      blocked: tracker.blocked,
      tariff_id: tracker.tariffId,
      phone: tracker.phone,
      profile: tracker.profile,
    })),
  };
}

function sorted<T extends { readonly id: number }>(records: ReadonlyMap<number, T>): readonly T[] {
  return [...records.values()].sort((a, b) => a.id - b.id);
}
