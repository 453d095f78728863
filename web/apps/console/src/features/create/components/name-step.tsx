import { meQuery } from "@capsule/api";
import { Field, Input } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { suggestName } from "../wizard-form.ts";
import { Step, type StepProps } from "./step.tsx";

export function NameStep({ form, set, shown }: StepProps) {
  const server = useQuery(meQuery).data?.server;
  const problem = shown("name");
  const suggestion = suggestName(form.name);
  const host = `${form.name || "name"}.${server?.domain ?? "localhost"}`;
  const hint =
    form.type === "storage" ? (
      "Apps mount it under this name."
    ) : (
      <>
        It will answer at <span className="font-mono text-ink-soft">{host}</span>
      </>
    );
  return (
    <Step title="What is it called?">
      <Field label="Name" hint={hint} error={problem} className="max-w-sm">
        {(control) => (
          <Input
            {...control}
            name="name"
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            maxLength={200}
            value={form.name}
            onChange={(event) => set("name", event.target.value)}
          />
        )}
      </Field>
      {problem !== null && suggestion !== "" && suggestion !== form.name && (
        <button
          type="button"
          className="mt-1 rounded-sm text-xs text-accent-text hover:underline"
          onClick={() => set("name", suggestion)}
        >
          Use “{suggestion}”
        </button>
      )}
    </Step>
  );
}
