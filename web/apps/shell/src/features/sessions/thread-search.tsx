import { Search } from "lucide-react";
import { useEffect, useEffectEvent, useState } from "react";

const WAIT_MS = 200;
/** There is one at a time: in the sidebar, or in the sheet on phones. */
export const SEARCH_ID = "thread-search";

/** Finds chats by what was said in them. Tells the text a moment after the last key. */
export function ThreadSearch({ onSearch }: { onSearch: (query: string) => void }) {
  const [text, setText] = useState("");
  const tell = useEffectEvent(onSearch);
  useEffect(() => {
    const timer = setTimeout(() => tell(text.trim()), text === "" ? 0 : WAIT_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return (
    <label className="relative block">
      <Search className="pointer-events-none absolute top-2 left-2.5 size-4 text-ink-faint" aria-hidden />
      <span className="sr-only">Search chats</span>
      <input
        type="search"
        id={SEARCH_ID}
        data-testid="thread-search"
        autoComplete="off"
        placeholder="Search chats"
        className="h-8 w-full rounded-md bg-transparent pr-2 pl-8.5 text-sm hover:bg-hover focus-visible:bg-surface [&::-webkit-search-cancel-button]:opacity-60"
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.stopPropagation();
          setText("");
        }}
      />
    </label>
  );
}
