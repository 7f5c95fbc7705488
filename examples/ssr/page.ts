import { origin, sessions } from "./auth.ts";
import type { AppRouter } from "./router.ts";

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
const html = (body: string, status = 200) => {
  const headers = { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" };
  return new Response(`<!doctype html><title>Notes</title><script type=module src=/page.js></script>${body}`, {
    status,
    headers,
  });
};

/** One page: a typed call while it is rendered, and a form that adds a note. */
export async function page(request: Request): Promise<Response> {
  const session = await sessions.read(request);
  if (session.status === "expired") return html("<h1>Back in a moment</h1>", 503);
  if (session.status === "signed-out") return html(signIn, request.method === "GET" ? 200 : 403);

  const api = session.connect<AppRouter>({ url: `${origin}/trpc`, audience: `${origin}/auth` });
  if (request.method === "POST") {
    const text = (await request.formData()).get("text");
    await api.add.mutate({ text: typeof text === "string" ? text : "" });
    return new Response(null, { status: 303, headers: { location: "/" } });
  }
  const [me, notes] = await Promise.all([session.api.account.me.query(), api.list.query()]);
  const items = notes.map((text) => `<li>${escaped(text)}</li>`).join("");
  return html(`<h1>Notes of ${escaped(me.name)}</h1><ul>${items}</ul>
    <form method=post><input name=text><button>Add</button></form>
    <form data-action=sign-out><button>Sign out</button></form>`);
}

const signIn = `<h1>Who is there?</h1>
  <form data-action=sign-in><input name=email type=email><input name=password type=password><button>Sign in</button></form>
  <form data-action=sign-up><input name=email type=email><input name=name><input name=password type=password>
  <button>Sign up</button></form><p role=alert></p>`;

/** What these pages run: forms that sign in and out are sent as JSON, with a header that no other site can send. */
export const script = `addEventListener("submit", async (event) => {
  const { action } = event.target.dataset;
  if (!action) return;
  event.preventDefault();
  const response = await fetch("/session/" + action, {
    method: "POST",
    headers: { "content-type": "application/json", "x-countersign": "1" },
    body: JSON.stringify(Object.fromEntries(new FormData(event.target))),
  });
  if (response.ok) location.reload();
  else document.querySelector("[role=alert]").textContent = (await response.json()).error;
});`;
