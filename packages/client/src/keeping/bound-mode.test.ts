import superjson from "superjson";
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { type ClientReason, reasonOf } from "../errors.ts";
import type { SessionWarning } from "../session/session-state.ts";
import { AUTH, type House, newAccount, openHouse, type Person } from "../testing/house.ts";
import { NOTES, type NotesRouter, notesPermissions } from "../testing/notes.ts";
import { createTestWorld } from "../testing/test-world.ts";
import { createProofKey } from "./proof-key.ts";
import { memoryStorage } from "./storage.ts";

const app = { mode: "bound", client: "elsewhere", audiences: [NOTES] } as const;

let house: House;
let person: Person;
beforeAll(async () => {
  house = await openHouse({
    audiences: [{ audience: NOTES, permissions: notesPermissions, boundTokens: true }],
    clients: [{ id: app.client, name: "Elsewhere", mode: "bound", origins: [], audiences: [AUTH, NOTES] }],
  });
});
beforeEach(async () => {
  person = await house.person(app);
  house.auth.forget();
  house.notesDoor.forget();
});
afterAll(() => house.close());

const notesOf = (whose: Person, batch: "stream" | "together" | "none" = "together") =>
  whose.connect<NotesRouter>({ url: NOTES, transformer: superjson, batch });
const schemes = () => house.notesDoor.seen.map(({ authorization = "" }) => authorization.split(" ")[0]);
const reason = async (attempt: Promise<unknown>): Promise<ClientReason | undefined> =>
  await attempt.then(() => undefined, reasonOf);

describe("a client whose session is bound to a key", () => {
  test.each(["stream", "together", "none"] as const)(
    "client case 28: proves each request, whatever shares it (batch: %s)",
    async (batch) => {
      const notes = notesOf(person, batch);
      for (let time = 0; time < 2; time += 1) {
        const [who, added] = await Promise.all([notes.who.query(), notes.add.mutate({ title: "milk" })]);
        expect(added.by).toBe(who.account);
        await Promise.all([notes.who.query(), notes.hello.query()]);
      }
      expect(new Set(schemes())).toEqual(new Set(["DPoP"]));
    },
  );

  test("client case 28: has bearer tokens where an API asks for no more, and renews all with proofs", async () => {
    expect((await person.api.account.me.query()).email).toBe(person.account.email);
    for (let time = 0; time < 3; time += 1) await person.session.refresh();
    expect(house.auth.to("/session/refresh").map(({ reply = "" }) => JSON.parse(reply).error)).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await person.session.end();
    expect(person.session.state).toEqual({ status: "signed-out" });
    expect(house.auth.to("/session/end")).toHaveLength(1);
  });

  test("client case 28: with a clock that goes wrong takes the server's nonce, asking once more the first time", async () => {
    const world = createTestWorld();
    world.setClock(-3_600_000);
    const late = await house.person({ ...app, world });
    expect(house.auth.to("/session/start")).toHaveLength(2);
    house.auth.forget();
    await late.session.refresh();
    await late.session.refresh();
    // Each answer brings the nonce for the next request.
    expect(house.auth.to("/session/refresh")).toHaveLength(2);
  });

  test.each(["stream", "together", "none"] as const)(
    "client case 28: takes the nonce of another API as well (batch: %s)",
    async (batch) => {
      const world = createTestWorld();
      world.setClock(3_600_000);
      const early = await house.person({ ...app, world });
      const notes = notesOf(early, batch);
      expect(await notes.add.mutate({ title: "once" })).toMatchObject({ title: "once" });
      expect(house.notesDoor.seen).toHaveLength(2);
      expect(house.notes.added.filter((title) => title === "once")).toHaveLength(1);
      expect(await notes.who.query()).toMatchObject({ at: new Date(0) });
      expect(house.notesDoor.seen).toHaveLength(3);
      house.notes.added.length = 0;
    },
  );

  test("goes on in the next run with the storage and the key that it is given", async () => {
    const kept = { ...app, storage: memoryStorage(), key: await createProofKey() };
    const first = await house.person(kept);
    first.dispose();
    const second = house.client(kept);
    expect(await second.session.ready()).toMatchObject({ status: "signed-in" });
    await second.session.refresh();
    expect((await second.api.account.me.query()).email).toBe(first.account.email);
  });

  test("client case 28: that lost its key says so, uses what tokens it has, and can sign in again", async () => {
    const storage = memoryStorage();
    const { account } = await house.person({ ...app, storage, key: await createProofKey() });
    const world = createTestWorld();
    const lost = house.client({ ...app, storage, key: await createProofKey(), world });
    const warnings: SessionWarning[] = [];
    lost.session.onWarning((warning) => warnings.push(warning));
    expect(await reason(lost.session.refresh())).toBe("key_mismatch");
    expect(await reason(lost.session.refresh())).toBe("key_mismatch");
    expect(warnings).toEqual([{ kind: "refresh_rejected", reason: "key_mismatch" }]);
    expect((await lost.api.account.me.query()).email).toBe(account.email);
    world.pass(3_600_000);
    expect(await reason(lost.api.account.me.query())).toBe("no_token");
    expect(lost.session.state).toEqual({ status: "signed-out" });
    await lost.signIn(account);
    expect(lost.session.state).toMatchObject({ status: "signed-in" });
  });

  test("client case 28: whose key does not answer is told so in time, and waits for it neither to sign in nor to sign out", async () => {
    const [storage, key] = [memoryStorage(), await createProofKey()];
    const kept = await house.person({ ...app, storage, key, timeout: 500 });
    const { sign } = crypto.subtle;
    const signing = vi.spyOn(crypto.subtle, "sign");
    signing.mockImplementation((algorithm, used, data) =>
      used === key.privateKey ? new Promise(() => undefined) : sign.call(crypto.subtle, algorithm, used, data),
    );
    try {
      const stranger = house.client({ ...app, key, timeout: 500 });
      expect(await reason(stranger.signUp(newAccount()))).toBe("network");
      expect(await reason(kept.session.refresh())).toBe("network");
      expect(kept.session.state).toMatchObject({ status: "offline" });
      const warnings: SessionWarning[] = [];
      kept.session.onWarning((warning) => warnings.push(warning));
      await kept.session.end();
      expect(warnings).toEqual([{ kind: "end_pending" }]);
    } finally {
      signing.mockRestore();
    }
    house.auth.forget();
    await house.client({ ...app, storage, key }).signUp(newAccount());
    await vi.waitUntil(() => house.auth.to("/session/end").length === 1);
  });

  test("is refused a sign-in without its key: a program of another mode has no use for its name", async () => {
    const other = house.client({ client: app.client });
    expect(await reason(other.signUp(newAccount()))).toBe("key_mismatch");
  });
});
