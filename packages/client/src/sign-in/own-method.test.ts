import { afterAll, beforeAll, expect, test } from "vitest";
import { reasonOf } from "../errors.ts";
import { badge, badges } from "../testing/badge.ts";
import { type House, newAccount, openHouse } from "../testing/house.ts";

// A sign-in method of somebody's own, from its definition at the server to the session in the app.

let house: House;
beforeAll(async () => {
  house = await openHouse({ signIn: [badge] });
});
afterAll(() => house.close());

const refused = async (attempt: Promise<unknown>) => reasonOf(await attempt.catch((error: unknown) => error));

test("somebody signs in by it, without a token and alone in its request, and is who they are", async () => {
  const { account, session } = await house.person();
  await session.end();
  badges.set("0/k-17", account.email);
  const client = house.client();
  house.auth.forget();
  await client.signIn.with<typeof badge>("badge", { code: "k-17" });
  const [sent] = house.auth.to("/trpc/signIn.method");
  expect(JSON.parse(sent?.body ?? "")).toEqual({ client: "cli", method: "badge", input: { code: "k-17" } });
  expect(sent?.authorization).toBeUndefined();
  expect((await client.api.account.me.query()).email).toBe(account.email);
  await client.session.refresh();
  await client.session.end();
});

test("what it refuses is refused with its reason, and whoever is signed in stays so", async () => {
  const person = await house.person();
  expect(await refused(person.signIn.with<typeof badge>("badge", { code: "none" }))).toBe("wrong_credentials");
  expect(await refused(person.signIn.with("badge", { code: 7 }))).toBe("bad_request");
  expect(await refused(person.signIn.with("none", {}))).toBe("not_found");
  expect((await person.api.account.me.query()).email).toBe(person.account.email);
});

test("nobody gets in by an address that has no account", async () => {
  badges.set("0/lost", newAccount().email);
  expect(await refused(house.client().signIn.with<typeof badge>("badge", { code: "lost" }))).toBe("wrong_credentials");
});
