import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { reasonOf } from "../errors.ts";
import { type House, openHouse, type Person } from "../testing/house.ts";
import { NOTES, type NotesRouter, notesPermissions, notesProcedures } from "../testing/notes.ts";
import { createTestWorld } from "../testing/test-world.ts";
import { mayCall } from "./may-call.ts";

const admin = { email: "admin@example.com", name: "Admin", password: "seven plums in winter" };

let house: House;
let administrator: Person;
let person: Person;
let id: string;
beforeAll(async () => {
  house = await openHouse();
  const client = house.client({ audiences: [NOTES] });
  await client.setUp({ ...admin, link: (await house.issuer.setUpLink()) ?? "" });
  administrator = { ...client, account: admin };
  await client.api.roles.create.mutate({
    name: "writer",
    description: "",
    permissions: [{ audience: NOTES, permission: "notes:write" }],
  });
});
beforeEach(async () => {
  person = await house.person();
  id = (await person.api.account.me.query()).id;
  house.auth.forget();
});
afterAll(() => house.close());

test("the issuer's own procedures are judged on the account's permissions, by path", async () => {
  await Promise.all([administrator.access.ready(), person.access.ready()]);
  expect(administrator.can("users.disable")).toBe(true);
  expect([person.can("users.disable"), person.can("account.me"), person.can("keys.list")]).toEqual([false, true, true]);
});

test("another API's are judged on its registered access table, and follow what roles give and take", async () => {
  const access = person.accessTo<NotesRouter>(NOTES);
  await access.ready();
  const told: boolean[] = [];
  access.subscribe(() => told.push(access.can("purge")));
  expect([access.can("hello"), access.can("who"), access.can("purge")]).toEqual([true, true, false]);

  await administrator.api.roles.grant.mutate({ account: id, role: "writer" });
  await person.session.refresh();
  expect(told).toEqual([true]);
  await person.session.refresh();
  expect(told).toEqual([true]);

  await administrator.api.roles.revoke.mutate({ account: id, role: "writer" });
  await person.session.refresh();
  expect(told).toEqual([true, false]);
  await person.session.end();
  expect([access.can("hello"), access.can("who")]).toEqual([true, false]);
});

test("a path that the table does not name is false, whatever it is called", async () => {
  const access = person.accessTo<NotesRouter>(NOTES);
  await access.ready();
  for (const path of ["nothing", "constructor", "__proto__", "toString", ""]) {
    expect(access.can(path as "who"), path).toBe(false);
  }
});

test("the table is fetched once, when somebody first asks, and they are told when it is there", async () => {
  expect(house.auth.to("/trpc/access.table")).toEqual([]);
  const access = person.accessTo<NotesRouter>(NOTES);
  expect(person.accessTo<NotesRouter>(NOTES)).toBe(access);
  const isThere = new Promise<void>((resolve) => access.subscribe(resolve));
  expect([access.can("who"), access.can("hello")]).toEqual([false, false]);
  await isThere;
  await access.ready();
  expect([access.can("who"), access.can("hello")]).toEqual([true, true]);
  expect(house.auth.to("/trpc/access.table")).toHaveLength(1);
});

test("nobody is asked for nobody, and who signs in is told by their own rights", async () => {
  const nobody = house.client();
  house.auth.forget();
  await nobody.access.ready();
  expect([nobody.can("account.me"), house.auth.seen]).toEqual([false, []]);
  const isThere = new Promise<void>((resolve) => nobody.access.subscribe(resolve));
  await nobody.signIn(person.account);
  await isThere;
  await nobody.access.ready();
  expect([nobody.can("account.me"), nobody.can("users.list")]).toEqual([true, false]);
});

test("a table that grew old is fetched again with the next tokens", async () => {
  const world = createTestWorld();
  const other = await house.person({ world });
  const access = other.accessTo<NotesRouter>(NOTES);
  await access.ready();
  const declaration = {
    audience: NOTES,
    permissions: [...notesPermissions],
    procedures: { ...notesProcedures, who: { allowed: ["notes:write"] } },
  };
  await administrator.api.access.push.mutate({ declaration });
  await other.session.refresh();
  await access.ready();
  expect(access.can("who")).toBe(true);
  world.pass(300_000);
  const isNew = new Promise<void>((resolve) => access.subscribe(resolve));
  await other.session.refresh();
  await isNew;
  expect([access.can("who"), access.can("add")]).toEqual([false, true]);
  await administrator.api.access.push.mutate({ declaration: { ...declaration, procedures: notesProcedures } });
});

test("an API that the server does not know is a typed error, and nothing may be called there", async () => {
  const access = person.accessTo<NotesRouter>("https://unknown.test");
  expect(reasonOf(await access.ready().catch((error: unknown) => error))).toBe("invalid_target");
  expect(access.can("who")).toBe(false);
});

test("a listener that throws is warned of, and the others are told", async () => {
  const warnings: unknown[] = [];
  person.session.onWarning((warning) => warnings.push(warning.kind));
  const access = person.accessTo<NotesRouter>(NOTES);
  access.subscribe(() => {
    throw new Error("theirs");
  });
  let isTold = false;
  access.subscribe(() => {
    isTold = true;
  });
  await access.ready();
  expect([isTold, warnings]).toEqual([true, ["listener"]]);
});

test("a fresh sign-in can be had, so such a procedure may be called; an unknown kind of policy lets nobody", () => {
  const policies = [
    { signedIn: true, within: 60 },
    { allowed: ["a:b", "c:d"] },
    { allowedAny: ["c:d"] },
    { moon: "full" },
  ];
  expect(policies.map((policy) => mayCall(policy, ["a:b"]))).toEqual([true, false, false, false]);
  expect(policies.map((policy) => mayCall(policy, ["c:d", "a:b"]))).toEqual([true, true, true, false]);
  expect(policies.map((policy) => mayCall(policy, undefined))).toEqual([false, false, false, false]);
  expect(mayCall({ allowed: "a:b" }, ["a:b"])).toBe(false);
});

test("the notes' table is that of their router", () => {
  expect({ ...house.notes.table }).toEqual(notesProcedures);
});
