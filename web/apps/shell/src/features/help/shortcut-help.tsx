import { DialogContent, DialogRoot } from "@capsule/ui";

const mod = /Mac|iPhone|iPad/.test(navigator.userAgent) ? "⌘" : "Ctrl";
const SHORTCUTS: [string[], string][] = [
  [["Enter"], "Send the message"],
  [["Shift", "Enter"], "Start a new line"],
  [["Esc"], "Stop the reply, while writing"],
  [[mod, "K"], "Search chats"],
  [[mod, "Shift", "O"], "Start a new chat"],
  [["?"], "Show these shortcuts"],
];

type ShortcutHelpProps = { isOpen: boolean; onOpenChange: (isOpen: boolean) => void };

export function ShortcutHelp({ isOpen, onOpenChange }: ShortcutHelpProps) {
  return (
    <DialogRoot open={isOpen} onOpenChange={onOpenChange}>
      <DialogContent title="Keyboard shortcuts">
        <dl className="mt-4 space-y-2.5 text-sm">
          {SHORTCUTS.map(([keys, meaning]) => (
            <div key={meaning} className="flex items-center justify-between gap-4">
              <dt className="text-ink-soft">{meaning}</dt>
              <dd className="flex gap-1">
                {keys.map((key) => (
                  <kbd key={key} className="rounded-md border bg-sunken px-1.5 py-0.5 font-sans text-2xs">
                    {key}
                  </kbd>
                ))}
              </dd>
            </div>
          ))}
        </dl>
      </DialogContent>
    </DialogRoot>
  );
}
