import { Window } from "happy-dom";
import { act, createElement, type ReactNode, StrictMode } from "react";
import { renderToString } from "react-dom/server";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { type House, openHouse, type Person } from "../testing/house.ts";
import { NOTES, type NotesRouter, notesPermissions } from "../testing/notes.ts";
import {
  Allowed,
  CountersignProvider,
  SignedIn,
  useAccountChange,
  useCan,
  useCountersign,
  useSession,
} from "./index.ts";

const window = new Window();
const admin = { email: "admin@example.com", name: "Admin", password: "seven plums in winter" };

let house: House;
let person: Person;
let unmount: () => Promise<void>;
beforeAll(async () => {
  // What React looks at; the SDK finds no page, and keeps its tokens in memory.
  Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
  house = await openHouse();
});
beforeEach(async () => {
  person = await house.person({ audiences: [NOTES] });
  house.auth.forget();
});
afterEach(() => unmount());
afterAll(() => house.close());

/** Mounts as development does, twice. Answers what stands on the page. */
async function mount(what: ReactNode) {
  const { createRoot } = await import("react-dom/client");
  const element = window.document.createElement("div");
  const root = createRoot(element as never);
  const provided = createElement(CountersignProvider, { client: person }, what);
  await act(async () => root.render(createElement(StrictMode, null, provided)));
  unmount = async () => await act(async () => root.unmount());
  return {
    shows: (text: string) =>
      vi.waitFor(async () => {
        await act(async () => undefined);
        expect(element.textContent).toBe(text);
      }),
  };
}

function Who() {
  const state = useSession();
  return "account" in state ? state.account : state.status;
}

function Status() {
  return useSession().status;
}

function May() {
  return useCan<NotesRouter>("purge", NOTES) ? "may" : "may not";
}

const changes: (string | undefined)[] = [];
const note = (account: string | undefined) => changes.push(account);
function Watching() {
  useAccountChange(note);
  return useCountersign() === person ? "mine" : "another's";
}

test("useSession shows who is signed in, through a refresh, a sign-out and a sign-in", async () => {
  const { shows } = await mount(createElement(Who));
  const account = "account" in person.session.state ? person.session.state.account : "";
  await shows(account);
  await act(() => person.session.refresh());
  await shows(account);
  await act(() => person.session.end());
  await shows("signed-out");
  await act(() => person.signIn(person.account));
  await shows(account);
});

test("<SignedIn> shows its children to whoever is signed in, and its fallback to nobody", async () => {
  const { shows } = await mount(createElement(SignedIn, { fallback: "please sign in" }, "notes"));
  await shows("notes");
  await act(() => person.session.end());
  await shows("please sign in");
});

test("offline, <SignedIn> goes on showing its children, and useSession says so", async () => {
  const { shows } = await mount([
    createElement(SignedIn, { key: 1, fallback: "please sign in" }, "notes "),
    createElement(Status, { key: 2 }),
  ]);
  await shows("notes signed-in");
  house.auth.decide(() => "cut");
  await act(() => person.session.refresh().catch(() => undefined));
  await shows("notes offline");
  house.auth.forwardAll();
});

test("useCan and <Allowed> follow what roles give, with one request for the table", async () => {
  const client = house.client();
  await client.setUp({ ...admin, link: (await house.issuer.setUpLink()) ?? "" });
  const permissions = [{ audience: NOTES, permission: notesPermissions[1] }];
  await client.api.roles.create.mutate({ name: "writer", description: "", permissions });
  const account = (await person.api.account.me.query()).id;
  const guarded = createElement(Allowed<NotesRouter>, { path: "purge", audience: NOTES, fallback: " out" }, " in");
  const { shows } = await mount([createElement(May, { key: 1 }), createElement("i", { key: 2 }, guarded)]);
  await shows("may not out");
  await act(() => person.accessTo<NotesRouter>(NOTES).ready());
  await client.api.roles.grant.mutate({ account, role: "writer" });
  await act(() => person.session.refresh());
  await shows("may in");
  expect(house.auth.to("/trpc/access.table")).toHaveLength(1);
});

test("client case 30: mounted twice and unmounted, nobody is told any more", async () => {
  const { shows } = await mount(createElement(Watching));
  await shows("mine");
  await act(() => person.session.end());
  expect(changes).toEqual([undefined]);
  await unmount();
  await person.signIn(person.account);
  expect(changes).toHaveLength(1);
  unmount = async () => undefined;
});

test("a server renders what nobody knows, and without a provider it is a mistake", () => {
  unmount = async () => undefined;
  const page = (children: ReactNode) =>
    renderToString(createElement(CountersignProvider, { client: person }, children));
  expect(page(createElement(Who))).toBe("unknown");
  expect(page(createElement(SignedIn, { pending: "one moment" }, "notes"))).toBe("one moment");
  expect(page(createElement(Allowed, { path: "account.me" }, "me"))).toBe("");
  expect(() => renderToString(createElement(Who))).toThrow("CountersignProvider");
});
