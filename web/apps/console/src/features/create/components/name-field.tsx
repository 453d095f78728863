import { meQuery } from "@capsule/api";
import { useQuery } from "@tanstack/react-query";
import { suggestName } from "../wizard-form.ts";
import type { StepProps } from "./step.tsx";
import { TextField } from "./text-field.tsx";

/** The name, with the address that it gives; a name that cannot be used comes with one that can. */
export function NameField(props: StepProps) {
  const { form, set, shown } = props;
  const server = useQuery(meQuery).data?.server;
  const suggestion = suggestName(form.name);
  const host = `${form.name || "name"}.${server?.domain ?? "localhost"}`;
  const hint =
    form.type === "storage" ? (
      "Apps mount it under this name."
    ) : (
      <>
        It will answer at <span className="font-mono break-all text-ink-soft">{host}</span>
      </>
    );
  return (
    <div>
      <TextField {...props} field="name" label="Name" hint={hint} maxLength={200} autoFocus />
      {shown("name") !== null && suggestion !== "" && suggestion !== form.name && (
        <button
          type="button"
          className="mt-1 rounded-sm text-xs text-accent-text hover:underline"
          onClick={() => set("name", suggestion)}
        >
          Use “{suggestion}”
        </button>
      )}
    </div>
  );
}
