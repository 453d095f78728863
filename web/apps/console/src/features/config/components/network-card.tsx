import type { Capsule } from "@capsule/api";
import { EditCard } from "@capsule/ui";
import { NETWORK_MODES, rulesOf } from "../network.ts";
import { NetworkForm } from "./network-form.tsx";

/** Where the app's runtimes may connect to. */
export function NetworkCard({ capsule }: { capsule: Capsule }) {
  const { mode, allow } = rulesOf(capsule);
  return (
    <EditCard
      title="Network"
      hint="Where the app may connect to"
      editLabel="Edit the network"
      canEdit={capsule.can.includes("update")}
      form={(close) => <NetworkForm capsule={capsule} onDone={close} />}
    >
      <dl className="divide-y divide-line/60 py-1">
        <div className="px-4 py-2">
          <dt className="text-xs text-ink-faint">Reaches</dt>
          <dd className="text-sm">{NETWORK_MODES[mode].name}</dd>
        </div>
        <div className="px-4 py-2">
          <dt className="text-xs text-ink-faint">{mode === "public" ? "Allowed besides" : "Allowed"}</dt>
          <dd>
            {allow.length === 0 ? (
              <span className="text-xs text-ink-faint">nothing</span>
            ) : (
              <ul className="font-mono text-xs break-all">
                {allow.map((entry) => (
                  <li key={entry}>{entry}</li>
                ))}
              </ul>
            )}
          </dd>
        </div>
      </dl>
    </EditCard>
  );
}
