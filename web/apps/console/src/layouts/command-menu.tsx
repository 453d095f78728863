import { cn, DialogRoot } from "@capsule/ui";
import { Search } from "lucide-react";
import { Dialog } from "radix-ui";
import { useEffect, useId, useState, type KeyboardEvent } from "react";
import { matchCommands, useCommands, type Command } from "./commands.ts";

type CommandMenuProps = { isOpen: boolean; onOpenChange: (isOpen: boolean) => void };

/** Ctrl/⌘-K: jump to any capsule, space or page by typing. */
export function CommandMenu({ isOpen, onOpenChange }: CommandMenuProps) {
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey) && !event.altKey && !event.shiftKey) {
        event.preventDefault();
        onOpenChange(!isOpen);
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [isOpen, onOpenChange]);
  return (
    <DialogRoot open={isOpen} onOpenChange={onOpenChange}>
      {isOpen && <CommandBody onDone={() => onOpenChange(false)} />}
    </DialogRoot>
  );
}

function CommandBody({ onDone }: { onDone: () => void }) {
  const commands = useCommands();
  const [search, setSearch] = useState("");
  const [index, setIndex] = useState(0);
  const listId = useId();
  const found = matchCommands(commands, search);
  const active = Math.min(index, found.length - 1);

  const run = (command: Command | undefined): void => {
    if (!command) return;
    onDone();
    command.run();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown") setIndex((active + 1) % Math.max(1, found.length));
    else if (event.key === "ArrowUp") setIndex((active - 1 + found.length) % Math.max(1, found.length));
    else if (event.key === "Enter") run(found[active]);
    else return;
    event.preventDefault();
  };

  return (
    <Dialog.Portal>
      <Dialog.Overlay className="fixed inset-0 z-40 animate-fade bg-shade" />
      <Dialog.Content
        aria-describedby={undefined}
        className="fixed top-[12vh] left-1/2 z-50 w-[calc(100vw-2rem)] max-w-xl -translate-x-1/2 animate-fade overflow-hidden rounded-xl border bg-raised shadow-float"
      >
        <Dialog.Title className="sr-only">Search and commands</Dialog.Title>
        <div className="flex items-center gap-2.5 border-b px-4">
          <Search className="size-4 text-ink-faint" aria-hidden />
          <input
            role="combobox"
            aria-expanded="true"
            aria-controls={listId}
            aria-activedescendant={found[active] ? `${listId}-${String(active)}` : undefined}
            aria-label="Search"
            autoFocus
            placeholder="Capsules, spaces, pages…"
            value={search}
            onChange={(event) => {
              setSearch(event.target.value);
              setIndex(0);
            }}
            onKeyDown={onKeyDown}
            className="h-12 flex-1 bg-transparent outline-none"
          />
        </div>
        <ul id={listId} role="listbox" aria-label="Results" className="max-h-[50vh] overflow-y-auto p-1.5">
          {found.length === 0 && <li className="px-3 py-6 text-center text-sm text-ink-faint">Nothing found</li>}
          {found.map((command, at) => (
            <CommandItem
              key={command.id}
              id={`${listId}-${String(at)}`}
              command={command}
              isActive={at === active}
              onHover={() => setIndex(at)}
              onRun={() => run(command)}
            />
          ))}
        </ul>
      </Dialog.Content>
    </Dialog.Portal>
  );
}

type CommandItemProps = { id: string; command: Command; isActive: boolean; onHover: () => void; onRun: () => void };

function CommandItem({ id, command, isActive, onHover, onRun }: CommandItemProps) {
  return (
    <li
      id={id}
      role="option"
      aria-selected={isActive}
      ref={(element) => {
        if (isActive) element?.scrollIntoView({ block: "nearest" });
      }}
      onMouseMove={onHover}
      onClick={onRun}
      className={cn("flex h-9 cursor-pointer items-center gap-3 rounded-md px-2.5 text-sm", isActive && "bg-hover")}
    >
      <command.icon className="size-4 shrink-0 text-ink-faint" aria-hidden />
      <span className="truncate">{command.label}</span>
      <span className="ml-auto shrink-0 text-xs text-ink-faint">{command.group}</span>
    </li>
  );
}
