import { appHost } from "@capsule/api";
import { Widget } from "@capsule/blocks";
import { useMemo } from "react";
import { uploadFile } from "../../../parts/uploads/upload-file.ts";
import { useChat } from "../chat-context.ts";
import type { BlockProps } from "./block-view.tsx";
import { asRecord } from "./payload.ts";
import { UnknownBlock } from "./unknown-block.tsx";

/** The widgets of a `table_preview` or a `ui_preview`. */
export default function WidgetView({ item }: BlockProps) {
  const { send, navigate, sessionId } = useChat();
  const host = useMemo(
    () => ({
      sendPrompt: (text: string) => send({ text }),
      runAction: (name: string, payload?: Record<string, unknown>) => send({ text: "", action: name, payload: payload ?? {} }),
      navigate,
      fileUrl: appHost.mountUrl,
      uploadFile: async (file: File) => {
        const id = await uploadFile(file, { sessionId });
        return { id, name: file.name, content_type: file.type, size: file.size };
      },
    }),
    [send, navigate, sessionId],
  );
  const payload = asRecord(item.payload);
  const node = payload["table"] ?? payload["widget"];
  if (node === undefined) return <UnknownBlock item={item} />;
  return <Widget node={node} host={host} />;
}
