import { createTRPCClient, httpLink, retryLink, type TRPCLink } from "@trpc/client";
import { observable } from "@trpc/server/observable";
import superjson from "superjson";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { reasonOf } from "../errors.ts";
import { gate } from "../testing/gate.ts";
import { type House, openHouse, type Person } from "../testing/house.ts";
import { NOTES, type NotesRouter } from "../testing/notes.ts";
import { createTestWorld } from "../testing/test-world.ts";
import type { ConnectOptions } from "./connect.ts";

/** Longer than an access token lives, and the guard's leeway. */
const A_LIFE_MS = 6 * 60_000;

let house: House;
let person: Person;
beforeAll(async () => {
  house = await openHouse();
});
beforeEach(async () => {
  person = await house.person();
  // A token for the notes is there, and nothing else has happened yet.
  await connect("none").who.query();
  house.auth.forget();
  house.notesDoor.forget();
  house.notes.added.length = 0;
});
afterEach(() => {
  house.auth.forwardAll();
  house.notesDoor.forwardAll();
});
afterAll(() => house.close());

const connect = (batch: NonNullable<ConnectOptions<NotesRouter>["batch"]>, to: Person = person) =>
  to.connect<NotesRouter>({ url: NOTES, transformer: superjson, batch });
const reasonFrom = (call: Promise<unknown>) => call.then(() => expect.fail("the call succeeded"), reasonOf);
const accountOf = ({ session: { state } }: Person) => ("account" in state ? state.account : undefined);

describe("client case 20: somebody else signs in", () => {
  test("while a call waits for a refresh: the call is not repeated with the other's token", async () => {
    await house.pass(A_LIFE_MS);
    const other = await house.person();
    let signedIn: Promise<void> | undefined;
    house.auth.decide(async ({ path }) => {
      if (path !== "/session/refresh") return undefined;
      signedIn ??= person.signIn(other.account);
      await signedIn;
      return undefined;
    });
    house.notesDoor.forget();
    const changes: unknown[] = [];
    person.session.onAccountChange((account, before) => changes.push([account, before]));
    const before = accountOf(person);
    expect(await reasonFrom(connect("none").who.query())).toBe("token_expired");
    expect(house.notesDoor.seen).toHaveLength(1);
    expect(changes).toEqual([[accountOf(person), before]]);
    expect(accountOf(person)).toBe(accountOf(other));
  });

  test.each(["somebody else signs in", "the app signs out"])(
    "while a call waits for a token, or for nobody (%s): it does not leave at all",
    async (event) => {
      const world = createTestWorld();
      const early = await house.person({ world });
      await connect("none", early).who.query();
      house.notesDoor.forget();
      const other = await house.person();
      world.pass(A_LIFE_MS);
      let happened: Promise<void> | undefined;
      house.auth.decide(async ({ path }) => {
        if (path !== "/session/refresh") return undefined;
        happened ??= event === "the app signs out" ? early.session.end() : early.signIn(other.account);
        await happened;
        return undefined;
      });
      expect(await reasonFrom(connect("none", early).add.mutate({ title: "mine" }))).toBe("session_ended");
      expect(house.notesDoor.seen).toEqual([]);
    },
  );

  test("while a call waits for its batch to leave: it does not leave with the other's token", async () => {
    const other = await house.person();
    const gate = Promise.withResolvers<void>();
    const entered = Promise.withResolvers<void>();
    const notes = person.connect<NotesRouter>({
      url: NOTES,
      transformer: superjson,
      headers: async () => {
        entered.resolve();
        await gate.promise;
        return {};
      },
    });
    const call = reasonFrom(notes.add.mutate({ title: "mine" }));
    await entered.promise;
    await person.signIn(other.account);
    gate.resolve();
    expect(await call).toBe("session_ended");
    expect(house.notesDoor.seen).toHaveLength(0);
    expect(house.notes.added).toEqual([]);
    expect((await connect("stream").who.query()).account).toBe(accountOf(other));
  });

  test.each(["none", "together", "stream"] as const)(
    "who makes the same call: it is theirs that leaves, and hers fails at once (batch: %s)",
    async (batch) => {
      const other = await house.person();
      const way = gate();
      let isHers = true;
      const notes = person.connect<NotesRouter>({
        url: NOTES,
        transformer: superjson,
        batch,
        headers: async () => {
          if (isHers) await way.pass();
          return {};
        },
      });
      const hers = reasonFrom(notes.add.mutate({ title: "hers" }));
      await way.reached;
      isHers = false;
      await person.signIn(other.account);
      expect(await hers).toBe("session_ended");
      expect((await notes.add.mutate({ title: "theirs" })).by).toBe(accountOf(other));
      way.open();
      expect((await notes.add.mutate({ title: "more of theirs" })).by).toBe(accountOf(other));
      expect(house.notes.added).toEqual(["theirs", "more of theirs"]);
    },
  );

  test("while a link of the app's keeps it, which does not hear that it was given up: it is not sent as theirs", async () => {
    const other = await house.person();
    const kept: (() => void)[] = [];
    const queue: TRPCLink<NotesRouter> = () => (call) =>
      observable((observer) => void kept.push(() => void call.next(call.op).subscribe(observer)));
    const notes = createTRPCClient<NotesRouter>({
      links: [
        person.session.link(),
        queue,
        httpLink({ url: NOTES, transformer: superjson, fetch: person.session.fetch }),
      ],
    });
    const hers = reasonFrom(notes.add.mutate({ title: "hers" }));
    await person.signIn(other.account);
    expect(await hers).toBe("session_ended");
    const theirs = notes.add.mutate({ title: "theirs" });
    for (const send of kept) send();
    expect((await theirs).by).toBe(accountOf(other));
    expect(house.notes.added).toEqual(["theirs"]);
  });

  test.each(["before", "behind"])(
    "while a link of the app's %s the session's waits to make it again: it is not made as theirs",
    async (place) => {
      const other = await house.person();
      const waits = gate();
      const retrying = retryLink<NotesRouter>({
        retry: ({ attempts }) => attempts < 2,
        retryDelayMs: () => {
          void waits.pass();
          return 1_000;
        },
      });
      const links = [retrying, person.session.link<NotesRouter>()];
      if (place === "behind") links.reverse();
      const notes = createTRPCClient<NotesRouter>({
        links: [...links, httpLink({ url: NOTES, transformer: superjson, fetch: person.session.fetch })],
      });
      house.notesDoor.decide(() => "cut");
      const hers = reasonFrom(notes.add.mutate({ title: "hers" }));
      await waits.reached;
      await person.signIn(other.account);
      house.notesDoor.forwardAll();
      expect(await hers).toBe("session_ended");
      expect(house.notes.added).toEqual([]);
    },
  );

  test("and a call of hers that was refused does not sign the other out", async () => {
    const other = await house.person();
    house.notesDoor.decide(async () => {
      await person.signIn(other.account);
      await vi.waitUntil(() => house.auth.to("/session/end")[0]?.reply !== undefined);
      return undefined;
    });
    expect(await reasonFrom(connect("none").who.query())).toBe("session_ended");
    expect(accountOf(person)).toBe(accountOf(other));
  });
});
