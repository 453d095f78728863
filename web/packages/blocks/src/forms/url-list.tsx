import { Plus, X } from "lucide-react";
import { Button, Input } from "@capsule/ui";
import type { NodeOf } from "../types.ts";
import { GroupFrame } from "./frame.tsx";
import { urlProblem } from "./inputs.tsx";
import { useField } from "./use-field.ts";

const listOf = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((entry): entry is string => typeof entry === "string") : [];

function listProblem(value: unknown): string | null {
  const wrong = listOf(value).find((address) => urlProblem(address) !== null);
  return wrong === undefined ? null : `“${wrong}” is not a web address.`;
}

/** Web addresses, one to a line; pasting several lines adds several. */
export function UrlListInputView({ node }: { node: NodeOf<"url_list_input"> }) {
  const field = useField({ name: node.name, label: node.label, first: [], check: listProblem });
  const sent = listOf(field.value);
  const rows = sent.length === 0 ? [""] : sent;
  const change = (next: string[]): void => field.set(next.every((row) => row === "") ? [] : next);
  return (
    <GroupFrame type="url_list_input" label={node.label} error={field.error}>
      <div className="space-y-1.5">
        {rows.map((row, index) => (
          <div key={index} className="flex gap-1.5">
            <Input
              type="url"
              inputMode="url"
              aria-label={`${node.label ?? "Address"} ${String(index + 1)}`}
              placeholder={node.placeholder ?? "https://"}
              value={row}
              onChange={(event) => change(rows.with(index, event.target.value.trim()))}
              onPaste={(event) => {
                const lines = event.clipboardData.getData("text").split(/\s+/).filter(Boolean);
                if (lines.length < 2) return;
                event.preventDefault();
                change([...rows.slice(0, index), ...lines, ...rows.slice(index + 1)]);
              }}
            />
            {rows.length > 1 && (
              <Button
                tone="quiet"
                size="icon"
                aria-label={`Remove address ${String(index + 1)}`}
                onClick={() => change(rows.toSpliced(index, 1))}
              >
                <X />
              </Button>
            )}
          </div>
        ))}
      </div>
      <Button tone="quiet" size="sm" disabled={rows.at(-1) === ""} onClick={() => field.set([...rows, ""])}>
        <Plus /> Add address
      </Button>
    </GroupFrame>
  );
}
