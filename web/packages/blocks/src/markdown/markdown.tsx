import { memo, useMemo } from "react";
import ReactMarkdown from "react-markdown";
import remarkGfm from "remark-gfm";
import { growingComponents, settledComponents } from "./elements.tsx";
import { mayHoldMath, normalizeMath } from "./math-text.ts";
import { splitBlocks } from "./split-blocks.ts";
import { useMath } from "./use-math.ts";

const PLAIN = [remarkGfm];
/** Addresses are judged by the elements. */
const keep = (address: string): string => address;

/** Text of the app. Raw HTML in it is shown as text: no plugin here parses it. */
function Markdown({ text, isGrowing = false }: { text: string; isGrowing?: boolean }) {
  const blocks = useMemo(() => splitBlocks(text), [text]);
  return (
    <div className="prose">
      {blocks.map((block, index) => (
        // Pieces only grow at the end, so their number names them.
        <Piece key={index} text={block} isGrowing={isGrowing && index === blocks.length - 1} />
      ))}
    </div>
  );
}

const Piece = memo(function Piece({ text, isGrowing }: { text: string; isGrowing: boolean }) {
  const hasMath = mayHoldMath(text);
  const math = useMath(hasMath);
  return (
    <ReactMarkdown
      remarkPlugins={math ? [...PLAIN, ...math.remarkPlugins] : PLAIN}
      rehypePlugins={math ? math.rehypePlugins : []}
      urlTransform={keep}
      components={isGrowing ? growingComponents : settledComponents}
    >
      {math ? normalizeMath(text) : text}
    </ReactMarkdown>
  );
});

export default memo(Markdown);
