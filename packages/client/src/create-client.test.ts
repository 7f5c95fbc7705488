import superjson from "superjson";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type House, newAccount, openHouse } from "./testing/house.ts";
import { NOTES, type NotesRouter } from "./testing/notes.ts";

let house: House;
beforeAll(async () => {
  house = await openHouse();
});
afterAll(() => house.close());

test("somebody signs up, is who they say, and signs out", async () => {
  const client = house.client();
  const account = newAccount();
  await client.signUp(account);
  const me = await client.api.account.me.query();
  expect(me).toMatchObject({ email: account.email, name: account.name });
  expect(client.session.state).toMatchObject({ status: "signed-in", account: me.id });
  await client.session.end();
  expect(client.session.state).toEqual({ status: "signed-out" });
});

test("a client connects to another guarded API with its transformer", async () => {
  const person = await house.person();
  const notes = person.connect<NotesRouter>({ url: NOTES, transformer: superjson });
  expect(await notes.who.query()).toEqual({ account: expect.any(String), at: new Date(0) });
});
