import { useState } from "react";

export function Dice() {
  const [eyes, setEyes] = useState(6);
  return (
    <main style={{ fontFamily: "system-ui, sans-serif", textAlign: "center", paddingTop: "20vh" }}>
      <h1 style={{ fontSize: "5rem" }}>{eyes}</h1>
      <button onClick={() => setEyes(1 + Math.floor(Math.random() * 6))}>Throw</button>
    </main>
  );
}
