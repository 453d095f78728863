import { Button } from "@capsule/ui";
import { MailCheck } from "lucide-react";
import type { ReactNode } from "react";

type CheckYourMailProps = { email: string; children: ReactNode; onBack: () => void };

/** A link was sent, or not: whether there is an account at that address is nobody's business. */
export function CheckYourMail({ email, children, onBack }: CheckYourMailProps) {
  return (
    <div role="status" className="flex flex-col items-center gap-2 py-2 text-center">
      <MailCheck className="size-7 text-good-text" aria-hidden />
      <p className="font-medium">Check your mail</p>
      <p className="text-sm text-ink-soft">
        If <strong className="font-medium break-words">{email}</strong> may come in here, a link is on its way. {children}
      </p>
      <Button tone="quiet" size="sm" onClick={onBack}>
        Use another address
      </Button>
    </div>
  );
}
