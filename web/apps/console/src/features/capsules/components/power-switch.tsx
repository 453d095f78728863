import type { Capsule } from "@capsule/api";
import { Button, ConfirmDialog, Switch, Tooltip } from "@capsule/ui";
import { RotateCw } from "lucide-react";
import { useId, useState } from "react";
import { useSwitchCapsule } from "../api/use-capsule-actions.ts";

/** On and off, with a question before off; and restart while it is on. */
export function PowerSwitch({ capsule }: { capsule: Capsule }) {
  const id = useId();
  const [isAsking, setIsAsking] = useState(false);
  const change = useSwitchCapsule(capsule);
  const canSwitch = capsule.can.includes(capsule.is_on ? "stop" : "start");
  return (
    <>
      {capsule.is_on && capsule.release !== null && (
        <Tooltip label="Restart with the same release">
          <Button
            size="icon"
            aria-label="Restart"
            disabled={!capsule.can.includes("restart") || change.isPending}
            onClick={() => change.mutate("restart")}
          >
            <RotateCw />
          </Button>
        </Tooltip>
      )}
      <div className="flex h-8.5 items-center gap-2.5 rounded-md border bg-surface px-3 shadow-soft">
        <label htmlFor={id} className="text-sm whitespace-nowrap">
          {capsule.is_on ? "On" : "Off"}
        </label>
        <Switch
          id={id}
          aria-label="Capsule power"
          data-testid="power-switch"
          checked={capsule.is_on}
          disabled={!canSwitch || change.isPending}
          onCheckedChange={(isOn) => (isOn ? change.mutate("start") : setIsAsking(true))}
        />
      </div>
      <ConfirmDialog
        isOpen={isAsking}
        onOpenChange={setIsAsking}
        title={`Switch “${capsule.name}” off?`}
        confirmLabel="Switch off"
        isBusy={change.isPending}
        onConfirm={() => change.mutate("stop", { onSettled: () => setIsAsking(false) })}
        data-testid="power-off-dialog"
      >
        It stops answering at its address until it is switched on again. Its releases, variables and logs are kept.
      </ConfirmDialog>
    </>
  );
}
