import { logout, meQuery } from "@capsule/api";
import { MenuContent, MenuItem, MenuRoot, MenuSeparator, MenuTrigger, toastProblem } from "@capsule/ui";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { KeySquare, LogOut } from "lucide-react";

export function AccountMenu() {
  const user = useQuery(meQuery).data?.user;
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const signOut = useMutation({
    mutationFn: logout,
    onSuccess: async () => {
      await navigate({ to: "/sign-in" });
      queryClient.clear();
    },
    onError: (error) => toastProblem("Signing out failed", error),
  });
  return (
    <MenuRoot>
      <MenuTrigger
        aria-label="Account"
        className="ml-1 grid size-8 place-items-center rounded-full bg-apricot/85 text-xs font-semibold text-[oklch(0.3_0.06_60)]"
      >
        {(user?.name || user?.email || "?").charAt(0).toUpperCase()}
      </MenuTrigger>
      <MenuContent align="end" className="w-56">
        <div className="px-2 py-1.5">
          <p className="truncate text-sm font-medium">{user?.name}</p>
          <p className="truncate text-xs text-ink-faint">{user?.email}</p>
        </div>
        <MenuSeparator />
        <MenuItem onSelect={() => void navigate({ to: "/account" })}>
          <KeySquare /> Account and tokens
        </MenuItem>
        <MenuItem onSelect={() => signOut.mutate()}>
          <LogOut /> Sign out
        </MenuItem>
      </MenuContent>
    </MenuRoot>
  );
}
