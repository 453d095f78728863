/** Files beside a message: pictures travel as data URLs, text files as their text. */
import type { AgentPart } from "@capsule/api";
import { byteSize } from "@capsule/ui";

export type Attachment = { part: Exclude<AgentPart, { type: "text" }>; size: number };

/** Of all attachments of a message; a request may have 10 MiB, and base64 adds a third. */
export const MOST_BYTES = 7 * 1024 * 1024;
const MOST_TEXT_BYTES = 512 * 1024;

/** Raises an Error that says why a file cannot be sent. */
export async function readAttachment(file: File): Promise<Attachment> {
  if (file.size > MOST_BYTES) throw new Error(`${file.name} is larger than ${byteSize(MOST_BYTES)}.`);
  if (file.type.startsWith("image/")) {
    return { part: { type: "image", name: file.name, base64: await dataUrl(file) }, size: file.size };
  }
  if (file.size > MOST_TEXT_BYTES) throw new Error(`${file.name} has more than ${byteSize(MOST_TEXT_BYTES)} of text.`);
  const bytes = await file.arrayBuffer();
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    if (!text.includes("\0")) return { part: { type: "file", name: file.name, text }, size: file.size };
  } catch {
    // Not a text.
  }
  throw new Error(`${file.name} is neither a picture nor a text.`);
}

function dataUrl(file: File): Promise<string> {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(String(reader.result));
    reader.onerror = () => reject(new Error(`${file.name} cannot be read.`));
    reader.readAsDataURL(file);
  });
}

/** The address of a picture; bare base64 is taken for a PNG. */
export const imageAddress = (base64: string): string =>
  base64.startsWith("data:") ? base64 : `data:image/png;base64,${base64}`;
