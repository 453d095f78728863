import type { ChatSession } from "@capsule/api";
import { Button, cn, MenuContent, MenuItem, MenuRoot, MenuTrigger } from "@capsule/ui";
import { CircleHelp, Ellipsis, LoaderCircle, Pencil, Trash2 } from "lucide-react";
import { useState } from "react";
import { RenameField } from "./rename-field.tsx";

type SessionRowProps = {
  session: ChatSession;
  isOpen: boolean;
  onOpen: () => void;
  onRename: (title: string) => void;
  onDelete: () => void;
};

export function SessionRow({ session, isOpen, onOpen, onRename, onDelete }: SessionRowProps) {
  const [isRenaming, setIsRenaming] = useState(false);
  const title = session.title || "New chat";
  if (isRenaming) {
    return (
      <li data-testid="session-row">
        <RenameField
          title={session.title ?? ""}
          onEnd={(next) => {
            setIsRenaming(false);
            if (next !== null && next !== session.title) onRename(next);
          }}
        />
      </li>
    );
  }
  return (
    <li
      data-testid="session-row"
      className={cn("group flex items-center rounded-md pr-1 hover:bg-hover", isOpen && "bg-hover font-medium")}
    >
      <button
        type="button"
        aria-current={isOpen ? "page" : undefined}
        onClick={onOpen}
        onDoubleClick={() => setIsRenaming(true)}
        className="flex h-9 min-w-0 flex-1 items-center gap-2 rounded-md px-2.5 text-left text-sm"
      >
        <span className="min-w-0 flex-1 truncate" title={title}>
          {title}
        </span>
        {session.status === "running" && (
          <LoaderCircle className="size-3.5 shrink-0 animate-spin text-accent-text" aria-label="Replying" />
        )}
        {session.status === "waiting" && (
          <CircleHelp className="size-3.5 shrink-0 text-warn-text" aria-label="Waits for your answer" />
        )}
      </button>
      <MenuRoot>
        <MenuTrigger asChild>
          <Button
            tone="quiet"
            size="icon-sm"
            className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 data-[state=open]:opacity-100 pointer-coarse:opacity-100"
            aria-label={`Actions for “${title}”`}
          >
            <Ellipsis />
          </Button>
        </MenuTrigger>
        {/* The field that opens takes the focus; the button would take it back. */}
        <MenuContent align="start" onCloseAutoFocus={(event) => event.preventDefault()}>
          <MenuItem onSelect={() => setIsRenaming(true)}>
            <Pencil /> Rename
          </MenuItem>
          <MenuItem isDanger onSelect={onDelete}>
            <Trash2 /> Delete
          </MenuItem>
        </MenuContent>
      </MenuRoot>
    </li>
  );
}
