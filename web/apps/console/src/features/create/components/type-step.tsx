import type { CapsuleType } from "@capsule/api";
import { cn, SearchInput } from "@capsule/ui";
import { ArrowRight } from "lucide-react";
import { useState, type KeyboardEvent } from "react";
import { matchTypes } from "#config/capsule-types.ts";
import { TypeIcon } from "#config/type-icon.tsx";
import { Step } from "./step.tsx";

type TypeStepProps = { chosen: CapsuleType | null; onChoose: (type: CapsuleType) => void };

/** A list to search: arrows move, Enter takes, a click takes at once. */
export function TypeStep({ chosen, onChoose }: TypeStepProps) {
  const [search, setSearch] = useState("");
  const [index, setIndex] = useState<number | null>(null);
  const found = matchTypes(search);
  const active = index === null ? found.findIndex((info) => info.type === chosen) : Math.min(index, found.length - 1);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const by = event.key === "ArrowDown" ? 1 : -1;
      setIndex((active + by + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter") {
      const info = found[Math.max(0, active)];
      if (info) onChoose(info.type);
    } else return;
    event.preventDefault();
  };
  return (
    <Step title="What do you want to run?">
      <SearchInput
        label="Search types"
        role="combobox"
        aria-expanded="true"
        aria-controls="capsule-types"
        aria-activedescendant={found[active] ? `type-${found[active].type}` : undefined}
        placeholder="Search: python, website, dockerfile, files…"
        className="h-10"
        autoFocus
        value={search}
        onKeyDown={onKeyDown}
        onSearch={(text) => {
          setSearch(text);
          setIndex(0);
        }}
      />
      <ul id="capsule-types" role="listbox" aria-label="Types" className="mt-3 divide-y overflow-hidden rounded-lg border bg-surface shadow-soft">
        {found.map((info, at) => (
          <li
            key={info.type}
            id={`type-${info.type}`}
            role="option"
            aria-selected={at === active}
            data-testid={`type-${info.type}`}
            onMouseMove={() => setIndex(at)}
            onClick={() => onChoose(info.type)}
            className={cn("flex cursor-pointer items-center gap-3.5 px-4 py-3", at === active && "bg-hover/70")}
          >
            <TypeIcon type={info.type} />
            <span className="min-w-0 flex-1">
              <span className="block font-medium">{info.name}</span>
              <span className="block text-xs text-ink-soft">{info.hint}</span>
            </span>
            <ArrowRight className={cn("size-4 shrink-0 text-ink-faint", at !== active && "invisible")} aria-hidden />
          </li>
        ))}
        {found.length === 0 && <li className="px-4 py-8 text-center text-sm text-ink-faint">No type matches “{search}”.</li>}
      </ul>
    </Step>
  );
}
