import type { ReactNode } from "react";

/** Connects the team to a git host; told the connection that was made. */
export type Connect = (onConnected: (connection: string) => void) => ReactNode;
