import superjson from "superjson";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { reasonOf } from "../errors.ts";
import { type House, openHouse, type Person } from "../testing/house.ts";
import { NOTES, type NotesRouter } from "../testing/notes.ts";

let house: House;
let person: Person;
beforeAll(async () => {
  house = await openHouse();
});
beforeEach(async () => {
  person = await house.person();
  house.auth.forget();
  house.notesDoor.forget();
});
afterAll(() => house.close());

test.each(["stream", "together", "none"] as const)(
  "another guarded API is called with its own transformer, and with the token of its own audience (batch: %s)",
  async (batch) => {
    const notes = person.connect<NotesRouter>({ url: NOTES, transformer: superjson, batch });
    const [who, added, hello] = await Promise.all([
      notes.who.query(),
      notes.add.mutate({ title: "milk" }),
      notes.hello.query(),
    ]);
    const { state } = person.session;
    expect([who.at, added.by, hello]).toEqual([new Date(0), "account" in state && state.account, "hello"]);
    const tokens = new Set(house.notesDoor.seen.map(({ authorization }) => authorization));
    expect(tokens).toEqual(new Set([`Bearer ${await person.session.accessToken(NOTES)}`]));
  },
);

test("calls of one moment share a request, unless they may not", async () => {
  const paths = async (batch: "stream" | "together" | "none") => {
    const notes = person.connect<NotesRouter>({ url: NOTES, transformer: superjson, batch });
    house.notesDoor.forget();
    await Promise.all([notes.who.query(), notes.hello.query()]);
    return house.notesDoor.seen.map(({ path }) => path.split("?")[0]).toSorted();
  };
  expect(await paths("stream")).toEqual(["/who,hello"]);
  expect(await paths("together")).toEqual(["/who,hello"]);
  expect(await paths("none")).toEqual(["/hello", "/who"]);
});

test("tRPC's own options hold: headers, and how long a batch may be", async () => {
  const notes = person.connect<NotesRouter>({
    url: new URL(NOTES),
    transformer: superjson,
    maxItems: 1,
    headers: () => ({ authorization: "Bearer theirs" }),
  });
  await Promise.allSettled([notes.hello.query(), notes.hello.query()]);
  expect(house.notesDoor.seen.map(({ authorization }) => authorization)).toEqual(["Bearer theirs", "Bearer theirs"]);
});

test("an API that the server does not know is a typed error, and its calls do not go out", async () => {
  const audience = "https://notes.test/unknown";
  const notes = person.connect<NotesRouter>({ url: `${NOTES}/unknown`, audience, transformer: superjson });
  expect(reasonOf(await notes.who.query().catch((error: unknown) => error))).toBe("invalid_target");
  expect(house.notesDoor.seen).toEqual([]);
  expect((await person.api.account.me.query()).email).toBe(person.account.email);
});
