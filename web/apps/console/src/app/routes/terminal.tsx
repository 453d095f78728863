/** Apart from the other tabs: the terminal brings a large library. */
import { capsuleQuery } from "@capsule/api";
import { SkeletonRows } from "@capsule/ui";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { TerminalPage } from "#features/terminal/pages/terminal-page.tsx";

export function CapsuleTerminal() {
  const { capsule: key } = useParams({ from: "/signed-in/app/capsules/$capsule" });
  const capsule = useQuery(capsuleQuery(key)).data;
  return capsule ? <TerminalPage key={capsule.id} capsule={capsule} /> : <SkeletonRows />;
}
