import type { Capsule, OidcProvider } from "@capsule/api";
import { Button, CommandLine, Field, Input } from "@capsule/ui";
import { Trash2 } from "lucide-react";
import { useId } from "react";
import type { ProviderRow } from "../access.ts";
import { useIntegrations } from "../api/use-integrations.ts";
import { useSecretNames } from "../api/use-secret-names.ts";

type ProviderFieldsProps = {
  capsule: Capsule;
  row: ProviderRow;
  index: number;
  errorOf: (key: keyof OidcProvider) => string | null;
  onChange: (part: Partial<ProviderRow>) => void;
  onRemove: () => void;
};

const FIELDS = [
  { key: "name", label: "Name", hint: "In addresses: small letters, digits and “-”.", placeholder: "okta" },
  { key: "label", label: "Label", hint: "On the button; empty: the name.", placeholder: "Okta" },
  { key: "issuer", label: "Issuer", hint: "As the provider writes it.", placeholder: "https://accounts.example.com" },
  { key: "client_id", label: "Client ID", hint: "From the provider.", placeholder: "" },
  { key: "client_secret_name", label: "Secret", hint: "The space’s secret with the client secret.", placeholder: "OKTA_SECRET" },
] as const;

export function ProviderFields({ capsule, row, index, errorOf, onChange, onRemove }: ProviderFieldsProps) {
  const names = useSecretNames(capsule.space_id);
  const callback = useIntegrations(capsule).data?.sign_in_callback_url;
  const listId = useId();
  const secret = row.client_secret_name.trim();
  const isUnknown = secret !== "" && names.length > 0 && !names.includes(secret);
  const title = row.label || row.name || `Provider ${String(index + 1)}`;
  return (
    <fieldset className="space-y-3 rounded-lg border bg-sunken/50 p-3" aria-label={title}>
      <div className="flex items-center justify-between gap-2">
        <h3 className="min-w-0 truncate text-sm font-medium">{title}</h3>
        <Button tone="danger-quiet" size="icon-sm" aria-label={`Remove ${title}`} onClick={onRemove}>
          <Trash2 />
        </Button>
      </div>
      <div className="grid gap-3 sm:grid-cols-2">
        {FIELDS.map(({ key, label, hint, placeholder }) => (
          <Field
            key={key}
            label={label}
            hint={key === "client_secret_name" && isUnknown ? `This space has no secret ${secret} yet.` : hint}
            error={errorOf(key)}
          >
            {(control) => (
              <Input
                {...control}
                placeholder={placeholder}
                autoComplete="off"
                spellCheck={false}
                {...(key === "client_secret_name" ? { list: listId } : {})}
                value={row[key]}
                onChange={(event) => onChange({ [key]: event.target.value })}
              />
            )}
          </Field>
        ))}
      </div>
      <datalist id={listId}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      {callback !== undefined && (
        <div className="space-y-1.5">
          <p className="text-xs text-ink-faint">Register this redirect URL at the provider:</p>
          <CommandLine command={callback} isCommand={false} />
        </div>
      )}
    </fieldset>
  );
}
