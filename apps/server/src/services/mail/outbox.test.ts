import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { importMasterKey } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSqlite } from "../../store/sqlite.ts";
import type { Store } from "../../store/store.ts";
import { createAudit } from "../audit/audit.ts";
import { createTestWorld, type TestWorld } from "../testing/test-world.ts";
import { createMails, type Mails } from "./mails.ts";
import type { MailMessage } from "./message.ts";
import type { MailOptions } from "./options.ts";
import { createOutbox, type Outbox } from "./outbox.ts";

const ISSUER = "https://auth.example";
const LINK = `${ISSUER}/sign-up#a-secret`;
const MINUTE_MS = 60_000;

const masterKey = await importMasterKey(new Uint8Array(32).fill(7));
let folder: string;
let world: TestWorld;
let store: Store;
let mails: Mails;
let logged: object[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "countersign-"));
  world = createTestWorld();
  store = await openSqlite({ file: join(folder, "mail.db"), world });
  await store.migrate();
  mails = createMails({ enabled: true, world, masterKeys: [masterKey] });
  logged = [];
});
afterEach(async () => {
  await store.close();
  await rm(folder, { recursive: true });
});

const outbox = (options: MailOptions, on = store): Outbox =>
  createOutbox({
    issuer: ISSUER,
    store: on,
    audit: createAudit({ store: on, world }),
    masterKeys: [masterKey],
    options,
    logger: { error: (detail, message) => logged.push({ ...detail, message }) },
  });
const write = (to = "ann@example.com") =>
  store.transaction(async (tx) => {
    const facts = { link: LINK, expiresAt: world.now() + 7 * 24 * 60 * MINUTE_MS };
    await mails.write(tx, { kind: "invitation", to, subject: "an-invitation", facts });
  });
const waiting = () => store.mails.due(Number.MAX_SAFE_INTEGER, 100);
const collecting = () => {
  const sent: MailMessage[] = [];
  return { sent, send: async (message: MailMessage) => void sent.push(message) };
};

