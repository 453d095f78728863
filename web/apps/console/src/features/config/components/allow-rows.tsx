import { Button, Input } from "@capsule/ui";
import { Trash2 } from "lucide-react";
import { useId } from "react";
import type { AllowRow } from "../network.ts";

/** One input per allowed address, each with what is wrong with it. */
export function AllowRows({ rows, onChange }: { rows: AllowRow[]; onChange: (rows: AllowRow[]) => void }) {
  const listId = useId();
  return (
    <ul className="space-y-2" aria-label="Addresses">
      {rows.map(({ id, entry, problem }, index) => {
        const noteId = `${listId}-${String(id)}`;
        return (
          <li key={id}>
            <div className="flex gap-1">
              <Input
                aria-label={`Address ${String(index + 1)}`}
                {...(problem === undefined ? {} : { "aria-invalid": true, "aria-describedby": noteId })}
                placeholder="api.example.com:443"
                className="min-w-0 flex-1 font-mono text-xs"
                maxLength={300}
                spellCheck={false}
                autoComplete="off"
                autoCapitalize="none"
                autoFocus={entry === "" && index === rows.length - 1}
                value={entry}
                onChange={(event) =>
                  onChange(rows.map((row) => (row.id === id ? { id, entry: event.target.value } : row)))
                }
              />
              <Button
                tone="quiet"
                size="icon"
                aria-label={`Delete ${entry || "this address"}`}
                onClick={() => onChange(rows.filter((row) => row.id !== id))}
              >
                <Trash2 />
              </Button>
            </div>
            {problem !== undefined && (
              <p id={noteId} className="mt-1 text-xs break-words text-bad-text">
                {problem}
              </p>
            )}
          </li>
        );
      })}
    </ul>
  );
}
