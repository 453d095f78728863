import type { ReactNode } from "react";

type ChoicesProps<Value extends string> = {
  label: string;
  name: string;
  options: readonly { value: Value; name: string; hint: string }[];
  value: Value;
  onChange: (value: Value) => void;
};

/** One of a few, each with what it means. */
export function Choices<Value extends string>({ label, name, options, value, onChange }: ChoicesProps<Value>) {
  return (
    <fieldset className="space-y-2.5">
      <legend className="mb-1.5 text-sm font-medium">{label}</legend>
      {options.map((option) => (
        <Choice key={option.value} label={option.name} hint={option.hint}>
          <input
            type="radio"
            name={name}
            value={option.value}
            checked={option.value === value}
            onChange={() => onChange(option.value)}
            className={BOX}
          />
        </Choice>
      ))}
    </fieldset>
  );
}

type CheckProps = { label: string; hint: string; isOn: boolean; onChange: (isOn: boolean) => void };

/** Yes or no, with what it means. */
export const Check = ({ label, hint, isOn, onChange }: CheckProps) => (
  <Choice label={label} hint={hint}>
    <input type="checkbox" checked={isOn} onChange={(event) => onChange(event.target.checked)} className={BOX} />
  </Choice>
);

const BOX = "mt-0.5 size-4 shrink-0 accent-accent";

const Choice = ({ label, hint, children }: { label: string; hint: string; children: ReactNode }) => (
  <label className="flex cursor-pointer items-start gap-2.5">
    {children}
    <span className="min-w-0">
      <span className="block text-sm">{label}</span>
      <span className="block text-xs text-ink-faint">{hint}</span>
    </span>
  </label>
);
