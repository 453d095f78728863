import { useState } from "react";
import { cn, NativeSelect } from "@capsule/ui";
import type { NodeOf } from "../types.ts";
import { tableLabel, TableWidget } from "./table.tsx";

type Item = NodeOf<"table"> | NodeOf<"table_group">;
type Entry = { table: NodeOf<"table">; label: string; groups: string[] };

/** All tables in reading order, each with the labels of its groups. */
function entriesOf(items: readonly Item[] | undefined, groups: string[] = []): Entry[] {
  return (Array.isArray(items) ? items : []).flatMap((item: Item) =>
    item.type === "table_group"
      ? entriesOf(item.items, [...groups, item.label])
      : [{ table: item, label: tableLabel(item) ?? "Table", groups }],
  );
}

export function TableBrowserView({ node }: { node: NodeOf<"table_browser"> }) {
  return <Browser items={node.items} title={node.title} />;
}

export function TableGroupView({ node }: { node: NodeOf<"table_group"> }) {
  return <Browser items={node.items} title={node.label} />;
}

function Browser({ items, title }: { items: Item[]; title: string | undefined }) {
  const entries = entriesOf(items);
  const [chosen, setChosen] = useState(0);
  const entry = entries[Math.min(chosen, entries.length - 1)];
  const name = title ?? "Tables";
  return (
    <section className="@container min-w-0" aria-label={name} data-widget="table_browser">
      {title !== undefined && <h3 className="mb-3 text-base font-semibold">{title}</h3>}
      {entry === undefined ? (
        <p className="py-6 text-center text-sm text-ink-faint">No tables</p>
      ) : (
        <div className="grid gap-4 @xl:grid-cols-[12rem_minmax(0,1fr)]">
          <NativeSelect
            aria-label={name}
            className="@xl:hidden"
            value={chosen}
            onChange={(event) => setChosen(Number(event.target.value))}
          >
            {entries.map(({ label, groups }, index) => (
              <option key={index} value={index}>
                {[...groups, label].join(" / ")}
              </option>
            ))}
          </NativeSelect>
          <ul className="hidden space-y-0.5 @xl:block">
            {entries.map(({ label, groups }, index) => {
              const path = groups.join(" / ");
              const isFirst = path !== "" && path !== entries[index - 1]?.groups.join(" / ");
              return (
                <li key={index}>
                  {isFirst && <p className="px-2 pt-2 pb-1 text-2xs font-medium text-ink-faint">{path}</p>}
                  <button
                    type="button"
                    aria-current={index === chosen}
                    onClick={() => setChosen(index)}
                    className={cn(
                      "w-full truncate rounded-md px-2 py-1.5 text-left text-sm",
                      index === chosen ? "bg-accent-soft font-medium text-accent-text" : "text-ink-soft hover:bg-hover",
                    )}
                  >
                    {label}
                  </button>
                </li>
              );
            })}
          </ul>
          <TableWidget key={chosen} node={entry.table} />
        </div>
      )}
    </section>
  );
}
