import { ZoomableImage } from "@capsule/ui";
import type { ComponentProps } from "react";
import type { Components } from "react-markdown";
import { safeLink, safeMedia } from "../safe-url.ts";
import { CodeBlock } from "./code-block.tsx";

const shared: Components = {
  a: ({ children, href }) => {
    const address = safeLink(href);
    if (address === null) return <span>{children}</span>;
    if (address.startsWith("#")) return <a href={address}>{children}</a>;
    return (
      <a href={address} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    );
  },
  table: ({ children }) => (
    <div className="overflow-x-auto rounded-lg border" tabIndex={0} role="region" aria-label="Table">
      <table>{children}</table>
    </div>
  ),
  input: ({ checked }: ComponentProps<"input">) => (
    <input type="checkbox" checked={checked === true} disabled readOnly aria-label={checked === true ? "Done" : "Open"} />
  ),
  img: ({ src, alt }: ComponentProps<"img">) => {
    const address = safeMedia(src);
    return address === null ? <span>{alt}</span> : <ZoomableImage src={address} alt={alt ?? ""} />;
  },
};

const preOf = (isGrowing: boolean): NonNullable<Components["pre"]> =>
  function Pre({ node, children }) {
    const code = node?.children[0];
    if (code?.type !== "element" || code.tagName !== "code") return <pre>{children}</pre>;
    const classes = code.properties["className"];
    const language = Array.isArray(classes)
      ? classes.map(String).find((name) => name.startsWith("language-"))?.slice("language-".length)
      : undefined;
    const text = code.children.map((child) => (child.type === "text" ? child.value : "")).join("");
    return <CodeBlock text={text.replace(/\n$/, "")} language={language ?? null} isGrowing={isGrowing} />;
  };

export const settledComponents: Components = { ...shared, pre: preOf(false) };
/** For the piece that still grows: long code is coloured when it is complete. */
export const growingComponents: Components = { ...shared, pre: preOf(true) };
