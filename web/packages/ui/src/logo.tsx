import { cn } from "./cn.ts";

/** The mark: a tilted capsule, one half filled, one half open. */
export function LogoMark({ className }: { className?: string }) {
  return (
    <svg viewBox="0 0 32 32" className={cn("size-7", className)} aria-hidden fill="none">
      <g transform="rotate(40 16 16)">
        <path d="M9 16V9.5a7 7 0 0 1 14 0V16Z" className="fill-accent" />
        <path d="M9 16h14v6.5a7 7 0 0 1-14 0Z" className="fill-apricot" />
        <path d="M12.2 12.6V9.4a3.8 3.8 0 0 1 2.2-3.4" stroke="#fff" strokeOpacity=".55" strokeWidth="1.6" strokeLinecap="round" />
      </g>
    </svg>
  );
}

export function Logo({ className }: { className?: string }) {
  return (
    <span className={cn("inline-flex items-center gap-2", className)}>
      <LogoMark />
      <span className="text-lg font-semibold tracking-tight">Capsule</span>
    </span>
  );
}
