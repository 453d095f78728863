import Link from "next/link";
import { NOTES } from "../../notes";

export function generateStaticParams() {
  return Object.keys(NOTES).map((name) => ({ name }));
}

export default async function Note({ params }) {
  const { name } = await params;
  return (
    <main>
      <h1>{name}</h1>
      <p>{NOTES[name]}</p>
      <Link href="/">All notes</Link>
    </main>
  );
}
