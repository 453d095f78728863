import { Check } from "lucide-react";
import { DropdownMenu as Radix } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "../cn.ts";

export const MenuRoot = Radix.Root;
export const MenuTrigger = Radix.Trigger;

export function MenuContent({ className, ...props }: ComponentProps<typeof Radix.Content>) {
  return (
    <Radix.Portal>
      <Radix.Content
        sideOffset={6}
        collisionPadding={8}
        className={cn(
          "z-50 max-h-[70vh] min-w-44 animate-pop overflow-y-auto rounded-lg border bg-raised p-1 text-sm shadow-float",
          className,
        )}
        {...props}
      />
    </Radix.Portal>
  );
}

export function MenuItem({
  className,
  isDanger = false,
  ...props
}: ComponentProps<typeof Radix.Item> & { isDanger?: boolean }) {
  return (
    <Radix.Item
      className={cn(
        "flex cursor-pointer items-center gap-2 rounded-md px-2 py-1.5 outline-none select-none data-disabled:pointer-events-none data-disabled:opacity-45 [&_svg]:size-4 [&_svg]:shrink-0",
        isDanger ? "text-bad-text data-highlighted:bg-bad-soft" : "data-highlighted:bg-hover [&_svg]:text-ink-faint",
        className,
      )}
      {...props}
    />
  );
}

/** An item of a group of which one is chosen. */
export function MenuChoice({ isChosen, children, ...props }: ComponentProps<typeof Radix.Item> & { isChosen: boolean }) {
  return (
    <MenuItem role="menuitemradio" aria-checked={isChosen} {...props}>
      {children}
      <Check className={cn("ml-auto", !isChosen && "invisible")} aria-hidden />
    </MenuItem>
  );
}

export function MenuLabel({ className, ...props }: ComponentProps<typeof Radix.Label>) {
  return <Radix.Label className={cn("px-2 pt-2 pb-1 text-2xs font-medium text-ink-faint", className)} {...props} />;
}

export function MenuSeparator() {
  return <Radix.Separator className="my-1 h-px bg-line" />;
}
