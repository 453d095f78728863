import { cn } from "@capsule/ui";
import type { NodeOf } from "../types.ts";
import { useClick } from "../use-click.ts";
import { Picture } from "./picture.tsx";

export function ImageView({ node }: { node: NodeOf<"image"> }) {
  const click = useClick(node);
  const picture = (
    <Picture
      src={node.src}
      alt={node.alt ?? ""}
      className={cn("rounded-lg", node.aspect_ratio === undefined && "max-h-[36rem] object-contain")}
      {...(node.aspect_ratio === undefined ? {} : { aspectRatio: node.aspect_ratio })}
    />
  );
  return (
    <figure className="min-w-0" data-widget="image">
      {click ? (
        <button
          type="button"
          onClick={click}
          aria-label={node.alt || node.caption || node.value}
          className="block w-full rounded-lg transition-opacity hover:opacity-90"
        >
          {picture}
        </button>
      ) : (
        picture
      )}
      {node.caption !== undefined && <figcaption className="mt-1.5 text-xs text-ink-faint">{node.caption}</figcaption>}
    </figure>
  );
}
