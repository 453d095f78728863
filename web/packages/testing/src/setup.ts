import { cleanup, configure } from "@testing-library/react";
import { afterEach, vi } from "vitest";

// The first page of a file loads its modules; a busy machine takes more than a second for that.
configure({ asyncUtilTimeout: 5_000 });

Element.prototype.scrollIntoView = () => undefined;

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  localStorage.clear();
});
