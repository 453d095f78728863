import { ArrowDown } from "lucide-react";
import { Button } from "./primitives/button.tsx";

/** Floats over the end of a conversation that was scrolled up. */
export function NewestButton({ onClick }: { onClick: () => void }) {
  return (
    <Button
      size="icon"
      className="absolute bottom-3 left-1/2 -translate-x-1/2 rounded-full shadow-float"
      aria-label="To the newest message"
      onClick={onClick}
    >
      <ArrowDown />
    </Button>
  );
}
