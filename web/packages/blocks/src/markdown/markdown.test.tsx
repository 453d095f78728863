import { render, screen, waitFor } from "@testing-library/react";
import { describe, expect, test } from "vitest";
import Markdown from "./markdown.tsx";

describe("what apps write", () => {
  test("raw HTML is text", () => {
    const { container } = render(<Markdown text={'<img src=x onerror="boom()"> <script>boom()</script> **bold**'} />);
    expect(container.querySelector("img, script")).toBeNull();
    expect(container.textContent).toContain("<script>");
    expect(screen.getByText("bold").tagName).toBe("STRONG");
  });

  test("links run no script, and those elsewhere get no hold of this page", () => {
    render(<Markdown text={"[bad](javascript:boom()) [good](https://example.com) [here](#/connections)"} />);
    expect(screen.getByText("bad").closest("a")).toBeNull();
    const good = screen.getByRole("link", { name: "good" });
    expect([good.getAttribute("rel"), good.getAttribute("target")]).toEqual(["noopener noreferrer nofollow", "_blank"]);
    expect(screen.getByRole("link", { name: "here" }).getAttribute("target")).toBeNull();
  });

  test("tables scroll in a box of their own; pictures open large", () => {
    render(<Markdown text={"| a | b |\n|---|---|\n| 1 | 2 |\n\n![A sun](data:image/png;base64,AAAA)"} />);
    expect(screen.getByRole("region", { name: "Table" }).className).toContain("overflow-x-auto");
    expect(screen.getByRole("button", { name: "Enlarge A sun" })).toBeTruthy();
  });

  test("maths is set once its part of the page is here, and money stays money", async () => {
    const { container } = render(<Markdown text={"It is $e^x$.\n\nIt costs $5 or $6."} />);
    await waitFor(() => expect(container.querySelectorAll(".katex")).toHaveLength(1), { timeout: 10_000 });
    expect(container.textContent).toContain("It costs $5 or $6.");
  });

  test("code has its language and a button to copy it", () => {
    render(<Markdown text={"```python\nprint(1)\n```"} />);
    expect(screen.getByTestId("code-block").textContent).toContain("python");
    expect(screen.getByRole("button", { name: "Copy" })).toBeTruthy();
  });

  test("pieces that are complete stay the same elements while text is put at the end", () => {
    const { container, rerender } = render(<Markdown text={"First\n\nSec"} isGrowing />);
    const first = container.querySelector("p");
    rerender(<Markdown text={"First\n\nSecond\n\nThird"} isGrowing />);
    expect(container.querySelector("p")).toBe(first);
    expect(container.querySelectorAll("p")).toHaveLength(3);
  });
});
