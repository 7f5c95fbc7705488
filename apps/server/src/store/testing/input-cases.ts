import { describe, expect, test } from "vitest";
import { aHandoff, aMail, anAccount, anEntry, anInstallation, anInvitation, aRole, aSession, NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

/** What would do harm if it ever reached SQL as text. */
const hostile = [
  "'; drop table accounts; --",
  '"; delete from sessions; --',
  "' or '1'='1",
  "$1 ? :id @id {} %s",
  "\\'; select pg_sleep(9); --",
  "100%_\\",
  "/* */ --",
  "naïve ☃ 👩‍👩‍👧 \u202e",
];

export function inputCases(given: Given): void {
  describe("text from outside", () => {
    test.each(hostile)("ASVS 1.2.4: SQL in any text is kept as text: %s", async (text) => {
      const { store } = given;
      const account = anAccount("ada", { id: text, email: text, name: text, passwordHash: text });
      const session = aSession("one", text, {
        id: text,
        clientId: text,
        salt: text,
        jkt: text,
        amr: [text],
        userAgent: text,
      });
      const handoff = aHandoff("one", text, { hash: text, clientId: text, origin: text, jkt: text, amr: [text] });
      const invitation = anInvitation("one", { id: text, hash: text, email: text, roles: [text], invitedBy: text });
      const mail = aMail("one", { id: text, kind: text, subject: text, sealed: text });
      const metadata = { public: { [text]: text }, private: { [text]: [text] } };
      const role = aRole(text, [], { description: text, permissions: [{ audience: text, permission: text }] });
      const texts = { actor: text, subject: text, session: text, address: text, detail: { [text]: text } };
      const entry = anEntry("one", { id: text, event: text, ...texts });
      const client = { id: text, name: text, mode: "storage", origins: [text], audiences: [text] } as const;
      const audience = { id: text, permissions: [text], procedures: { [text]: { open: text } }, boundTokens: true };

      await store.accounts.insert(account);
      expect(await store.accounts.byId(text)).toStrictEqual(account);
      expect(await store.accounts.byEmail(text)).toStrictEqual(account);
      expect(await store.accounts.list({ limit: 5, after: text })).toEqual([]);
      expect(await store.accounts.setPassword(text, text)).toBe(true);
      expect(await store.accounts.raiseVersion(text)).toBe(1);
      await store.metadata.put(text, metadata);
      expect(await store.metadata.read(text)).toStrictEqual(metadata);
      await store.mails.insert(mail);
      expect(await store.mails.due(NOW, 5)).toStrictEqual([mail]);
      expect(await store.mails.claim(mail, NOW)).toBe(true);
      expect(await store.mails.putOff(text, NOW)).toBe(true);
      expect(await store.mails.remove(text)).toBe(true);
      await store.sessions.insert(session);
      expect(await store.sessions.living(text, NOW)).toStrictEqual([session]);
      expect(await store.sessions.endAll(text, NOW, "reuse", text)).toEqual([]);
      expect(await store.sessions.endAll(text, NOW, "reuse")).toEqual([text]);
      await store.handoffs.insert(handoff);
      expect(await store.handoffs.take(text)).toStrictEqual(handoff);
      await store.invitations.insert(invitation);
      expect(await store.invitations.list({ limit: 5, after: text })).toEqual([]);
      expect(await store.invitations.take(text)).toStrictEqual(invitation);
      await store.roles.insert(role);
      expect(await store.roles.update(role)).toBe(true);
      expect(await store.roles.byName(text)).toStrictEqual(role);
      expect(await store.roles.grant(text, text)).toBe(true);
      expect(await store.roles.ofAccount(text)).toEqual([text]);
      expect(await store.roles.holders(text, { limit: 5 })).toEqual([text]);
      expect(await store.roles.enabledHolders(text)).toBe(1);
      expect(await store.roles.grantedTo(text)).toStrictEqual(role.permissions);
      expect(await store.roles.revoke(text, text)).toBe(true);
      await store.audit.append(entry);
      expect(await store.audit.list({ limit: 5, event: text })).toStrictEqual([{ ...entry, seq: null }]);
      expect(await store.audit.list({ limit: 5, event: text, after: text })).toEqual([]);
      await store.clients.upsert(client);
      expect(await store.clients.byId(text)).toStrictEqual(client);
      await store.audiences.upsert(audience);
      expect(await store.audiences.byId(text)).toStrictEqual({ ...audience, version: 0 });
      await store.setUp.put(text, NOW);
      expect(await store.setUp.take(text)).toStrictEqual({ expiresAt: NOW });
      expect(await store.keys.remove(text)).toBe(false);
      expect(await store.attempts.count([{ key: text, windowMs: 1000, most: 2 }], NOW)).toEqual([1]);
      expect(await store.attempts.count([{ key: text, windowMs: 1000, most: 2 }], NOW)).toEqual([2]);
      await store.transaction(async (tx) => tx.revoke({ kind: "key", id: text }));
      expect(await store.revocations.since(0)).toStrictEqual([{ number: 1, fact: { kind: "key", id: text } }]);
      expect(await store.installation.create(anInstallation({ epoch: text, masterKeyId: text }))).toBe(true);
      expect(await store.installation.read()).toMatchObject({ epoch: text, masterKeyId: text });
      expect(await store.accounts.remove(text)).toBe(true);
    });

    test.each([
      ["a NUL", "a\0b"],
      ["half a surrogate pair", "a\ud83db"],
    ])("%s is refused as a bad request: no database keeps it as it is", async (_, text) => {
      const insert = given.store.accounts.insert(anAccount("ada", { name: text }));
      await expect(insert).rejects.toMatchObject({ reason: "bad_request" });
      await expect(given.store.accounts.byEmail(text)).rejects.toMatchObject({ reason: "bad_request" });
      expect(await given.store.accounts.list({ limit: 1 })).toEqual([]);
    });
  });
}
