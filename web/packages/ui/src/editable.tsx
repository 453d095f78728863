import { Pencil } from "lucide-react";
import { useState, type ReactNode } from "react";
import { Button } from "./primitives/button.tsx";
import { Card, CardHead } from "./primitives/card.tsx";

/** For the button that opens the form. */
type Opener = { onClick: () => void; autoFocus: boolean };

type EditableProps = {
  /** What is shown while nothing is changed. */
  view: (opener: Opener) => ReactNode;
  form: (close: () => void) => ReactNode;
};

/** A value, and the form in its place while it is changed. The keyboard goes along: into the form, and back to the button. */
export function Editable({ view, form }: EditableProps) {
  const [times, setTimes] = useState(0);
  const isOpen = times % 2 === 1;
  const turn = (): void => setTimes(times + 1);
  return isOpen ? <div ref={focusFirst}>{form(turn)}</div> : view({ onClick: turn, autoFocus: times > 0 });
}

type EditCardProps = {
  title: string;
  hint?: string;
  /** What the button edits, for those who do not see the title above it. */
  editLabel: string;
  canEdit: boolean;
  form: (close: () => void) => ReactNode;
  children: ReactNode;
  "data-testid"?: string;
};

/** A card of facts with an Edit button. */
export function EditCard({ title, hint, editLabel, canEdit, form, children, ...props }: EditCardProps) {
  const head = (actions?: ReactNode) => <CardHead title={title} hint={hint} actions={actions} />;
  return (
    <Card {...props}>
      <Editable
        form={(close) => (
          <>
            {head()}
            {form(close)}
          </>
        )}
        view={(opener) => (
          <>
            {head(
              canEdit && (
                <Button size="sm" aria-label={editLabel} {...opener}>
                  <Pencil /> Edit
                </Button>
              ),
            )}
            {children}
          </>
        )}
      />
    </Card>
  );
}

function focusFirst(box: HTMLDivElement | null): void {
  box?.querySelector<HTMLElement>("input, select, textarea")?.focus();
}
