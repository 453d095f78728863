import { Button, DialogRoot, DialogTrigger } from "@capsule/ui";
import { Plug } from "lucide-react";
import { useState } from "react";
import { ConnectDialog } from "./connect-dialog.tsx";

type ConnectHostProps = { team: string; onConnected?: (connection: string) => void };

/** Connects a team to its account at a git host. */
export function ConnectHost({ team, onConnected }: ConnectHostProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <DialogRoot open={isOpen} onOpenChange={setIsOpen}>
      <DialogTrigger asChild>
        <Button>
          <Plug /> Connect a git host
        </Button>
      </DialogTrigger>
      {isOpen && <ConnectDialog team={team} {...(onConnected ? { onConnected } : {})} onDone={() => setIsOpen(false)} />}
    </DialogRoot>
  );
}
