import { appHost, type AppInfo } from "@capsule/api";
import { Button, MenuContent, MenuItem, MenuRoot, MenuSeparator, MenuTrigger, toastProblem } from "@capsule/ui";
import { useMutation } from "@tanstack/react-query";
import { ChevronsUpDown, Keyboard, KeyRound, LogIn, LogOut, Plug, UserRound } from "lucide-react";
import { useState } from "react";
import { methodsOf } from "./methods.ts";
import { PasswordDialog } from "./password-dialog.tsx";
import { useNewVisitor } from "./use-new-visitor.ts";

type AccountMenuProps = { app: AppInfo; onConnections: () => void; onSignIn: () => void; onSignedOut: () => void; onHelp: () => void };

/** At the foot of the list of chats: who one is here, and what goes with it. */
export function AccountMenu({ app, onConnections, onSignIn, onSignedOut, onHelp }: AccountMenuProps) {
  const [isChanging, setIsChanging] = useState(false);
  const leave = useNewVisitor();
  const signOut = useMutation({
    mutationFn: appHost.signOutHere,
    onSuccess: async () => {
      sessionStorage.clear(); // Drafts are nobody else's business.
      onSignedOut();
      await leave();
    },
    onError: (error) => toastProblem("You are still signed in", error),
  });
  const { access, user } = app;
  const isAnonymous = user.is_anonymous !== false;
  const { hasPassword, hasMagicLink, oidc } = methodsOf(access);
  const canSignIn = isAnonymous && (hasPassword || hasMagicLink || oidc.length > 0);
  const label = user.email ?? "Guest";
  return (
    <>
      <MenuRoot>
        <MenuTrigger asChild>
          <Button tone="quiet" className="h-10 w-full justify-start px-2" aria-label="Account and more">
            <span className="grid size-6 place-items-center rounded-full bg-accent-soft text-2xs font-semibold text-accent-text uppercase">
              {isAnonymous ? <UserRound className="size-3.5!" /> : label.charAt(0)}
            </span>
            <span className="min-w-0 flex-1 truncate text-left font-normal">{label}</span>
            <ChevronsUpDown className="text-ink-faint" />
          </Button>
        </MenuTrigger>
        <MenuContent side="top" align="start" className="w-60">
          {(app.integrations?.length ?? 0) > 0 && (
            <MenuItem onSelect={onConnections}>
              <Plug /> Connections
            </MenuItem>
          )}
          <MenuItem onSelect={onHelp}>
            <Keyboard /> Keyboard shortcuts
          </MenuItem>
          {(canSignIn || !isAnonymous) && <MenuSeparator />}
          {canSignIn && (
            <MenuItem onSelect={onSignIn}>
              <LogIn /> Sign in
            </MenuItem>
          )}
          {!isAnonymous && hasPassword && (
            <MenuItem onSelect={() => setIsChanging(true)}>
              <KeyRound /> Change password
            </MenuItem>
          )}
          {!isAnonymous && (
            <MenuItem onSelect={() => signOut.mutate()}>
              <LogOut /> Sign out
            </MenuItem>
          )}
        </MenuContent>
      </MenuRoot>
      <PasswordDialog isOpen={isChanging} onOpenChange={setIsChanging} />
    </>
  );
}
