import Link from "next/link";
import { NOTES } from "./notes";

export default function Home() {
  return (
    <main>
      <h1>Field notes</h1>
      <ul>
        {Object.keys(NOTES).map((name) => (
          <li key={name}>
            <Link href={`/notes/${name}`}>{name}</Link>
          </li>
        ))}
      </ul>
    </main>
  );
}
