import { Button, Input } from "@capsule/ui";
import { Minus, Plus } from "lucide-react";
import { clamp, MOST_REPLICAS } from "../processes.ts";

type StepperProps = { label: string; value: number; isDisabled: boolean; onChange: (value: number) => void };

export function Stepper({ label, value, isDisabled, onChange }: StepperProps) {
  return (
    <div className="flex items-center gap-1" role="group" aria-label={label}>
      <Button size="icon" aria-label="One less" disabled={isDisabled || value <= 0} onClick={() => onChange(clamp(value - 1))}>
        <Minus />
      </Button>
      <Input
        aria-label={label}
        inputMode="numeric"
        disabled={isDisabled}
        className="w-12 text-center tabular-nums"
        value={String(value)}
        onFocus={(event) => event.target.select()}
        onChange={(event) => {
          const typed = Number(event.target.value);
          if (Number.isFinite(typed)) onChange(clamp(typed));
        }}
      />
      <Button size="icon" aria-label="One more" disabled={isDisabled || value >= MOST_REPLICAS} onClick={() => onChange(clamp(value + 1))}>
        <Plus />
      </Button>
    </div>
  );
}
