import { Switch as Radix } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "../cn.ts";

export function Switch({ className, ...props }: ComponentProps<typeof Radix.Root>) {
  return (
    <Radix.Root
      className={cn(
        "inline-flex h-5.5 w-9.5 shrink-0 items-center rounded-full border border-line-strong bg-hover p-0.5 transition-colors data-[state=checked]:border-transparent data-[state=checked]:bg-good disabled:opacity-50",
        className,
      )}
      {...props}
    >
      <Radix.Thumb className="block size-4 rounded-full bg-white shadow-soft transition-transform data-[state=checked]:translate-x-4 dark:data-[state=checked]:bg-sunken" />
    </Radix.Root>
  );
}
