import { CopyButton } from "@capsule/ui";
import { memo, useEffect, useMemo, useState, type ReactNode } from "react";

type Highlighter = (text: string, language: string) => ReactNode;

let loaded: Highlighter | null = null;

/** The highlighter is a file of its own, loaded when the first code block appears. */
function useHighlighter(): Highlighter | null {
  const [highlight, setHighlight] = useState<Highlighter | null>(() => loaded);
  useEffect(() => {
    if (loaded) return;
    let isGone = false;
    void import("./highlight.ts").then((module) => {
      loaded = module.highlight;
      if (!isGone) setHighlight(() => module.highlight);
    });
    return () => {
      isGone = true;
    };
  }, []);
  return highlight;
}

/** Colouring starts over with every letter, so longer code waits until it is complete. */
const GROWING_LIMIT = 3000;

type CodeBlockProps = { text: string; language: string | null; isGrowing?: boolean };

export const CodeBlock = memo(function CodeBlock({ text, language, isGrowing = false }: CodeBlockProps) {
  const highlight = useHighlighter();
  const isPlain = language === null || (isGrowing && text.length > GROWING_LIMIT);
  const shown = useMemo(
    () => (!isPlain && highlight ? highlight(text, language) : text),
    [highlight, isPlain, text, language],
  );
  return (
    <figure className="overflow-hidden rounded-lg border bg-sunken" data-testid="code-block">
      <figcaption className="flex h-9 items-center justify-between border-b pr-1.5 pl-3 text-xs text-ink-faint">
        {language ?? "text"}
        <CopyButton text={text} label="Copy" showsLabel />
      </figcaption>
      <pre className="overflow-x-auto p-3 font-mono text-xs leading-5" tabIndex={0} aria-label={`Code, ${language ?? "text"}`}>
        <code>{shown}</code>
      </pre>
    </figure>
  );
});
