import { getUntypedClient, TRPCClientError } from "@trpc/client";
import superjson from "superjson";
import { afterAll, beforeAll, expect, test } from "vitest";
import { reasonOf } from "../errors.ts";
import { type House, openHouse, type Person } from "../testing/house.ts";
import { NOTES, type NotesRouter } from "../testing/notes.ts";

let house: House;
let person: Person;
beforeAll(async () => {
  house = await openHouse();
  person = await house.person();
});
afterAll(() => house.close());

const caught = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

test("tRPC's other libraries find the calls by path behind a typed client", async () => {
  const untyped = getUntypedClient(person.api);
  expect(await untyped.query("account.me")).toEqual(await person.api.account.me.query());
});

test("a path is the same each time, and a client is no promise", async () => {
  expect(person.api.account.me.query).toBe(person.api.account.me.query);
  expect(await Promise.resolve(person.api)).toBe(person.api);
});

test("a path shows itself, and is called as functions are", async () => {
  const { me } = person.api.account;
  expect([`${me}`, JSON.stringify([me])]).toEqual(["account.me", '["account.me"]']);
  const known = await me.query();
  expect(await me.query.call(undefined, undefined)).toEqual(known);
  expect(await me.query.apply(undefined, [undefined])).toEqual(known);
});

test("a path that ends in no call is a TypeError", () => {
  const { me } = person.api.account as unknown as { readonly me: () => void };
  expect(me).toThrow(TypeError);
});

test("what a call fails with is tRPC's own error: refused by the server, by tRPC, or given up", async () => {
  const notes = person.connect<NotesRouter>({ url: NOTES, transformer: superjson, batch: "none" });
  const query = notes.hello.query as (input: unknown) => Promise<unknown>;
  const refused = await caught(person.api.users.list.query({}));
  const senseless = await caught(query(new FormData()));
  const givenUp = await caught(person.api.account.me.query(undefined, { signal: AbortSignal.abort() }));
  for (const error of [refused, senseless, givenUp]) expect(error).toBeInstanceOf(TRPCClientError);
  expect([refused, givenUp].map(reasonOf)).toEqual(["not_permitted", "unknown"]);
  expect((senseless as Error).message).toMatch("FormData");
});
