import { Search } from "lucide-react";
import type { ComponentProps } from "react";
import { cn } from "./cn.ts";
import { Input } from "./primitives/input.tsx";

type SearchInputProps = Omit<ComponentProps<"input">, "onChange" | "value"> & {
  label: string;
  value: string;
  onSearch: (search: string) => void;
  /** Of the box around the field. */
  boxClassName?: string;
};

export function SearchInput({ label, value, onSearch, className, boxClassName, ...props }: SearchInputProps) {
  return (
    <div className={cn("relative min-w-0", boxClassName)}>
      <Search className="pointer-events-none absolute inset-y-0 left-2.5 my-auto size-3.5 text-ink-faint" aria-hidden />
      <Input
        type="search"
        aria-label={label}
        className={cn("pl-8", className)}
        value={value}
        onChange={(event) => onSearch(event.target.value)}
        {...props}
      />
    </div>
  );
}
