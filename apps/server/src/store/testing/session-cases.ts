import { beforeEach, describe, expect, test } from "vitest";
import { anAccount, aSession, idOf, NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

const ada = anAccount("ada");
const bob = anAccount("bob");
const next = { genAt: NOW + 10, streak: 2, idleEnd: NOW + 999, secretVersion: 7 };

export function sessionCases(given: Given): void {
  describe("sessions", () => {
    beforeEach(async () => {
      await given.store.accounts.insert(ada);
      await given.store.accounts.insert(bob);
    });

    test("a session comes back as it was given, with and without what may be missing", async () => {
      const { sessions } = given.store;
      const full = aSession("full", ada.id, {
        org: idOf("org"),
        late: true,
        jkt: "thumbprint",
        amr: ["pwd", "otp"],
        acr: "2fa",
        endedAt: NOW,
        endCause: "reuse",
        userAgent: "Mozilla/5.0 “quoted”",
      });
      const bare = aSession("bare", ada.id);
      for (const session of [full, bare]) {
        await sessions.insert(session);
        expect(await sessions.byId(session.id)).toStrictEqual(session);
      }
      expect(await sessions.byId(idOf("none"))).toBeUndefined();
    });

    test("a session of nobody is refused", async () => {
      const orphan = given.store.sessions.insert(aSession("orphan", idOf("nobody")));
      await expect(orphan).rejects.toMatchObject({ reason: "conflict" });
    });

    test("the living ones are those of this account that neither ended nor ran out, newest first", async () => {
      const { sessions } = given.store;
      await sessions.insert(aSession("older", ada.id, { createdAt: NOW - 2 }));
      await sessions.insert(aSession("newer", ada.id, { createdAt: NOW - 1 }));
      await sessions.insert(aSession("ended", ada.id, { endedAt: NOW, endCause: "signed_out" }));
      await sessions.insert(aSession("idle", ada.id, { idleEnd: NOW }));
      await sessions.insert(aSession("over", ada.id, { absEnd: NOW }));
      await sessions.insert(aSession("bob", bob.id));
      const living = await sessions.living(ada.id, NOW);
      expect(living.map(({ id }) => id)).toEqual([idOf("session newer"), idOf("session older")]);
    });

    test("server case 1: of 100 parallel rotations of one generation exactly one happens", async () => {
      const stores = [given.store, await given.another()];
      const session = aSession("raced", ada.id, { gen: 4, late: true });
      await given.store.sessions.insert(session);
      const rotations = Array.from({ length: 100 }, (_, n) => stores[n % 2]?.sessions.rotate(session.id, 4, next));
      const outcomes = await Promise.all(rotations);
      expect(outcomes.filter(Boolean)).toHaveLength(1);
      expect(await given.store.sessions.byId(session.id)).toStrictEqual({ ...session, ...next, gen: 5, late: false });
    });

    test("a session that goes on is stepped up, and its version rises by one each time", async () => {
      const { sessions } = given.store;
      const going = aSession("going", ada.id, { version: 3 });
      await sessions.insert(going);
      await sessions.insert(aSession("ended", ada.id, { endedAt: NOW, endCause: "reuse" }));
      const proof = { authTime: NOW + 5, amr: ["pwd", "otp"], acr: "2fa" } as const;
      expect(await sessions.stepUp(going.id, proof)).toBe(4);
      expect(await sessions.stepUp(going.id, proof)).toBe(5);
      expect(await sessions.byId(going.id)).toStrictEqual({ ...going, ...proof, version: 5 });
      expect(await sessions.stepUp(idOf("session ended"), proof)).toBeUndefined();
    });

    test("only the current generation of a session that goes on is rotated or marked late", async () => {
      const { sessions } = given.store;
      await sessions.insert(aSession("going", ada.id, { gen: 4 }));
      await sessions.insert(aSession("ended", ada.id, { gen: 4, endedAt: NOW, endCause: "reuse" }));
      for (const gen of [3, 5]) {
        expect(await sessions.rotate(idOf("session going"), gen, next)).toBe(false);
        expect(await sessions.markLate(idOf("session going"), gen, 1)).toBe(false);
      }
      expect(await sessions.rotate(idOf("session ended"), 4, next)).toBe(false);
      expect(await sessions.markLate(idOf("session ended"), 4, 1)).toBe(false);
      expect(await sessions.byId(idOf("session going"))).toMatchObject({ gen: 4, late: false, streak: 0 });
    });

    test("only what a session is now is held, while it goes on, and holding shows nowhere but in who has tokens", async () => {
      const { sessions } = given.store;
      const going = aSession("going", ada.id, { gen: 4, late: true, streak: 1 });
      const ended = aSession("ended", ada.id, { gen: 4, endedAt: NOW, endCause: "reuse" });
      for (const session of [going, ended]) await sessions.insert(session);
      expect(await sessions.hold(going.id, going, NOW)).toBe(true);
      for (const other of [{ gen: 3 }, { gen: 5 }, { late: false }, { version: going.version + 1 }]) {
        expect(await sessions.hold(going.id, { ...going, ...other }, NOW)).toBe(false);
      }
      expect(await sessions.hold(ended.id, ended, NOW)).toBe(false);
      expect(await sessions.hold(idOf("none"), going, NOW)).toBe(false);
      for (const session of [going, ended]) expect(await sessions.byId(session.id)).toStrictEqual(session);
    });

    test("whoever began, rotated or held a session since then has tokens, once and whatever became of it", async () => {
      const { sessions, accounts } = given.store;
      const [cyd, dan] = [anAccount("cyd"), anAccount("dan")];
      for (const account of [cyd, dan]) await accounts.insert(account);
      const old = { genAt: NOW - 100, createdAt: NOW - 100 };
      await sessions.insert(aSession("began", ada.id));
      await sessions.insert(aSession("began and ended", ada.id, { endedAt: NOW, endCause: "signed_out" }));
      await sessions.insert(aSession("held", bob.id, old));
      await sessions.insert(aSession("rotated", cyd.id, old));
      await sessions.insert(aSession("neither", dan.id, old));
      const everybody = [ada, bob, cyd, dan].map(({ id }) => id);
      expect(await sessions.minters(everybody, NOW)).toEqual([ada.id]);
      await sessions.hold(idOf("session held"), aSession("held", bob.id), NOW);
      await sessions.rotate(idOf("session rotated"), 0, next);
      expect((await sessions.minters(everybody, NOW)).toSorted()).toEqual([ada.id, bob.id, cyd.id].toSorted());
      expect(await sessions.minters([dan.id], NOW)).toEqual([]);
      expect(await sessions.minters([], NOW)).toEqual([]);
    });

    test("of 20 parallel marks of lateness one counts", async () => {
      const session = aSession("late", ada.id, { gen: 4 });
      await given.store.sessions.insert(session);
      const marks = Array.from({ length: 20 }, () => given.store.sessions.markLate(session.id, 4, 1));
      expect((await Promise.all(marks)).filter(Boolean)).toHaveLength(1);
      expect(await given.store.sessions.byId(session.id)).toStrictEqual({ ...session, late: true, streak: 1 });
    });

    test("a session ends once, and keeps its first cause", async () => {
      const { sessions } = given.store;
      const session = aSession("ending", ada.id);
      await sessions.insert(session);
      expect(await sessions.end(session.id, NOW + 1, "signed_out")).toBe(true);
      expect(await sessions.end(session.id, NOW + 2, "reuse")).toBe(false);
      expect(await sessions.end(idOf("none"), NOW, "reuse")).toBe(false);
      expect(await sessions.byId(session.id)).toStrictEqual({ ...session, endedAt: NOW + 1, endCause: "signed_out" });
    });

    test("all sessions of an account end but the one that is spared, and those of others go on", async () => {
      const { sessions } = given.store;
      for (const name of ["one", "two", "kept"]) await sessions.insert(aSession(name, ada.id));
      await sessions.insert(aSession("ended", ada.id, { endedAt: NOW, endCause: "signed_out" }));
      await sessions.insert(aSession("bob", bob.id));
      const ended = await sessions.endAll(ada.id, NOW + 1, "password_changed", idOf("session kept"));
      expect(ended.sort()).toEqual([idOf("session one"), idOf("session two")].sort());
      expect((await sessions.living(ada.id, NOW)).map(({ id }) => id)).toEqual([idOf("session kept")]);
      expect(await sessions.endAll(ada.id, NOW + 2, "account_disabled")).toEqual([idOf("session kept")]);
      expect(await sessions.living(bob.id, NOW)).toHaveLength(1);
      expect((await sessions.byId(idOf("session ended")))?.endCause).toBe("signed_out");
    });

    test("what ended or ran out before is deleted, nothing else", async () => {
      const { sessions } = given.store;
      await sessions.insert(aSession("ended before", ada.id, { endedAt: NOW - 1, endCause: "signed_out" }));
      await sessions.insert(aSession("idle before", ada.id, { idleEnd: NOW - 1 }));
      await sessions.insert(aSession("over before", ada.id, { absEnd: NOW - 1 }));
      await sessions.insert(aSession("ended now", ada.id, { endedAt: NOW, endCause: "signed_out" }));
      await sessions.insert(aSession("living", ada.id));
      expect(await sessions.prune(NOW)).toBe(3);
      expect(await sessions.prune(NOW)).toBe(0);
      expect(await sessions.byId(idOf("session ended now"))).toBeDefined();
      expect(await sessions.byId(idOf("session living"))).toBeDefined();
    });
  });
}
