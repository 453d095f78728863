/** What the page around a widget tree can do for it. */
import { createContext, use } from "react";

/** An upload as forms send it. */
export type UploadedFile = { id: string; name: string; content_type: string; size: number; url?: string };

/**
 * Everything may be missing: a widget whose host cannot do what it needs is shown without it, and says so.
 */
export type WidgetHost = {
  /** Send a message as the user. */
  sendPrompt?: (text: string) => void;
  runAction?: (name: string, payload?: Record<string, unknown>) => void;
  /** Start a workflow with a payload, or open its launcher without one. */
  startWorkflow?: (name: string, payload?: Record<string, unknown>) => void;
  navigate?: (page: string) => void;
  /** The result of a data handler, or null where there are no data handlers. */
  fetchData?: (name: string, params?: Record<string, string>) => Promise<unknown> | null;
  /** The address of a file that the app names by its path (`cpsl.file`). */
  fileUrl?: (path: string) => string;
  /** Sends a form; without it `start` starts `workflow` and other names run actions. */
  submitForm?: (action: string, values: Record<string, unknown>) => void;
  /** The workflow whose form is shown. */
  workflow?: string;
  uploadFile?: (file: File) => Promise<UploadedFile>;
};

export const HostContext = createContext<WidgetHost>({});
export const useHost = (): WidgetHost => use(HostContext);
