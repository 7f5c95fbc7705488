import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { reasonOf } from "../errors.ts";
import { type House, openHouse } from "../testing/house.ts";
import { NOTES } from "../testing/notes.ts";
import { createTestWorld } from "../testing/test-world.ts";
import { followEvents } from "./follow-events.ts";

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

test("a stream whose listener throws is not left open", async () => {
  const [opened, cancelled]: [number[], number[]] = [[], []];
  const stop = new AbortController();
  const following = followEvents({
    url: NOTES,
    fetch: async () => {
      const nth = opened.push(opened.length);
      const bytes = new TextEncoder().encode("data: x\n\n");
      return events(new ReadableStream({ start: (to) => to.enqueue(bytes), cancel: () => void cancelled.push(nth) }));
    },
    answered: () => undefined,
    world: createTestWorld({ pace: 100 }),
    signal: stop.signal,
    tell(_, type) {
      if (type === "message") throw new Error("the app's own");
    },
  });
  await vi.waitFor(() => expect(opened.length).toBeGreaterThan(3));
  stop.abort(new Error("enough"));
  await expect(following).rejects.toThrow("enough");
  await vi.waitFor(() => expect(cancelled).toHaveLength(opened.length));
});
