import { Form, Link } from "react-router";

import type { Route } from "./+types/home";

export async function action({ request }: Route.ActionArgs) {
  const form = await request.formData();
  return { name: String(form.get("name")) };
}

export default function Home({ actionData }: Route.ComponentProps) {
  return (
    <main>
      <h1>Rendered by React Router when asked</h1>
      <Form method="post">
        <input name="name" />
        <button>Greet</button>
      </Form>
      {actionData && <p>Hello, {actionData.name}</p>}
      <Link to="/about">About</Link>
    </main>
  );
}
