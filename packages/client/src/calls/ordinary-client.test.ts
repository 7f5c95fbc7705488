import { facts } from "@countersign/guard";
import {
  createTRPCClient,
  httpBatchLink,
  httpBatchStreamLink,
  httpLink,
  loggerLink,
  type TRPCClient,
  TRPCClientError,
  type TRPCLink,
  unstable_localLink,
} from "@trpc/client";
import { observable } from "@trpc/server/observable";
import superjson from "superjson";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { reasonOf } from "../errors.ts";
import { type House, openHouse, type Person } from "../testing/house.ts";
import { NOTES, type NotesRouter } from "../testing/notes.ts";

const A_LIFE_MS = 6 * 60_000;

let house: House;
let person: Person;
beforeAll(async () => {
  house = await openHouse();
});
beforeEach(async () => {
  person = await house.person({ audiences: [NOTES] });
  house.auth.forget();
  house.notesDoor.forget();
  house.notes.added.length = 0;
});
afterAll(() => house.close());

const refreshes = () => house.auth.to("/session/refresh").length;

describe("a client that somebody has, with the session's link before its own", () => {
  const clients: readonly [string, () => TRPCClient<NotesRouter>][] = [
    [
      "httpBatchStreamLink",
      () =>
        createTRPCClient<NotesRouter>({
          links: [
            person.session.link(),
            httpBatchStreamLink({ url: NOTES, transformer: superjson, fetch: person.session.fetch }),
          ],
        }),
    ],
    [
      "httpBatchLink",
      () =>
        createTRPCClient<NotesRouter>({
          links: [
            person.session.link(),
            httpBatchLink({ url: NOTES, transformer: superjson, fetch: person.session.fetch }),
          ],
        }),
    ],
    [
      "httpLink, and a logger between",
      () =>
        createTRPCClient<NotesRouter>({
          links: [
            person.session.link(),
            loggerLink({ enabled: () => false }),
            httpLink({ url: NOTES, transformer: superjson, fetch: person.session.fetch }),
          ],
        }),
    ],
  ];

  test.each(clients)("%s: carries the token, renews it once, repeats what was refused", async (_, create) => {
    const notes = create();
    expect((await notes.who.query()).at).toEqual(new Date(0));
    await house.pass(A_LIFE_MS);
    const [hello, who, added] = await Promise.all([
      notes.hello.query(),
      notes.who.query(),
      notes.add.mutate({ title: "milk" }),
    ]);
    expect([hello, who.at, added.title]).toEqual(["hello", new Date(0), "milk"]);
    expect(house.notes.added).toEqual(["milk"]);
    expect(refreshes()).toBe(1);
  });

  test("who brings the token by headers of their own is served as well: one refresh, one repetition", async () => {
    const notes = createTRPCClient<NotesRouter>({
      links: [
        person.session.link(),
        httpBatchLink({
          url: NOTES,
          transformer: superjson,
          fetch: (input, init) => house.fetch(input as string, init as RequestInit),
          headers: async () => ({ authorization: `Bearer ${await person.session.accessToken(NOTES)}` }),
        }),
      ],
    });
    await house.pass(A_LIFE_MS);
    const answers = await Promise.all([notes.who.query(), notes.who.query()]);
    expect(answers).toHaveLength(2);
    expect(refreshes()).toBe(1);
  });
});

describe("a subscription", () => {
  /** The router in this process, with the token that the session has at that moment. */
  const local = (token: () => Promise<string | undefined>): TRPCLink<NotesRouter> =>
    unstable_localLink({
      router: house.notes.router,
      transformer: superjson,
      createContext: async () => ({ auth: facts(new Headers({ authorization: `Bearer ${await token()}` })) }),
    });
  const ticksOf = (notes: TRPCClient<NotesRouter>) =>
    new Promise<number[]>((resolve, reject) => {
      const ticks: number[] = [];
      notes.ticks.subscribe(undefined, {
        onData: ({ data }) => ticks.push(data),
        onError: reject,
        onComplete: () => resolve(ticks),
      });
    });

  test("that is refused before its first value is opened once more with a new token", async () => {
    const links = [person.session.link<NotesRouter>(), local(() => person.session.accessToken(NOTES))];
    await house.pass(A_LIFE_MS);
    expect(await ticksOf(createTRPCClient<NotesRouter>({ links }))).toEqual([1, 2, 3]);
    expect(refreshes()).toBe(1);
  });

  test("that is refused for ever ends with the reason", async () => {
    const stale = await person.session.accessToken(NOTES);
    await house.pass(A_LIFE_MS);
    const links = [person.session.link<NotesRouter>(), local(async () => stale)];
    const error = await ticksOf(createTRPCClient<NotesRouter>({ links })).catch((caught: unknown) => caught);
    expect(reasonOf(error)).toBe("token_expired");
    expect(refreshes()).toBe(1);
  });

  test("that ends again as soon as it was opened with a new token is not opened for ever", async () => {
    let opened = 0;
    const data = { reason: "token_expired", ran: false };
    const breaking: TRPCLink<NotesRouter> = () => () =>
      observable((observer) => {
        opened += 1;
        observer.next({ result: { type: "started" } });
        observer.next({ result: { type: "data", data: { id: "1", data: 1 } } });
        observer.error(TRPCClientError.from({ error: { code: -32_001, message: "token_expired", data } }));
      });
    const links = [person.session.link<NotesRouter>(), breaking];
    const error = await ticksOf(createTRPCClient<NotesRouter>({ links })).catch((caught: unknown) => caught);
    expect(reasonOf(error)).toBe("token_expired");
    expect([opened, refreshes()]).toEqual([2, 1]);
  });
});