describe("a mail", () => {
  test("is sent once, with words, and then it is gone", async () => {
    await write();
    const { sent, send } = collecting();
    const box = outbox({ send });
    await box.deliver();
    await box.deliver();
    expect(sent).toEqual([
      {
        id: expect.stringMatching(/^[A-Za-z0-9_-]{22}$/),
        kind: "invitation",
        to: "ann@example.com",
        facts: { link: LINK, expiresAt: Date.UTC(2030, 0, 8, 12) },
        subject: "You are invited to auth.example",
        text: expect.stringContaining(`2030-01-08 12:00 UTC:\n\n${LINK}\n\n`),
      },
    ]);
    expect(await waiting()).toEqual([]);
  });

  test("rests sealed: neither its secret nor its address can be read in the database, or moved to another row", async () => {
    await write();
    const [mail] = await waiting();
    expect(mail?.sealed).toMatch(/^s1\./);
    expect(JSON.stringify(mail)).not.toMatch(/secret|ann@/);
    await store.mails.remove(mail?.id ?? "");
    if (mail) await store.mails.insert({ ...mail, id: "another" });
    const { sent, send } = collecting();
    await outbox({ send }).deliver();
    expect(sent).toEqual([]);
    expect(logged).toMatchObject([{ mail: "another", error: "Refusal" }]);
  });

  test("is tried again after growing pauses, under the same id, and given up in the end with an audit record", async () => {
    await write();
    const ids = new Set<string>();
    const at: number[] = [];
    const box = outbox({
      send: async ({ id }) => {
        ids.add(id);
        at.push(world.now());
        throw new Error("no connection");
      },
    });
    while ((await waiting()).length > 0) {
      await box.deliver();
      world.advance(30_000);
    }
    const pauses = at.slice(1).map((time, index) => (time - (at[index] ?? 0)) / MINUTE_MS);
    expect(pauses).toEqual([0.5, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60]);
    expect(ids.size).toBe(1);
    expect(await store.audit.list({ limit: 5 })).toMatchObject([
      { event: "mail.given_up", subject: "an-invitation", detail: { kind: "invitation", attempts: 11 } },
    ]);
  });

  test("that was held up for a day is given up, and not sent late", async () => {
    await write();
    world.advance(25 * 60 * MINUTE_MS);
    const { sent, send } = collecting();
    await outbox({ send }).deliver();
    expect([sent, await waiting()]).toEqual([[], []]);
    expect(await store.audit.list({ limit: 5, event: "mail.given_up" })).toHaveLength(1);
  });

  test("goes out by one of two instances, not by both", async () => {
    const other = await openSqlite({ file: join(folder, "mail.db"), world });
    for (let n = 0; n < 25; n += 1) await write(`guest-${n}@example.com`);
    const { sent, send } = collecting();
    await Promise.all([outbox({ send }).deliver(), outbox({ send }, other).deliver()]);
    await other.close();
    expect(sent.map(({ to }) => to).sort()).toEqual(
      Array.from({ length: 25 }, (_, n) => `guest-${n}@example.com`).sort(),
    );
    expect(await waiting()).toEqual([]);
  });

  test("of an instance that took it and is gone is sent by another when its time is over", async () => {
    await write();
    const [mail] = await waiting();
    if (!mail) throw new Error("no mail");
    await store.mails.claim(mail, world.now() + MINUTE_MS);
    const { sent, send } = collecting();
    await outbox({ send }).deliver();
    expect(sent).toEqual([]);
    world.advance(MINUTE_MS);
    await outbox({ send }).deliver();
    expect(sent).toHaveLength(1);
  });

  test("that is being sent when the issuer closes is told to stop, and tried again later", async () => {
    await write();
    const begun = Promise.withResolvers<AbortSignal>();
    const box = outbox({ send: async (_, { signal }) => await new Promise(() => begun.resolve(signal)) });
    const delivering = box.deliver();
    const signal = await begun.promise;
    box.close();
    await delivering;
    expect(signal.aborted).toBe(true);
    expect(await waiting()).toHaveLength(1);
  });

  test("has words of the installation's own, whose subject stays one line", async () => {
    await write();
    const { sent, send } = collecting();
    const invitation = ({ link }: { link: string }, issuer: string) => ({
      subject: `Come in\r\nBcc: eve@example.com`,
      text: `${issuer} ${link}`,
    });
    await outbox({ send, texts: { invitation } }).deliver();
    expect(sent).toMatchObject([{ subject: "Come in Bcc: eve@example.com", text: `${ISSUER} ${LINK}` }]);
  });

  test("server case 18: is in no log, whatever its sender throws", async () => {
    await write();
    const thrown = [
      (message: MailMessage) => Object.assign(new Error(message.text), { code: "ECONNREFUSED", config: message }),
      (message: MailMessage) => Object.assign(new Error("no"), { code: message.to }),
      (message: MailMessage) => message.text,
    ];
    let attempt = 0;
    const box = outbox({
      send: async (message) => {
        throw thrown[attempt++]?.(message);
      },
    });
    for (const _ of thrown) {
      await box.deliver();
      world.advance(60 * MINUTE_MS);
    }
    expect(logged).toMatchObject([
      { kind: "invitation", attempts: 1, error: "Error", code: "ECONNREFUSED", message: "a mail could not be sent" },
      { attempts: 2, error: "Error" },
      { attempts: 3, error: "string" },
    ]);
    expect(JSON.stringify(logged)).not.toMatch(/secret|ann@|sign-up/);
  });
});

describe("options of mail", () => {
  test.each<[string, object]>([
    ["mail.send: ", {}],
    ["mail.send: ", { send: "smtp://" }],
    ['mail.texts: "invite" is no kind', { send: async () => {}, texts: { invite: () => ({ subject: "", text: "" }) } }],
    ['mail.texts: "toString" is no kind', { send: async () => {}, texts: { toString: () => "" } }],
    ["mail.texts.invitation: ", { send: async () => {}, texts: { invitation: "Come in" } }],
  ])("%s… does not start", (sentence, options) => {
    expect(() => outbox(options as MailOptions)).toThrow(TypeError);
    expect(() => outbox(options as MailOptions)).toThrow(sentence);
  });
});
