/** Widgets whose records this version does not serve yet: they keep their place and say so. */
import { FolderOpen, ListChecks, MessageSquareText, SquareKanban, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { EmptyState } from "@capsule/ui";
import { Icon } from "../icon.tsx";
import { InlineMarkdown } from "../inline-markdown.tsx";
import type { NodeOf } from "../types.ts";

export function EmptyStateView({ node }: { node: NodeOf<"empty_state"> }) {
  return (
    <div className="flex flex-col items-center gap-2 px-6 py-10 text-center" data-widget="empty_state">
      {node.icon !== undefined && (
        <span className="grid size-11 place-items-center rounded-xl bg-accent-soft text-accent-text">
          <Icon name={node.icon} className="size-5" />
        </span>
      )}
      <p className="max-w-md text-sm text-ink-soft">
        <InlineMarkdown text={node.message ?? "Nothing here yet"} />
      </p>
    </div>
  );
}

export function RunStatusView() {
  return (
    <p className="text-xs text-ink-faint" data-widget="run_status">
      The state of runs is not available here yet.
    </p>
  );
}

export function RunListView({ node }: { node: NodeOf<"run_list"> }) {
  return (
    <Place type="run_list" icon={ListChecks} title={node.empty_message}>
      Runs of workflows are not available here yet.
    </Place>
  );
}

const BOARD = ["Pending", "Running", "Completed", "Failed"];

export function TaskBoardView({ node }: { node: NodeOf<"task_board"> }) {
  const labels = Array.isArray(node.columns) ? node.columns.map((column) => column.label) : BOARD;
  return (
    <section className="min-w-0 space-y-3" aria-label={node.title ?? "Tasks"} data-widget="task_board">
      {node.title !== undefined && <h3 className="text-base font-semibold">{node.title}</h3>}
      <div className="grid auto-cols-[minmax(10rem,1fr)] grid-flow-col gap-3 overflow-x-auto">
        {labels.map((label) => (
          <div key={label} className="min-h-20 rounded-lg border bg-sunken p-3">
            <h4 className="text-xs font-medium text-ink-soft">{label}</h4>
          </div>
        ))}
      </div>
      <p role="note" className="flex items-center gap-1.5 text-xs text-ink-faint">
        <SquareKanban className="size-3.5" aria-hidden /> Tasks are not available here yet.
      </p>
    </section>
  );
}

export function FileBrowserView({ node }: { node: NodeOf<"file_browser"> }) {
  const folder = `${node.mount}${node.path === "/" ? "" : node.path}`;
  return (
    <Place type="file_browser" icon={FolderOpen} title={node.title ?? "Files"}>
      The files in <code className="font-mono text-xs">{folder}</code> cannot be browsed here yet.
    </Place>
  );
}

export function ChatPanelView({ node }: { node: NodeOf<"chat_panel"> }) {
  return (
    <Place type="chat_panel" icon={MessageSquareText} title={node.title ?? "Chat"}>
      A chat inside a page is not available here yet. Use the app’s chat instead.
    </Place>
  );
}

function Place({ type, icon, title, children }: { type: string; icon: LucideIcon; title: string; children: ReactNode }) {
  return (
    <div className="rounded-lg border border-dashed" role="note" data-widget={type}>
      <EmptyState icon={icon} title={title} className="py-8">
        {children}
      </EmptyState>
    </div>
  );
}
