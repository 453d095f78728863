import { useParams } from "@tanstack/react-router";
import { CapsuleLayout } from "#features/capsules/pages/capsule-layout.tsx";

export function CapsuleRoute() {
  const { capsule } = useParams({ from: "/signed-in/app/capsules/$capsule" });
  return <CapsuleLayout key={capsule} capsuleKey={capsule} />;
}
