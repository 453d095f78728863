import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { EditCard } from "./editable.tsx";
import { Form } from "./form.tsx";

const IDLE = { isPending: false, error: null };

const open = (sending: { isPending: boolean; error: Error | null } = IDLE, onSubmit = vi.fn()) => {
  render(
    <EditCard
      title="Facts"
      editLabel="Edit the facts"
      canEdit
      form={(close) => (
        <Form sending={sending} submit="Save" onSubmit={onSubmit} onCancel={close}>
          <input aria-label="Name" />
        </Form>
      )}
    >
      as they are
    </EditCard>,
  );
  return onSubmit;
};

test("the keyboard goes into the form and back to the button", async () => {
  open();
  await userEvent.click(screen.getByRole("button", { name: "Edit the facts" }));
  expect(document.activeElement).toBe(screen.getByLabelText("Name"));
  expect(screen.queryByText("as they are")).toBeNull();
  await userEvent.click(screen.getByRole("button", { name: "Cancel" }));
  expect(document.activeElement).toBe(screen.getByRole("button", { name: "Edit the facts" }));
  expect(screen.getByText("as they are")).toBeTruthy();
});

test("what was wrong is said above the buttons, and nothing is sent twice", async () => {
  const onSubmit = open({ isPending: false, error: new Error("The name `a b` is taken.") });
  await userEvent.click(screen.getByRole("button", { name: "Edit the facts" }));
  expect(screen.getByRole("alert").textContent).toContain("The name a b is taken.");
  expect(screen.getByText("a b").tagName).toBe("CODE");
  await userEvent.type(screen.getByLabelText("Name"), "x{Enter}");
  expect(onSubmit).toHaveBeenCalledOnce();
});

test("a form that is being sent is not sent again", async () => {
  const onSubmit = open({ isPending: true, error: null });
  await userEvent.click(screen.getByRole("button", { name: "Edit the facts" }));
  await userEvent.type(screen.getByLabelText("Name"), "x{Enter}");
  expect(onSubmit).not.toHaveBeenCalled();
});
