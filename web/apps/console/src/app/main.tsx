import { startTheme } from "@capsule/ui";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { createConsole } from "./console.ts";
import { Providers } from "./providers.tsx";
import "./main.css";

startTheme();
const root = document.getElementById("root");
if (!root) throw new Error("index.html has no #root");
createRoot(root).render(
  <StrictMode>
    <Providers console={createConsole()} />
  </StrictMode>,
);
