import { createRoot } from "react-dom/client";
import { Dice } from "./dice";

createRoot(document.getElementById("root")).render(<Dice />);
