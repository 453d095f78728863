import page from "@capsule/testing/widgets.json";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import type { UploadedFile, WidgetHost } from "../host.ts";
import { Widget } from "../widget.tsx";

const shell = page.children.find((node) => node.type === "workflow_shell");
const uploadFile = async (file: File): Promise<UploadedFile> => ({
  id: `fil_${file.name}`,
  name: file.name,
  content_type: file.type,
  size: file.size,
});

function open(host: WidgetHost = {}) {
  const submitForm = vi.fn<(action: string, values: Record<string, unknown>) => void>();
  render(<Widget node={shell} host={{ submitForm, uploadFile, ...host }} />);
  return submitForm;
}

test("a form sends every named field in its shape", async () => {
  const submitForm = open();
  await userEvent.type(screen.getByLabelText(/Title/), "Spring");
  await userEvent.type(screen.getByLabelText("Budget"), "35");
  await userEvent.selectOptions(screen.getByLabelText("Tone"), "Loud");
  await userEvent.type(screen.getByLabelText("Brief"), "short");
  await userEvent.click(screen.getByLabelText("B"));
  await userEvent.type(screen.getByLabelText("Site"), "https://example.com");
  await userEvent.type(screen.getByLabelText("Sources 1"), "https://a.example");
  await userEvent.click(screen.getByRole("button", { name: "Add address" }));
  await userEvent.type(screen.getByLabelText("Sources 2"), "https://b.example");
  await userEvent.upload(screen.getByLabelText("Files"), [new File(["a,b"], "rows.csv", { type: "text/csv" })]);
  expect(await screen.findByText("rows.csv")).toBeTruthy();
  await userEvent.click(screen.getByRole("button", { name: "Start" }));
  expect(submitForm).toHaveBeenCalledWith("start", {
    title: "Spring",
    budget: 35,
    tone: "Loud",
    brief: "short",
    channels: ["A", "B"],
    site: "https://example.com",
    sources: ["https://a.example", "https://b.example"],
    files: [{ id: "fil_rows.csv", name: "rows.csv", content_type: "text/csv", size: 3 }],
    logo: null,
  });
});

test("what is missing or wrong is told beside its field, and nothing is sent", async () => {
  const submitForm = open();
  await userEvent.type(screen.getByLabelText("Budget"), "500");
  await userEvent.type(screen.getByLabelText("Site"), "javascript:alert(1)");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  expect(screen.getByText("Title is needed.")).toBeTruthy();
  expect(screen.getByText("The most is 100.")).toBeTruthy();
  expect(screen.getByText(/not a web address/)).toBeTruthy();
  expect(screen.getByLabelText(/Title/).getAttribute("aria-invalid")).toBe("true");
  expect(submitForm).not.toHaveBeenCalled();
  await userEvent.type(screen.getByLabelText(/Title/), "x");
  expect(screen.queryByText("Title is needed.")).toBeNull();
});

test("without a way to send forms, start starts the workflow and other buttons run actions", async () => {
  const startWorkflow = vi.fn<NonNullable<WidgetHost["startWorkflow"]>>();
  const runAction = vi.fn<NonNullable<WidgetHost["runAction"]>>();
  const node = {
    type: "workflow_shell",
    children: [
      { type: "text_input", name: "q", label: "Question" },
      { type: "submit_button", label: "Go", action: "start" },
      { type: "submit_button", label: "Check", action: "check" },
    ],
  };
  render(<Widget node={node} host={{ startWorkflow, runAction, workflow: "ask" }} />);
  await userEvent.type(screen.getByLabelText("Question"), "why");
  await userEvent.click(screen.getByRole("button", { name: "Go" }));
  await userEvent.click(screen.getByRole("button", { name: "Check" }));
  expect(startWorkflow).toHaveBeenCalledWith("ask", { q: "why" });
  expect(runAction).toHaveBeenCalledWith("check", { q: "why" });
});

test("an upload that fails says why", async () => {
  open({ uploadFile: () => Promise.reject(new Error("The file is too large.")) });
  await userEvent.upload(screen.getByLabelText("Logo"), new File(["x"], "logo.png", { type: "image/png" }));
  expect(await screen.findByText("The file is too large.")).toBeTruthy();
});

test("fields of settings and uploads wait for what they need", () => {
  render(
    <>
      <Widget node={{ type: "toggle", label: "Mail", setting: "mail" }} />
      <Widget node={{ type: "text_input", label: "Name", setting: "name" }} />
      <Widget node={{ type: "file_input", name: "f", label: "File" }} />
    </>,
  );
  expect(screen.getByRole("switch", { name: "Mail" }).getAttribute("data-disabled")).not.toBeNull();
  expect(screen.getByLabelText<HTMLInputElement>("Name").disabled).toBe(true);
  expect(screen.getByText("Uploads are not available here yet.")).toBeTruthy();
});
