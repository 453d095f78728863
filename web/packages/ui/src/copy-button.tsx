import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./primitives/button.tsx";

type CopyButtonProps = { text: string; label?: string; className?: string; showsLabel?: boolean };

/** Plain-http pages have no clipboard API, so fall back to the old command. */
async function copyText(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.position = "fixed";
    area.style.opacity = "0";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

export function CopyButton({ text, label = "Copy", className, showsLabel = false }: CopyButtonProps) {
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setIsCopied(false), 1500);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <Button
      tone="quiet"
      size={showsLabel ? "sm" : "icon-sm"}
      className={className}
      aria-label={showsLabel ? undefined : label}
      title={label}
      onClick={() => void copyText(text).then(() => setIsCopied(true))}
    >
      {isCopied ? <Check className="text-good" /> : <Copy />}
      {showsLabel && <span aria-live="polite">{isCopied ? "Copied" : label}</span>}
    </Button>
  );
}

/** Something to use elsewhere, with a copy button; a command unless `isCommand` is false. */
export function CommandLine({ command, isCommand = true }: { command: string; isCommand?: boolean }) {
  return (
    <div className="flex items-start gap-1 rounded-md border bg-sunken py-1.5 pr-1.5 pl-3">
      <code className="min-w-0 flex-1 py-0.5 font-mono text-xs leading-6 break-words whitespace-pre-wrap">
        {isCommand && <span className="text-ink-faint select-none">$ </span>}
        {command}
      </code>
      <CopyButton text={command} label={isCommand ? "Copy command" : "Copy"} />
    </div>
  );
}
