import { Fragment, type ReactNode } from "react";

/** A sentence of the platform, with what stands between backticks set as code. */
export function withCode(text: ReactNode): ReactNode {
  if (typeof text !== "string" || !text.includes("`")) return text;
  return text.split(/`([^`\n]+)`/).map((part, index) =>
    index % 2 === 1 ? (
      <code key={index} className="font-mono text-[0.92em]">
        {part}
      </code>
    ) : (
      <Fragment key={index}>{part}</Fragment>
    ),
  );
}
