import { createTRPCClient, httpSubscriptionLink } from "@trpc/client";
import superjson from "superjson";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { reasonOf } from "../errors.ts";
import type { BoundMode, DefaultMode } from "../mode.ts";
import { AUTH, type House, openHouse, type Person } from "../testing/house.ts";
import { NOTES, type NotesRouter } from "../testing/notes.ts";
import { createTestWorld } from "../testing/test-world.ts";

const A_LIFE_MS = 6 * 60_000;
const WAIT = { timeout: 8_000, interval: 5 };

let house: House;
let person: Person;
/** Requests for the stream: where each began, and what it carried. */
let opened: (string | null)[];
let carried: { readonly scheme: string | undefined; readonly proof: string | null }[];
/** How far the servers' clock is ahead. */
let ahead = 0;
let signals: (AbortSignal | null | undefined)[];
beforeAll(async () => {
  house = await openHouse({
    clients: [{ id: "elsewhere", name: "Elsewhere", mode: "bound", origins: [], audiences: [AUTH, NOTES] }],
  });
});
afterAll(() => house.close());

const modes: readonly [string, "Bearer" | "DPoP", BoundMode | DefaultMode][] = [
  ["with bearer tokens", "Bearer", {}],
  ["with proofs of its key", "DPoP", { mode: "bound", client: "elsewhere" }],
];

