import { memo, type ComponentProps } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { safeLink, safeMedia } from "../safe-url.ts";
import { CodeBlock } from "./code-block.tsx";

/** Raw HTML in the text is shown as text: no plugin here parses it. */
const COMPONENTS: Components = {
  a: ({ children, href }) => {
    const address = safeLink(href);
    return address === null ? (
      <span>{children}</span>
    ) : (
      <a href={address} target="_blank" rel="noopener noreferrer nofollow">
        {children}
      </a>
    );
  },
  table: ({ children }) => (
    <div className="overflow-x-auto">
      <table>{children}</table>
    </div>
  ),
  pre: ({ node, children }) => {
    const code = node?.children[0];
    if (code?.type !== "element" || code.tagName !== "code") return <pre>{children}</pre>;
    const classes = code.properties["className"];
    const language = Array.isArray(classes)
      ? classes.map(String).find((name) => name.startsWith("language-"))?.slice("language-".length)
      : undefined;
    const text = code.children.map((child) => (child.type === "text" ? child.value : "")).join("");
    return <CodeBlock text={text.replace(/\n$/, "")} language={language ?? null} />;
  },
  img: ({ src, alt }: ComponentProps<"img">) => {
    const address = safeMedia(src);
    return address === null ? (
      <span>{alt}</span>
    ) : (
      <img src={address} alt={alt ?? ""} loading="lazy" referrerPolicy="no-referrer" />
    );
  },
};
const PLUGINS = [remarkGfm];
/** Addresses are judged by the components above. */
const keep = (address: string): string => address;

function Markdown({ text }: { text: string }) {
  return (
    <div className="prose">
      <ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={keep}>
        {text}
      </ReactMarkdown>
    </div>
  );
}

export default memo(Markdown);
