import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import { Button, cn } from "@capsule/ui";
import { useHost } from "../host.ts";
import { Icon } from "../icon.tsx";
import type { NodeOf } from "../types.ts";
import { useClick } from "../use-click.ts";
import { Picture } from "./picture.tsx";

type CardProps = { node: NodeOf<"action_card"> | NodeOf<"gallery_card"> };

export function ActionCardView({ node }: CardProps) {
  const click = useClick(node);
  return (
    <Frame node={node} click={click} className="flex items-center gap-3 p-3">
      {node.image !== undefined ? (
        <Picture src={node.image} alt="" aspectRatio="1" className="size-12 min-h-0 shrink-0 rounded-md object-cover" />
      ) : (
        node.icon !== undefined && (
          <span
            className={cn(
              "grid size-9 shrink-0 place-items-center rounded-md",
              node.primary === true ? "bg-accent text-accent-ink" : "bg-accent-soft text-accent-text",
            )}
          >
            <Icon name={node.icon} className="size-4.5" />
          </span>
        )
      )}
      <span className="min-w-0 flex-1">
        <Words node={node} />
      </span>
      {click && <ChevronRight className="size-4 shrink-0 text-ink-faint" aria-hidden />}
    </Frame>
  );
}

export function GalleryCardView({ node }: CardProps) {
  const click = useClick(node);
  return (
    <Frame node={node} click={click} className="flex flex-col overflow-hidden">
      {node.image !== undefined ? (
        <Picture src={node.image} alt="" aspectRatio="16/10" className="rounded-none border-0" />
      ) : (
        <span className="grid aspect-16/10 w-full place-items-center bg-accent-soft text-accent-text">
          <Icon name={node.icon ?? "image"} className="size-7" />
        </span>
      )}
      <span className="p-3">
        <Words node={node} />
      </span>
    </Frame>
  );
}

function Words({ node }: CardProps) {
  return (
    <>
      <span className="block text-sm font-medium break-words">{node.label}</span>
      {node.description !== undefined && (
        <span className="mt-0.5 line-clamp-3 block text-xs break-words text-ink-faint">{node.description}</span>
      )}
    </>
  );
}

type FrameProps = CardProps & { click: (() => void) | null; className: string; children: ReactNode };

/** A button when a click does something, else a plain box. */
function Frame({ node, click, className, children }: FrameProps) {
  const style = cn(
    "w-full min-w-0 rounded-lg border bg-surface text-left shadow-soft transition-colors",
    node.primary === true && "border-accent",
    click && "hover:border-accent hover:bg-hover/40",
    className,
  );
  return click ? (
    <button type="button" className={style} onClick={click} data-widget={node.type}>
      {children}
    </button>
  ) : (
    <div className={style} data-widget={node.type}>
      {children}
    </div>
  );
}

export function ButtonView({ node }: { node: NodeOf<"button"> }) {
  const { runAction } = useHost();
  const { value, payload } = node;
  const click = runAction && node.target === "action" && value !== undefined ? () => runAction(value, payload) : null;
  return (
    <Button
      tone={node.primary === true ? "primary" : "plain"}
      className="self-start"
      disabled={click === null}
      title={click === null ? "This button has nothing to run here." : undefined}
      onClick={click ?? undefined}
      data-widget="button"
    >
      {node.label}
    </Button>
  );
}
