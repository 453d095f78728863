import type { ComponentProps } from "react";
import { cn } from "../cn.ts";

export function Input({ className, ...props }: ComponentProps<"input">) {
  return <input className={cn("field-frame h-8.5 w-full px-2.5 text-sm", className)} {...props} />;
}

export function Textarea({ className, ...props }: ComponentProps<"textarea">) {
  return <textarea className={cn("field-frame w-full px-2.5 py-2 text-sm", className)} {...props} />;
}

/** A native select: works with every keyboard and on every phone. */
export function NativeSelect({ className, ...props }: ComponentProps<"select">) {
  return <select className={cn("field-frame h-8.5 px-2 pr-7 text-sm", className)} {...props} />;
}
