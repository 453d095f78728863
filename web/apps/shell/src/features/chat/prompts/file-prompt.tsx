import { byteSize } from "@capsule/ui";
import { FileCheck, FileUp, X } from "lucide-react";
import type { BlockProps } from "../blocks/block-view.tsx";
import { asRecord, numberOf, safeHref, textOf } from "../blocks/payload.ts";
import { FileDrop } from "./file-drop.tsx";
import { PromptCard } from "./prompt-card.tsx";
import { promptState } from "./prompt-state.ts";

const ENDS = { declined: "Not uploaded", cancelled: "Cancelled", timed_out: "No file in time" };

export function FilePrompt({ item }: BlockProps) {
  const payload = asRecord(item.payload);
  const state = promptState(payload);
  const message = textOf(payload, "message") || "Please upload a file";
  if (state === "open") {
    return (
      <PromptCard icon={FileUp} title={message} isOpen>
        <FileDrop promptId={item.id} accept={textOf(payload, "accept")} deadline={textOf(payload, "deadline")} />
      </PromptCard>
    );
  }
  if (state !== "answered") return <PromptCard icon={X} title={message} note={ENDS[state]} isOpen={false} />;
  const size = numberOf(payload, "size");
  const [name, url] = [textOf(payload, "filename"), safeHref(textOf(payload, "url"))];
  const note = (
    <>
      {url === null || textOf(payload, "url") === "" ? (
        name
      ) : (
        <a href={url} target="_blank" rel="noopener" className="text-accent-text underline underline-offset-2">
          {name}
        </a>
      )}
      {size !== null && ` · ${byteSize(size)}`}
    </>
  );
  return <PromptCard icon={FileCheck} title={message} note={note} isOpen={false} />;
}
