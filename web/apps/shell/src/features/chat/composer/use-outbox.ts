import { useSyncExternalStore } from "react";
import type { Outbox, OutboxEntry } from "./outbox.ts";

export const useOutboxEntries = (outbox: Outbox): readonly OutboxEntry[] =>
  useSyncExternalStore(outbox.subscribe, outbox.snapshot);
