/** Light Markdown of one line: **bold**, *italic*, `code`, ~~struck~~ and [links](https://…). */
import { Fragment, type ReactNode } from "react";
import { safeLink } from "./safe-url.ts";

const MARKS =
  /(?<code>`+)(?<codeText>.+?)\k<code>|\*\*(?<bold>[^\s*](?:.*?[^\s])?)\*\*|~~(?<struck>.+?)~~|(?<![\w*])\*(?<italic>[^\s*](?:[^*]*[^\s*])?)\*(?![\w*])|(?<![\w_])_(?<under>[^\s_](?:[^_]*[^\s_])?)_(?![\w_])|\[(?<label>[^\]]+)\]\((?<href>[^()\s]+(?:\([^()\s]*\))?)\)/g;

export function InlineMarkdown({ text }: { text: string }) {
  return <>{marked(text)}</>;
}

function marked(text: string): ReactNode[] {
  const parts: ReactNode[] = [];
  let end = 0;
  for (const match of text.matchAll(MARKS)) {
    if (match.index > end) parts.push(text.slice(end, match.index));
    parts.push(<Fragment key={match.index}>{element(match.groups ?? {}, match[0])}</Fragment>);
    end = match.index + match[0].length;
  }
  if (end < text.length) parts.push(text.slice(end));
  return parts;
}

function element(groups: Record<string, string | undefined>, whole: string): ReactNode {
  const { codeText, bold, struck, italic, under, label, href } = groups;
  if (codeText !== undefined) {
    return <code className="rounded-sm bg-hover px-1 py-0.5 font-mono text-[0.85em]">{codeText}</code>;
  }
  if (bold !== undefined) return <strong className="font-semibold">{marked(bold)}</strong>;
  if (struck !== undefined) return <s>{marked(struck)}</s>;
  if (italic !== undefined || under !== undefined) return <em>{marked(italic ?? under ?? "")}</em>;
  const address = safeLink(href);
  if (label !== undefined && address !== null) return <SafeLink href={address}>{marked(label)}</SafeLink>;
  return whole;
}

/** A link that leaves the page, unless it points inside it. */
export function SafeLink({ href, children }: { href: string; children: ReactNode }) {
  const isInside = href.startsWith("#");
  return (
    <a
      href={href}
      className="text-accent-text underline underline-offset-2"
      {...(isInside ? {} : { target: "_blank", rel: "noopener noreferrer nofollow" })}
    >
      {children}
    </a>
  );
}
