import { meQuery } from "@capsule/api";
import { useQuery } from "@tanstack/react-query";
import { AppsCard } from "#features/git-hosts/components/apps-card.tsx";
import { SystemPage } from "#features/system/pages/system-page.tsx";

export function SystemRoute() {
  const isAdmin = useQuery(meQuery).data?.user.is_admin === true;
  return <SystemPage>{isAdmin && <AppsCard />}</SystemPage>;
}
