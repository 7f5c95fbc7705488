import { AUDIT_BEGINNING, type ChainedEntry, chainEntries } from "@countersign/tokens";
import { describe, expect, test } from "vitest";
import { createMigrator } from "../migrate.ts";
import type { AuditFilter } from "../store.ts";
import { anEntry, idOf, NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

export function auditChainCases(given: Given): void {
  /** Seals everything that waits, as one chunk. The seal is some text: the store keeps what it is given. */
  const seal = (limit = 100): Promise<ChainedEntry[]> =>
    given.store.transaction(async (tx) => {
      await tx.lock("audit");
      const after = (await tx.auditChain.end()) ?? AUDIT_BEGINNING;
      const entries = await chainEntries(after, await tx.auditChain.unsealed(limit));
      const seq = entries.at(-1)?.seq ?? 0;
      await tx.auditChain.extend(entries, { seq, seal: `seal ${seq}` });
      return entries;
    });
  const append = async (from: number, to: number) => {
    for (let n = from; n <= to; n += 1) await given.store.audit.append(anEntry(`${n}`, { at: NOW + n }));
  };

  describe("the audit's chain", () => {
    test("takes what waits, oldest first, and gives it back as it was, in order, with its seals", async () => {
      const { auditChain } = given.store;
      expect([await auditChain.end(), await auditChain.lastSeal()]).toEqual([undefined, undefined]);
      await append(1, 3);
      const first = await seal(2);
      expect(await auditChain.unsealed(10)).toStrictEqual([anEntry("3", { at: NOW + 3 })]);
      // More than are inserted at once.
      await append(4, 110);
      const second = await seal(200);
      const all = [...first, ...second];
      expect(all.map(({ seq }) => seq)).toEqual(Array.from({ length: 110 }, (_, at) => at + 1));
      expect(await auditChain.entries(0, 200)).toStrictEqual(all);
      expect(await auditChain.entries(4, 3)).toStrictEqual(all.slice(4, 7));
      expect(await auditChain.unsealed(10)).toEqual([]);
      expect(await auditChain.end()).toStrictEqual({ seq: 110, hash: all.at(-1)?.hash });
      expect(await auditChain.lastSeal()).toStrictEqual({ seq: 110, seal: "seal 110" });
      expect((await auditChain.seals(2, 110)).map(({ seq }) => seq)).toEqual([2, 110]);
      expect(await auditChain.seals(3, 109)).toEqual([]);
    });

    test("is listed with what waits, newest first, page by page, while entries move from one to the other", async () => {
      const { audit } = given.store;
      await append(1, 12);
      await seal(5);
      const seen: string[] = [];
      for (let page = 0; page < 4; page += 1) {
        const entries = await audit.list({ limit: 3, after: seen.at(-1) });
        seen.push(...entries.map(({ id }) => id));
        await seal(2);
      }
      expect(seen).toEqual(Array.from({ length: 12 }, (_, at) => idOf(`entry ${12 - at}`)));
      expect((await audit.list({ limit: 2 })).map(({ seq }) => seq)).toEqual([12, 11]);
    });

    test("is filtered by every field that it is asked for, sealed or not", async () => {
      const { audit } = given.store;
      const [ann, bob] = [idOf("ann"), idOf("bob")];
      const entries = {
        a: { event: "sign_in.refused", outcome: "refused", subject: ann, address: "192.0.2.1" },
        b: { event: "session.started", actor: ann, session: idOf("one"), address: "192.0.2.1" },
        c: { event: "session.ended", actor: bob, subject: ann, session: idOf("two"), address: "2001:db8::1" },
        d: { event: "account.disabled", actor: bob, subject: ann },
      } as const;
      const expected: readonly (readonly [AuditFilter, string])[] = [
        [{}, "dcba"],
        [{ event: "session.ended" }, "c"],
        [{ event: ["session.ended", "session.started"] }, "cb"],
        [{ outcome: "refused" }, "a"],
        [{ outcome: "success" }, "dcb"],
        [{ actor: bob }, "dc"],
        [{ subject: ann }, "dca"],
        [{ session: idOf("two") }, "c"],
        [{ address: "192.0.2.1" }, "ba"],
        [{ from: NOW + 1, to: NOW + 3 }, "cb"],
        [{ actor: bob, subject: ann, from: NOW + 3 }, "d"],
        [{ actor: ann, outcome: "refused" }, ""],
      ];
      const names = Object.keys(entries) as (keyof typeof entries)[];
      for (const [at, name] of names.entries()) await audit.append(anEntry(name, { at: NOW + at, ...entries[name] }));
      for (const sealed of [0, 2, 4]) {
        if (sealed > 0) await seal(2);
        for (const [filter, fitting] of expected) {
          const found = await audit.list({ limit: 10, ...filter });
          const says = `${JSON.stringify(filter)} with ${sealed} sealed`;
          expect(found.map(({ id }) => names.find((name) => idOf(`entry ${name}`) === id)).join(""), says).toBe(
            fitting,
          );
        }
      }
    });

    test("ASVS 16.4.2: no statement changes or removes what was written, sealed or not", async () => {
      await append(1, 3);
      await seal(2);
      const db = given.database.raw();
      const before = await given.store.audit.list({ limit: 10 });
      const attempts = [
        db.updateTable("audit").set({ actor: "x" }),
        db.updateTable("audit").set({ seq: 7 }).where("seq", "=", 1),
        db.deleteFrom("audit").where("seq", "=", 2),
        db.deleteFrom("audit"),
        db.updateTable("audit_unsealed").set({ subject: "x" }),
        db.deleteFrom("audit_unsealed"),
        db.updateTable("audit_seals").set({ seal: "x" }),
        db.deleteFrom("audit_seals"),
      ];
      for (const attempt of attempts) {
        await expect(attempt.execute(), attempt.compile().sql).rejects.toThrow("append-only");
      }
      expect(await given.store.audit.list({ limit: 10 })).toStrictEqual(before);
      expect(await given.store.auditChain.lastSeal()).toMatchObject({ seq: 2, seal: "seal 2" });
    });

    test("an operator may give up its beginning, up to a seal and never its end, and that stays on record", async () => {
      const db = given.database.raw();
      await append(1, 6);
      for (let part = 0; part < 3; part += 1) await seal(2);
      const giveUp = (through: number) => db.insertInto("audit_retention").values({ through }).execute();
      const remove = (through: number) => db.deleteFrom("audit").where("seq", "<=", through).execute();
      await expect(giveUp(3)).rejects.toThrow(/foreign key/i);
      await giveUp(2);
      await expect(remove(4)).rejects.toThrow("append-only");
      await remove(2);
      expect((await given.store.auditChain.entries(0, 10)).map(({ seq }) => seq)).toEqual([3, 4, 5, 6]);
      await giveUp(6);
      await expect(remove(6)).rejects.toThrow("append-only");
      await remove(5);
      expect(await given.store.auditChain.end()).toMatchObject({ seq: 6 });
      await expect(db.deleteFrom("audit_retention").execute()).rejects.toThrow("append-only");
      await expect(db.updateTable("audit_retention").set({ through: 4 }).execute()).rejects.toThrow("append-only");
    });

    test("keeps its keys, newest first", async () => {
      const key = (name: string, createdAt: number) => {
        const publicJwk = { kty: "OKP", crv: "Ed25519", alg: "EdDSA", use: "sig", kid: name, x: "x" } as const;
        return { kid: name, publicJwk, sealed: "sealed", createdAt };
      };
      await given.store.auditChain.insertKey(key("old", NOW));
      await given.store.auditChain.insertKey(key("new", NOW + 1));
      expect(await given.store.auditChain.keys()).toStrictEqual([key("new", NOW + 1), key("old", NOW)]);
    });

    test("what was written before there was a chain waits for it, and goes back with the schema", async () => {
      const { database, store } = given;
      await append(1, 3);
      await seal(2);
      const before = await store.audit.list({ limit: 10 });
      const back = await createMigrator(database.raw(), database.schema).migrateTo("0003-metadata-and-mails");
      expect(back.error).toBeUndefined();
      const ids = await database.raw().selectFrom("audit").select("id").orderBy("at", "desc").execute();
      expect(ids.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
      await store.migrate();
      expect(await store.audit.list({ limit: 10 })).toStrictEqual(before.map((entry) => ({ ...entry, seq: null })));
      expect(await seal()).toHaveLength(3);
    });
  });
}
