import { cva, type VariantProps } from "class-variance-authority";
import { LoaderCircle } from "lucide-react";
import { Slot } from "radix-ui";
import type { ComponentProps } from "react";
import { cn } from "../cn.ts";

export const buttonStyle = cva(
  "inline-flex shrink-0 items-center justify-center gap-1.5 rounded-md font-medium whitespace-nowrap transition-colors select-none disabled:pointer-events-none disabled:opacity-50 [&_svg]:shrink-0",
  {
    variants: {
      tone: {
        primary: "bg-accent text-accent-ink shadow-soft hover:bg-accent-hover",
        plain: "border border-line-strong bg-surface text-ink shadow-soft hover:bg-hover",
        quiet: "text-ink-soft hover:bg-hover hover:text-ink",
        danger: "bg-bad text-white shadow-soft hover:opacity-90 dark:text-sunken",
        "danger-quiet": "text-bad-text hover:bg-bad-soft",
      },
      size: {
        sm: "h-7 px-2.5 text-xs [&_svg]:size-3.5",
        md: "h-8.5 px-3.5 text-sm [&_svg]:size-4",
        lg: "h-10 px-4.5 text-base [&_svg]:size-4.5",
        icon: "size-8 [&_svg]:size-4",
        "icon-sm": "size-7 [&_svg]:size-3.5",
      },
    },
    defaultVariants: { tone: "plain", size: "md" },
  },
);

type ButtonProps = ComponentProps<"button"> &
  VariantProps<typeof buttonStyle> & { asChild?: boolean; isBusy?: boolean };

export function Button({ className, tone, size, asChild = false, isBusy = false, children, ...props }: ButtonProps) {
  const style = cn(buttonStyle({ tone, size }), className);
  if (asChild) {
    return (
      <Slot.Root className={style} {...props}>
        {children}
      </Slot.Root>
    );
  }
  return (
    <button type="button" className={style} {...props} disabled={props.disabled === true || isBusy} aria-busy={isBusy}>
      {isBusy && <LoaderCircle className="animate-spin" aria-hidden />}
      {children}
    </button>
  );
}
