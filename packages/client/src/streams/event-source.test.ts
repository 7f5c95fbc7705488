import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { reasonOf } from "../errors.ts";
import { type House, openHouse } from "../testing/house.ts";
import { NOTES } from "../testing/notes.ts";
import { createTestWorld } from "../testing/test-world.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

const events = (body: string | ReadableStream) =>
  new Response(body, { headers: { "content-type": "text/event-stream" } });

test("client case 20: a source of events without the session's link does not go on as somebody else", async () => {
  const carried = new Set<string | null>();
  const person = await house.person({
    audiences: [NOTES],
    world: createTestWorld({ pace: 20 }),
    fetch: async (input, init) => {
      if (!String(input).startsWith(NOTES)) return await house.fetch(input, init);
      carried.add(new Headers(init?.headers).get("authorization"));
      return events("id: 7\ndata: x\n\n");
    },
  });
  const hers = `Bearer ${await person.session.accessToken(NOTES)}`;
  const source = new person.session.EventSource(`${NOTES}/anything`);
  const errors: unknown[] = [];
  source.addEventListener("error", (error) => errors.push(error));
  await vi.waitFor(() => expect(carried).toEqual(new Set([hers])));
  await person.signIn((await house.person()).account);
  await vi.waitFor(() => expect(source.readyState).toBe(source.CLOSED));
  expect([reasonOf(errors.at(-1)), [...carried]]).toEqual(["session_ended", [hers]]);
});

test("client case 20: one that is open is closed when its account signs out, and hears nothing more", async () => {
  let send = (_: string) => {};
  const person = await house.person({
    audiences: [NOTES],
    fetch: async (input, init) => {
      if (!String(input).startsWith(NOTES)) return await house.fetch(input, init);
      const bytes = new TextEncoder();
      return events(
        new ReadableStream({
          start(to) {
            send = (text) => to.enqueue(bytes.encode(`data: ${text}\n\n`));
          },
        }),
      );
    },
  });
  const source = new person.session.EventSource(`${NOTES}/anything`);
  const [heard, errors]: [unknown[], unknown[]] = [[], []];
  source.addEventListener("message", ({ data }: { readonly data: unknown }) => heard.push(data));
  source.addEventListener("error", (error) => errors.push(error));
  await vi.waitFor(() => expect(source.readyState).toBe(source.OPEN));
  send("hers");
  await vi.waitFor(() => expect(heard).toEqual(["hers"]));
  await person.session.end();
  await vi.waitFor(() => expect(source.readyState).toBe(source.CLOSED));
  expect(errors.map(reasonOf)).toEqual(["session_ended"]);
  send("still hers");
  await person.session.ready();
  expect(heard).toEqual(["hers"]);
});

test("client case 22: a listener that throws stops nobody: the others hear, the stream goes on, the app is told", async () => {
  const person = await house.person({
    audiences: [NOTES],
    fetch: async (input, init) => {
      if (!String(input).startsWith(NOTES)) return await house.fetch(input, init);
      return new Response("", { status: 404 });
    },
  });
  const warnings: unknown[] = [];
  person.session.onWarning((warning) => warnings.push(warning));
  const source = new person.session.EventSource(`${NOTES}/anything`);
  const errors: unknown[] = [];
  const cause = new Error("the app's own");
  source.addEventListener("error", () => {
    throw cause;
  });
  source.addEventListener("error", (error) => errors.push(error));
  await vi.waitFor(() => expect(source.readyState).toBe(source.CLOSED));
  expect([warnings, errors.length]).toEqual([[{ kind: "listener", cause }], 1]);
});

test("a stream that breaks off is not left open", async () => {
  const [opened, cancelled]: [number[], number[]] = [[], []];
  const person = await house.person({
    audiences: [NOTES],
    world: createTestWorld({ pace: 100 }),
    fetch: async (input, init) => {
      if (!String(input).startsWith(NOTES)) return await house.fetch(input, init);
      const nth = opened.length + 1;
      opened.push(nth);
      // Bytes that are no text break the reading off.
      return events(
        new ReadableStream({ pull: (to) => to.enqueue("no bytes"), cancel: () => void cancelled.push(nth) }),
      );
    },
  });
  const source = new person.session.EventSource(`${NOTES}/anything`);
  await vi.waitFor(() => expect(opened.length).toBeGreaterThan(3));
  source.close();
  await vi.waitFor(() => expect(cancelled).toEqual(opened));
});
