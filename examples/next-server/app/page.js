import { headers } from "next/headers";

export default async function Page() {
  const asked = (await headers()).get("host");
  return <h1>{`Hello from a Next.js server, rendered for ${asked}`}</h1>;
}