describe.each(modes)("client case 27, 28: an event stream %s", (_name, scheme, mode) => {
  beforeEach(async () => {
    opened = [];
    carried = [];
    signals = [];
    const noting: typeof fetch = async (input, init) => {
      const url = new URL(input instanceof Request ? input.url : input);
      if (url.origin !== NOTES) return await house.fetch(input, init);
      signals.push(init?.signal);
      const { json } = JSON.parse(url.searchParams.get("input") ?? "{}");
      const headers = new Headers(init?.headers);
      carried.push({ scheme: headers.get("authorization")?.split(" ")[0], proof: headers.get("dpop") });
      opened.push(headers.get("last-event-id") ?? json?.lastEventId ?? null);
      return await house.fetch(input, init);
    };
    const world = createTestWorld({ pace: 20 });
    world.pass(ahead);
    person = await house.person({ audiences: [NOTES], fetch: noting, world, ...mode });
    house.auth.forget();
    house.notes.count = 0;
  });
  afterEach(() => {
    const withToken = carried.filter(({ scheme }) => scheme !== undefined);
    const proofs = withToken.flatMap(({ proof }) => proof ?? []);
    expect(new Set(withToken.map(({ scheme }) => scheme))).toEqual(new Set(withToken.length > 0 ? [scheme] : []));
    // Each request has one of its own, or none has.
    expect(new Set(proofs).size).toBe(scheme === "DPoP" ? withToken.length : 0);
  });

  const countTo = (count: number) => {
    house.notes.count = count;
    house.notes.counting.emit("count");
  };
  const refreshes = () => house.auth.to("/session/refresh").length;

  /** Listens, and notes what comes. */
  function listen() {
    const heard: number[] = [];
    const errors: unknown[] = [];
    const { session } = person;
    const notes = createTRPCClient<NotesRouter>({
      links: [
        session.link(),
        httpSubscriptionLink({ url: NOTES, transformer: superjson, EventSource: session.EventSource }),
      ],
    });
    const { unsubscribe } = notes.counts.subscribe(undefined, {
      onData: ({ data }) => heard.push(data),
      onError: (error) => errors.push(error),
    });
    const hears = (...all: number[]) => vi.waitFor(() => expect(heard).toEqual(all), WAIT);
    return { heard, errors, hears, unsubscribe };
  }
  /** Requests whose stream nobody has closed here. */
  const open = () => signals.filter((signal) => !signal?.aborted).length;

  test("whose token expires goes on with another one after its last event", async () => {
    const { hears, errors, unsubscribe } = listen();
    countTo(2);
    await hears(1, 2);
    ahead += A_LIFE_MS;
    await house.pass(A_LIFE_MS);
    // Proofs are of another time than the servers' by then: each of them asks for its nonce first.
    const attempts = scheme === "DPoP" ? 2 : 1;
    await vi.waitFor(() => expect(refreshes()).toBe(attempts), { timeout: 8_000 });
    countTo(4);
    await hears(1, 2, 3, 4);
    expect(opened).toEqual([null, ...Array.from({ length: attempts }, () => "2")]);
    expect(errors).toEqual([]);
    unsubscribe();
  });

  test("is succeeded before its token expires, and nothing is missed or comes twice", async () => {
    const { heard, hears, unsubscribe } = listen();
    countTo(2);
    await hears(1, 2);
    for (let round = 1; round <= 5; round += 1) {
      await person.session.refresh();
      countTo(2 + round * 2);
      await vi.waitFor(() => expect(opened).toHaveLength(round + 1));
      countTo(3 + round * 2);
      await vi.waitFor(() => expect(heard.at(-1)).toBe(3 + round * 2));
      // The stream of before is closed.
      await vi.waitFor(() => expect(open()).toBe(1));
    }
    expect(heard).toEqual(Array.from({ length: 13 }, (_, at) => at + 1));
    unsubscribe();
    await vi.waitFor(() => expect(open()).toBe(0));
  });

  test("of a session that was ended elsewhere is closed by the server, and not opened again", async () => {
    const { hears, errors } = listen();
    countTo(1);
    await hears(1);
    const elsewhere = house.client();
    await elsewhere.signIn(person.account);
    await elsewhere.api.account.endOtherSessions.mutate();
    await vi.waitFor(() => expect(errors.map(reasonOf)).toEqual(["session_ended"]), { timeout: 8_000 });
    expect([opened.length, refreshes()]).toEqual([1, 0]);
    expect(person.session.state).toEqual({ status: "signed-out" });
    await vi.waitFor(() => expect(open()).toBe(0));
  });

  test("ends at once when its account signs out here, or somebody else signs in", async () => {
    const first = listen();
    countTo(1);
    await first.hears(1);
    await person.session.end();
    expect(first.errors.map(reasonOf)).toEqual(["session_ended"]);
    await person.signIn(person.account);
    const second = listen();
    await second.hears(1);
    const other = await house.person();
    await person.signIn(other.account);
    expect(second.errors.map(reasonOf)).toEqual(["session_ended"]);
    expect(first.errors).toHaveLength(1);
    await vi.waitFor(() => expect(open()).toBe(0));
  });

  test("that the network cuts off is connected again after its last event", async () => {
    const { hears, errors, unsubscribe } = listen();
    countTo(2);
    await hears(1, 2);
    house.notes.cut();
    countTo(3);
    await hears(1, 2, 3);
    expect(opened).toEqual([null, "2"]);
    expect([errors, refreshes()]).toEqual([[], 0]);
    unsubscribe();
  });

  test("of nobody is refused, and not opened again", async () => {
    await person.session.end();
    const { errors } = listen();
    await vi.waitFor(() => expect(errors.map(reasonOf)).toEqual(["no_token"]));
    expect(opened).toHaveLength(1);
  });

  describe("that connect made", () => {
    const connect = () => person.connect<NotesRouter>({ url: NOTES, transformer: superjson });

    test("is an event stream, which goes on after its last event", async () => {
      const heard: number[] = [];
      const { unsubscribe } = connect().counts.subscribe(undefined, { onData: ({ data }) => heard.push(data) });
      countTo(2);
      await vi.waitFor(() => expect(heard).toEqual([1, 2]), WAIT);
      house.notes.cut();
      countTo(3);
      await vi.waitFor(() => expect(heard).toEqual([1, 2, 3]), WAIT);
      expect(opened).toEqual([null, "2"]);
      unsubscribe();
      await vi.waitFor(() => expect(open()).toBe(0));
    });

    test("is read to its end by who gives no callbacks", async () => {
      const ticks: number[] = [];
      for await (const { data } of connect().ticks.subscribe(undefined)) ticks.push(data);
      expect(ticks).toEqual([1, 2, 3]);
    });

    test("that is given up before it was opened is not opened", async () => {
      const heard: unknown[] = [];
      const tell = () => heard.push("told");
      connect().counts.subscribe(undefined, { onData: tell, onError: tell, onComplete: tell }).unsubscribe();
      await connect().hello.query();
      expect([opened, heard]).toEqual([[null], []]);
    });
  });
});
