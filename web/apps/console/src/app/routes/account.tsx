import { meQuery } from "@capsule/api";
import { useQuery } from "@tanstack/react-query";
import { HostsCard } from "#features/git-hosts/components/hosts-card.tsx";
import { AccountPage } from "#features/tokens/pages/account-page.tsx";

export function AccountRoute() {
  const teams = useQuery(meQuery).data?.teams ?? [];
  return (
    <AccountPage>
      <div className="mt-5 space-y-5">
        {teams.map((team) => (
          <HostsCard key={team.id} team={team} />
        ))}
      </div>
    </AccountPage>
  );
}
