import { Input } from "@capsule/ui";
import { useEffect, useRef, useState } from "react";

const LONGEST = 200;

/** Tells the new title, or null when it stays. Enter and leaving the field keep, Escape does not. */
export function RenameField({ title, onEnd }: { title: string; onEnd: (title: string | null) => void }) {
  const [text, setText] = useState(title);
  const field = useRef<HTMLInputElement>(null);
  const isOver = useRef(false);
  useEffect(() => {
    // The menu that opened this lets go of the focus a moment later.
    const timer = setTimeout(() => {
      field.current?.focus();
      field.current?.select();
    }, 60);
    return () => clearTimeout(timer);
  }, []);
  const end = (next: string | null): void => {
    if (isOver.current) return;
    isOver.current = true;
    onEnd(next === null || next.trim() === "" ? null : next.trim());
  };
  return (
    <Input
      ref={field}
      aria-label="Title of the chat"
      maxLength={LONGEST}
      autoFocus
      className="h-9"
      value={text}
      onChange={(event) => setText(event.target.value)}
      onBlur={() => end(text)}
      onKeyDown={(event) => {
        if (event.key === "Enter") end(text);
        if (event.key === "Escape") end(null);
      }}
    />
  );
}
