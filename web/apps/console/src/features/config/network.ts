/** The network rules of an app, and the rows in which they are edited. */
import type { Capsule, NetworkRules, ProblemError } from "@capsule/api";

export const NETWORK_MODES: Record<NetworkRules["mode"], { name: string; hint: string }> = {
  public: { name: "Every public address", hint: "Private addresses and the platform’s own only if they are listed." },
  listed: { name: "Only what is listed", hint: "Everything else is refused." },
};

export const rulesOf = (capsule: Capsule): NetworkRules => capsule.config.network ?? { mode: "public", allow: [] };

export type AllowRow = { id: number; entry: string; problem?: string };

export const rowsOf = (allow: readonly string[]): AllowRow[] => allow.map((entry, id) => ({ id, entry }));

export const nextRow = (rows: readonly AllowRow[]): AllowRow => ({
  id: Math.max(-1, ...rows.map((row) => row.id)) + 1,
  entry: "",
});

/** Rows that are sent, in the order in which the server names them. */
export const filledRows = (rows: readonly AllowRow[]): AllowRow[] => rows.filter((row) => row.entry.trim() !== "");

/** Put what the server says about entries beside their rows. */
export function withProblems(rows: readonly AllowRow[], problem: ProblemError): AllowRow[] {
  const sent = filledRows(rows);
  return rows.map(({ id, entry }) => {
    const index = sent.findIndex((row) => row.id === id);
    const message = index === -1 ? null : problem.fieldMessage(`allow.${String(index)}`);
    return { id, entry, ...(message === null ? {} : { problem: message }) };
  });
}
