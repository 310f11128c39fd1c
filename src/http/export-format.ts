/** Exported messages as lines: NDJSON, or CSV (RFC 4180) that a spreadsheet shows and does not execute. */
import type { ExportedPage } from "../chat/export.ts";
import type { Calendar } from "./calendar.ts";
import { type MessageView, messageView } from "./message-view.ts";

export const EXPORT_FORMATS = ["ndjson", "csv"] as const;
export type ExportFormat = (typeof EXPORT_FORMATS)[number];

export const EXPORT_TYPES: Readonly<Record<ExportFormat, string>> = {
  ndjson: "application/x-ndjson",
  csv: "text/csv; charset=utf-8",
};

/** One message, with whose it is. */
export type ExportedMessage = { readonly tracker_id: number; readonly tracker_label: string } & MessageView;

const COLUMNS = [
  "tracker_id",
  "tracker_label",
  "id",
  "type",
  "text",
  "status",
  "state",
  "submit_time",
  "update_time",
  "employee_id",
  "reason",
  "choices",
  "answers",
  "receipt",
  "altered",
] as const satisfies readonly (keyof ExportedMessage)[];

/** What stands before the first message. The mark makes spreadsheets read UTF-8. */
export function exportHead(format: ExportFormat): string {
  return format === "csv" ? `\uFEFF${COLUMNS.join(",")}\r\n` : "";
}

/** The lines of a page. */
export function exportLines({ tracker, messages }: ExportedPage, format: ExportFormat, calendar: Calendar): string {
  const context = { calendar, style: { zone: "UTC", iso: true } };
  const rows = messages.map(
    (message): ExportedMessage => ({
      tracker_id: tracker.id,
      tracker_label: tracker.label,
      ...messageView(message, context),
    }),
  );
  return rows.map((row) => (format === "csv" ? csvLine(row) : `${JSON.stringify(row)}\n`)).join("");
}

function csvLine(row: ExportedMessage): string {
  return `${COLUMNS.map((column) => csvCell(row[column])).join(",")}\r\n`;
}

function csvCell(value: ExportedMessage[keyof ExportedMessage]): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "string") return csvText(typeof value === "object" ? JSON.stringify(value) : String(value));
  return csvText(FORMULA.test(value) ? `'${value}` : value);
}

/**
 * What makes a spreadsheet take a cell for a formula, and the apostrophe that says it is none: one more in front of all of these, so that
 * taking one away gives the very text (owasp.org, CSV Injection).
 */
const FORMULA = /^[=+\-@\t\r\n'＝＋－＠]/;

function csvText(text: string): string {
  return /[",\r\n\t;']/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
