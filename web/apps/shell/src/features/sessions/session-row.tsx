import type { ChatSession } from "@capsule/api";
import { Button, cn, StatusDot } from "@capsule/ui";
import { Trash2 } from "lucide-react";

type SessionRowProps = { session: ChatSession; isOpen: boolean; onOpen: () => void; onDelete: () => void };

export function SessionRow({ session, isOpen, onOpen, onDelete }: SessionRowProps) {
  const title = session.title || "New chat";
  return (
    <li
      data-testid="session-row"
      className={cn("group flex items-center rounded-md pr-1 hover:bg-hover", isOpen && "bg-hover font-medium")}
    >
      <button
        type="button"
        aria-current={isOpen}
        onClick={onOpen}
        className="flex h-9 min-w-0 flex-1 items-center gap-2 rounded-md px-2.5 text-left text-sm"
      >
        <span className="min-w-0 flex-1 truncate">{title}</span>
        {session.status === "running" && <StatusDot status="running" />}
      </button>
      <Button
        tone="quiet"
        size="icon-sm"
        className="opacity-0 group-focus-within:opacity-100 group-hover:opacity-100 pointer-coarse:opacity-100"
        aria-label={`Delete “${title}”`}
        onClick={onDelete}
      >
        <Trash2 />
      </Button>
    </li>
  );
}
