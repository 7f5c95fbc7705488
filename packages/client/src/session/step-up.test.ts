import superjson from "superjson";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { reasonOf } from "../errors.ts";
import { type House, openHouse, type Person } from "../testing/house.ts";
import { FRESH_S, NOTES, type NotesRouter } from "../testing/notes.ts";
import type { StepUpHandler, StepUpRequest } from "./step-up.ts";

const HOUR_MS = 3_600_000;

let house: House;
let person: Person;
beforeAll(async () => {
  house = await openHouse();
});
beforeEach(async () => {
  person = await house.person({ audiences: [NOTES] });
  await house.pass(HOUR_MS);
  await person.session.refresh();
  house.auth.forget();
  house.notesDoor.forget();
  house.notes.added.length = 0;
});
afterAll(() => house.close());

const notesOf = (batch: "stream" | "together" | "none" = "stream") =>
  person.connect<NotesRouter>({ url: NOTES, transformer: superjson, batch });
const reasonFrom = async (call: Promise<unknown>) => reasonOf(await call.catch((error: unknown) => error));
const stepUps = () => house.auth.to("/trpc/account.stepUp").length;

/** Types the password when asked, and notes what was asked for. */
function asking(password = person.account.password) {
  const asked: StepUpRequest[] = [];
  const handler: StepUpHandler = async (request) => {
    asked.push(request);
    await person.stepUp({ password });
  };
  return { asked, stop: person.session.onStepUp(handler) };
}

describe("RFC 9470 4: a call that asks for a fresh sign-in", () => {
  test("ASVS 7.5.3: has the app's handler ask for the password, and is repeated once in the same session", async () => {
    const before = person.session.state;
    const { asked } = asking();
    expect(await notesOf().shred.mutate({ title: "bills" })).toBe("shredded");
    expect(asked).toEqual([{ maxAge: FRESH_S }]);
    expect(house.notes.added).toEqual(["bills"]);
    expect(house.notesDoor.seen).toHaveLength(2);
    expect(person.session.state).toEqual(before);
    // As long as it is fresh, nobody is asked again.
    await notesOf().shred.mutate({ title: "letters" });
    expect([asked.length, stepUps()]).toEqual([1, 1]);
  });

  test.each(["stream", "together", "none"] as const)("many at once ask once (batch: %s)", async (batch) => {
    const { asked } = asking();
    const titles = ["a", "b", "c", "d", "e"];
    await Promise.all(titles.map((title) => notesOf(batch).shred.mutate({ title })));
    expect([asked.length, stepUps()]).toEqual([1, 1]);
    expect(house.notes.added.toSorted()).toEqual(titles);
  });

  test.each(["stream", "together"] as const)(
    "client case 23: of a batch only the mutation that was refused is repeated, the others have run (batch: %s)",
    async (batch) => {
      asking();
      const notes = notesOf(batch);
      await Promise.all([
        notes.add.mutate({ title: "a" }),
        notes.shred.mutate({ title: "b" }),
        notes.add.mutate({ title: "c" }),
      ]);
      expect(house.notes.added.toSorted()).toEqual(["a", "b", "c"]);
      expect(house.notesDoor.seen.map(({ path }) => path.split("?")[0])).toEqual(["/add,shred,add", "/shred"]);
    },
  );

  test("client case 25: without a handler fails as it was refused, and refreshes nothing", async () => {
    expect(await reasonFrom(notesOf().shred.mutate({ title: "bills" }))).toBe("step_up_required");
    expect(house.auth.seen).toEqual([]);
    expect(house.notes.added).toEqual([]);
  });

  test("a handler that never answers is not waited for by who comes after its person", async () => {
    const asked: string[] = [];
    person.session.onStepUp(() => {
      asked.push("hers");
      return new Promise(() => undefined);
    });
    const hers = reasonFrom(notesOf("none").shred.mutate({ title: "hers" }));
    await vi.waitUntil(() => asked.length > 0);
    const other = await house.person();
    await person.session.end();
    expect(await hers).toBe("step_up_required");
    person.session.onStepUp(async () => {
      asked.push("theirs");
      await person.stepUp(other.account);
    });
    await person.signIn(other.account);
    await house.pass(HOUR_MS);
    await person.session.refresh();
    expect(await notesOf("none").shred.mutate({ title: "theirs" })).toBe("shredded");
    expect([asked, house.notes.added]).toEqual([["hers", "theirs"], ["theirs"]]);
  });

  test("fails as it was refused where the handler throws: a wrong password, a dialog that was closed", async () => {
    const { stop } = asking("a guess of somebody's");
    expect(await reasonFrom(notesOf().shred.mutate({ title: "bills" }))).toBe("step_up_required");
    stop();
    person.session.onStepUp(() => {
      throw new Error("closed");
    });
    expect(await reasonFrom(notesOf().shred.mutate({ title: "bills" }))).toBe("step_up_required");
    expect(house.notes.added).toEqual([]);
  });

  test("is repeated once and no more, where the handler did nothing", async () => {
    let asked = 0;
    person.session.onStepUp(() => {
      asked += 1;
    });
    expect(await reasonFrom(notesOf().shred.mutate({ title: "bills" }))).toBe("step_up_required");
    expect([asked, house.notesDoor.seen.length]).toEqual([1, 2]);
  });

  test("is not repeated for somebody else, who signed in while the question stood", async () => {
    const other = await house.person();
    person.session.onStepUp(() => person.signIn(other.account));
    expect(await reasonFrom(notesOf().shred.mutate({ title: "bills" }))).toBe("step_up_required");
    expect([house.notes.added, house.notesDoor.seen.length]).toEqual([[], 1]);
  });
});

test("stepping up with a wrong password is told by its reason, and the session is what it was", async () => {
  expect(await reasonFrom(person.stepUp({ password: "a guess of somebody's" }))).toBe("wrong_credentials");
  expect(person.session.state.status).toBe("signed-in");
  expect((await person.api.account.me.query()).email).toBe(person.account.email);
});

test("a step-up whose reply is lost has happened: the next call goes through", async () => {
  house.auth.decide(({ path }) => (path === "/trpc/account.stepUp" ? "lose-reply" : undefined));
  const { asked } = asking();
  expect(await reasonFrom(notesOf().shred.mutate({ title: "bills" }))).toBe("step_up_required");
  house.auth.forwardAll();
  expect(await notesOf().shred.mutate({ title: "bills" })).toBe("shredded");
  expect(asked).toHaveLength(1);
});

test("createClient takes the handler, too; of several the last one is asked", async () => {
  const asked: string[] = [];
  const refusing = (name: string) => () => {
    asked.push(name);
    throw new Error("not now");
  };
  const client = house.client({ audiences: [NOTES], onStepUp: refusing("first") });
  await client.signIn(person.account);
  await house.pass(HOUR_MS);
  const shred = () =>
    client.connect<NotesRouter>({ url: NOTES, transformer: superjson }).shred.mutate({ title: "bills" });
  await reasonFrom(shred());
  const stop = client.session.onStepUp(refusing("second"));
  await reasonFrom(shred());
  stop();
  await reasonFrom(shred());
  expect(asked).toEqual(["first", "second", "first"]);
});
