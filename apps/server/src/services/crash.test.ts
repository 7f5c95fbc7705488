import { type AccessDeclaration, systemWorld } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { MailMessage } from "./mail/message.ts";
import { boundApp, boundAudiences, FROM, openBoundBrowser } from "./testing/bound-app.ts";
import { crash } from "./testing/crash.ts";
import { databasesForTests } from "./testing/databases.ts";
import { nextGeneration } from "./testing/next-generation.ts";
import { openTestIssuer, PASSWORD, type Person, SOMEBODY, TERMINAL, type TestIssuer } from "./testing/test-issuer.ts";

const databases = databasesForTests();

describe.each(Object.entries(databases))("server case 2: kill −9 over %s", (_kind, makeDatabase) => {
  let issuer: TestIssuer;
  let ann: Person;
  beforeEach(async () => {
    const app = { clients: [boundApp], audiences: boundAudiences };
    issuer = await openTestIssuer({ ...app, database: await makeDatabase(), world: systemWorld });
    ann = await issuer.person("ann");
  });
  afterEach(() => issuer.close());

  const refresh = (refreshToken = "") => issuer.services.sessions.refresh({ client: "cli", refreshToken }, SOMEBODY);
  const row = () => issuer.store.sessions.byId(ann.reply.session);
  /** Her token becomes that of two generations ago. */
  const growOld = async () => {
    for (let times = 0; times < 2; times += 1) await nextGeneration(issuer.store, ann.reply.session);
  };

  test("between commit and reply of a refresh: the retry gets the successor that nobody heard of", async () => {
    // The first random bytes of a refresh are the access token's id.
    await crash({ act: { refresh: ann.refreshToken }, when: { random: 1 } }, issuer.options);
    expect(await row()).toMatchObject({ gen: 1, endedAt: null });
    const retry = await refresh(ann.refreshToken);
    expect(await row()).toMatchObject({ gen: 1, endedAt: null });
    const next = await refresh(retry.refresh_token);
    await issuer.judge(next.tokens[0]?.access_token ?? "");
  });

  test("between the end of a stolen session and its audit record: neither is there, and the retry makes both", async () => {
    await growOld();
    await crash({ act: { refresh: ann.refreshToken }, when: { random: 1 } }, issuer.options);
    expect(await row()).toMatchObject({ gen: 2, endedAt: null });
    expect(await issuer.store.audit.list({ limit: 10, event: "session.reuse" })).toEqual([]);
    await expect(refresh(ann.refreshToken)).rejects.toMatchObject({ reason: "invalid_grant" });
    expect(await row()).toMatchObject({ endCause: "reuse" });
    expect(await issuer.store.audit.list({ limit: 10, event: "session.reuse" })).toHaveLength(1);
  });

  test.each([3, 5, 7, 8, 9])(
    "before statement %i of a refresh: the retry has the one successor there is",
    async (statement) => {
      await crash({ act: { refresh: ann.refreshToken }, when: { statement } }, issuer.options);
      const left = await row();
      const retry = await refresh(ann.refreshToken);
      expect(await row()).toMatchObject({ gen: 1, endedAt: null });
      if (left?.gen === 1) expect(retry.refresh_token).toMatch(/\.1\./);
      expect((await refresh(retry.refresh_token)).refresh_token).toBe(retry.refresh_token);
      expect(await row()).toMatchObject({ gen: 1, late: false, streak: 0 });
    },
  );

  test.each([4, 5, 6, 7, 8])(
    "before statement %i of a theft's end: all of it is there or nothing",
    async (statement) => {
      await growOld();
      await crash({ act: { refresh: ann.refreshToken }, when: { statement } }, issuer.options);
      const audit = () => issuer.store.audit.list({ limit: 10, event: "session.reuse" });
      const ended = (await row())?.endCause === "reuse";
      expect(await audit()).toHaveLength(ended ? 1 : 0);
      expect(await issuer.store.revocations.since(0)).toHaveLength(ended ? 1 : 0);
      await expect(refresh(ann.refreshToken)).rejects.toMatchObject({ reason: "invalid_grant" });
      expect(await audit()).toHaveLength(1);
      expect(await issuer.store.revocations.since(0)).toHaveLength(1);
    },
  );

  test("between the session's row and its audit record: there is no session, and the handoff is good", async () => {
    const credentials = { email: ann.email, password: PASSWORD };
    const { handoff } = await issuer.services.signIn.run("password", credentials, TERMINAL, SOMEBODY);
    await crash({ act: { start: handoff }, when: { random: 3 } }, issuer.options);
    expect(await issuer.services.sessions.list(ann.id)).toHaveLength(1);
    await issuer.services.sessions.start({ ...TERMINAL, handoff }, SOMEBODY);
    expect(await issuer.services.sessions.list(ann.id)).toHaveLength(2);
    expect(await issuer.store.audit.list({ limit: 10, event: "session.started" })).toHaveLength(2);
  });

  test.each([
    { statement: 2 },
    { statement: 7 },
    { statement: 9 },
    { statement: 10 },
    { statement: 11 },
    { random: 4 },
  ])(
    "at %o of a proved start: a session and its used proof are both there or neither, and the handoff is good once",
    async (when) => {
      const browser = await openBoundBrowser(issuer, ann.email);
      const [handoff, proof] = [await browser.handoff(), await browser.proof("start")];
      await crash({ act: { start: handoff, ...FROM, proof }, when }, issuer.options);
      const begun = (await issuer.services.sessions.list(ann.id)).length - 1;
      expect(await issuer.store.proofs.prune(Number.MAX_SAFE_INTEGER)).toBe(begun);
      await Promise.allSettled([browser.start(handoff, proof), browser.start(handoff)]);
      expect(await issuer.services.sessions.list(ann.id)).toHaveLength(2);
    },
  );

  test("between one role and the next of a push: nothing of it is there, and the retry does all of it", async () => {
    const admin = await issuer.administrator();
    const push = (declaration: AccessDeclaration) =>
      issuer.services.access.push(declaration, { prune: true, dryRun: false, emails: false }, admin.actor);
    const files = { audience: "https://files.example", permissions: ["files:read", "files:write"] };
    await push({ ...files, roles: { reader: { permissions: ["files:read"] }, old: { permissions: ["files:write"] } } });
    await issuer.services.roles.grant(ann.id, "old", admin.actor);
    const known = async () => [
      await issuer.store.audiences.byId(files.audience),
      await issuer.store.roles.list(),
      await issuer.store.roles.declarations(),
      (await issuer.store.audit.list({ limit: 100 })).length,
    ];
    const before = await known();
    const next = {
      audience: files.audience,
      permissions: ["files:read", "files:share"],
      roles: { reader: { permissions: ["files:read", "files:share"] }, sharer: { permissions: ["files:share"] } },
    };
    // Each record of the audit has a random id: the role that goes, the one that grows, the one that is new, the push.
    for (const random of [1, 2, 3, 4]) {
      await crash({ act: { push: next, by: admin.actor }, when: { random } }, issuer.options);
      expect(await known()).toEqual(before);
    }
    await issuer.judge(ann.accessToken);
    await push(next);
    expect((await issuer.store.roles.list()).map(({ name }) => name)).toEqual([
      "administrator",
      "member",
      "reader",
      "sharer",
    ]);
    await expect(issuer.judge(ann.accessToken)).rejects.toMatchObject({ reason: "token_stale" });
  });

  describe("a mail", () => {
    let admin: Person;
    beforeEach(async () => {
      admin = await issuer.administrator();
    });
    const invite = () => ({ invite: "bob@example.com", by: admin.actor });
    const waiting = () => issuer.store.mails.due(Number.MAX_SAFE_INTEGER, 10);

    test("between its cause and its commit: neither is there", async () => {
      // Random are the invitation's secret and id, the audit record's id, the mail's id, and at last its nonce.
      await crash({ act: invite(), when: { random: 5 } }, issuer.options);
      expect(await waiting()).toEqual([]);
      expect(await issuer.store.invitations.list({ limit: 5 })).toEqual([]);
      expect(await issuer.store.audit.list({ limit: 5, event: "invitation.created" })).toEqual([]);
    });

    test("while it is sent: it is still there, and who lives sends it when its time with the dead one is over", async () => {
      await crash({ act: invite(), when: "mail is sent" }, issuer.options);
      const [mail] = await waiting();
      expect(mail).toMatchObject({ kind: "invitation", attempts: 1 });
      expect(mail?.dueAt).toBeGreaterThan(await issuer.store.now());
      await issuer.store.mails.putOff(mail?.id ?? "", await issuer.store.now());
      const sent: MailMessage[] = [];
      const send = async (message: MailMessage) => void sent.push(message);
      const other = await openTestIssuer({ database: issuer.options.database, world: systemWorld, mail: { send } });
      await vi.waitFor(async () => expect(await waiting()).toEqual([]), { timeout: 10_000 });
      await other.close();
      expect(sent).toMatchObject([{ id: mail?.id, kind: "invitation", to: "bob@example.com" }]);
    });
  });
});
