import { Button, DialogContent, DialogRoot, DialogTrigger } from "@capsule/ui";
import { Plug } from "lucide-react";
import { useState } from "react";
import { ConnectForm } from "./connect-form.tsx";

/** Connects a team to its account at a git host. */
export function ConnectHost({ team }: { team: string }) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <DialogRoot open={isOpen} onOpenChange={setIsOpen}>
      <DialogTrigger asChild>
        <Button>
          <Plug /> Connect a git host
        </Button>
      </DialogTrigger>
      {isOpen && (
        <DialogContent
          title="Connect a git host"
          description="The whole team chooses from its repositories then, and webhooks are set up by themselves."
          className="max-w-lg"
        >
          <ConnectForm team={team} onDone={() => setIsOpen(false)} />
        </DialogContent>
      )}
    </DialogRoot>
  );
}
