import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { type AuditLine, auditLinesOf, PUBLISHED_MS, systemWorld, verifyAudit } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { IssuerOptions } from "../issuer-options.ts";
import { reasonOf } from "../services/testing/reason-of.ts";
import { ISSUER, openTestIssuer, type Person, SOMEBODY, type TestIssuer } from "../services/testing/test-issuer.ts";
import { ABSENT_MS } from "../services/upkeep/presence.ts";
import { bundled } from "../testing/bundled.ts";
import { operate } from "./operate.ts";
import type { DyingOperation } from "./testing/operate-child.ts";
import { databases, type OperatedDatabase } from "./testing/operated-databases.ts";

const OLD = new Uint8Array(32).fill(1);
const NEW = new Uint8Array(32).fill(2);

let database: OperatedDatabase;

const start = (masterKeys: readonly Uint8Array[], given: Partial<IssuerOptions> = {}): Promise<TestIssuer> =>
  openTestIssuer({ database: database.options, masterKeys, world: systemWorld, ...given });
const run = (name: string, masterKeys: readonly Uint8Array[]) =>
  operate(name, { issuer: ISSUER, database: database.options, masterKeys });
/** Has an issuer run for as long as this takes. */
async function during<T>(
  masterKeys: readonly Uint8Array[],
  work: (issuer: TestIssuer) => Promise<T>,
  given: Partial<IssuerOptions> = {},
): Promise<T> {
  const issuer = await start(masterKeys, given);
  return await work(issuer).finally(() => issuer.close());
}
const refresh = (issuer: TestIssuer, { refreshToken }: Person) =>
  issuer.services.sessions.refresh({ client: "cli", refreshToken }, SOMEBODY);
/** Has the next keys been out for long enough to sign. */
const anHourPasses = () => database.query(`update signing_keys set published_at = published_at - ${PUBLISHED_MS}`);
/** What an operation may touch, row by row. */
const everything = async () => {
  const tables = [
    "installation",
    "signing_keys",
    "refresh_secrets",
    "audit_keys",
    "sessions",
    "revocations",
    "audit_unsealed",
  ];
  const rows: string[] = [];
  for (const table of tables) {
    for (const row of await database.query(`select * from ${table}`)) rows.push(`${table} ${JSON.stringify(row)}`);
  }
  return rows.sort();
};

/** Runs one in a process that is killed before a statement of it. Answers whether that came. */
async function diesAt(statement: number, name: string, masterKeys: readonly Uint8Array[]): Promise<boolean> {
  const keys = masterKeys.map((key) => Buffer.from(key).toString("base64url"));
  const given: DyingOperation = { name, issuer: ISSUER, database: database.options, masterKeys: keys, statement };
  const script = await bundled(join(import.meta.dirname, "testing/operate-child.ts"));
  const dying = spawn(process.execPath, [script, JSON.stringify(given)], { stdio: ["ignore", "ignore", "inherit"] });
  const [code, signal] = await once(dying, "exit");
  if (signal !== "SIGKILL") expect(code).toBe(0);
  return signal === "SIGKILL";
}

/** What whoever trusts these keys makes of the whole audit. */
const verdictOf = async ({ services }: TestIssuer, trusted: readonly string[]) => {
  const page = await services.auditExport.page(0, 1000);
  const lines: AuditLine[] = [
    { issuer: page.issuer },
    ...services.auditExport.keys().map((key) => ({ key })),
    ...auditLinesOf(page),
    ...page.unsealed.map((unsealed) => ({ unsealed })),
    { end: { seq: page.entries.at(-1)?.seq ?? 0 } },
  ];
  return await verifyAudit(lines, { trusted: new Set(trusted) });
};

describe.each(Object.keys(databases))("over %s", (kind) => {
  beforeEach(async () => {
    const made = await databases[kind]?.();
    if (made) database = made;
  });
  afterEach(() => database.remove());

  describe("rewrap", () => {
    test("ASVS 13.3.4: encrypts everything with the first master key, so that the other may go, and nobody notices", async () => {
      const away = { mail: { send: () => Promise.reject(new Error("away")) } };
      const ann = await during(
        [OLD],
        async (issuer) => {
          const admin = await issuer.administrator();
          await issuer.services.invitations.create({ email: "bob@example.com", roles: [] }, admin.actor);
          return await issuer.person("ann");
        },
        away,
      );
      await expect(start([NEW])).rejects.toThrow("The master key does not belong to this database");
      expect(await run("rewrap", [NEW, OLD])).toMatch(/^Encrypted anew with the first master key: 6 of 6 texts/);
      await expect(start([OLD])).rejects.toThrow("The master key does not belong to this database");
      const sent: string[] = [];
      const send = async ({ to }: { readonly to: string }) => void sent.push(to);
      await during(
        [NEW],
        async (issuer) => {
          await issuer.judge(ann.accessToken);
          await issuer.judge((await refresh(issuer, ann)).tokens[0]?.access_token ?? "");
          await database.query("update mails set due_at = 0");
          await expect.poll(() => sent, { timeout: 10_000 }).toEqual(["bob@example.com"]);
          await anHourPasses();
          await issuer.services.keyRotation.rotate(ann.actor);
          expect(await issuer.services.audit.list({ limit: 1, event: "installation.rewrapped" })).toHaveLength(1);
        },
        { mail: { send } },
      );
      expect(await run("rewrap", [NEW])).toMatch(/already/);
    });

    test("changes nothing where one text does not open, and says where it stands", async () => {
      await during([OLD], (issuer) => issuer.person("ann"));
      await database.query("update audit_keys set sealed = 's1.x.AAAA.AAAA'");
      await expect(run("rewrap", [NEW, OLD])).rejects.toThrow(/A text in audit_keys does not open/);
      await database.query("delete from audit_keys");
      await during([OLD], (issuer) => issuer.signIn("ann@example.com"));
    });

    test("is done while instances run that encrypt with the new key, and not before all do", async () => {
      await during([OLD, NEW], async () => {
        await during([NEW, OLD], async () => {
          await expect(run("rewrap", [NEW, OLD])).rejects.toThrow(
            /An instance that runs encrypts with another master key/,
          );
        });
      });
      await during([NEW, OLD], async (issuer) => {
        const ann = await issuer.person("ann");
        await run("rewrap", [NEW, OLD]);
        await issuer.judge(ann.accessToken);
        await refresh(issuer, ann);
        await issuer.services.keys.reload();
      });
    });
  });

  describe("reset-keys", () => {
    test("begins anew where the master key is lost: people and audit stay, whatever was issued is dead", async () => {
      const { ann, former } = await during([OLD], async (issuer) => {
        const ann = await issuer.person("ann");
        const [key] = await issuer.store.auditChain.keys();
        await expect.poll(() => issuer.store.auditChain.end(), { timeout: 10_000 }).toBeDefined();
        return { ann, former: key?.kid };
      });
      expect(await run("reset-keys", [NEW])).toContain("1 sessions have ended");
      await during([NEW], async (issuer) => {
        expect(await reasonOf(issuer.judge(ann.accessToken))).toBe("unknown_key");
        expect(await reasonOf(refresh(issuer, ann))).toBe("invalid_grant");
        const again = await issuer.signIn(ann.email);
        await issuer.judge(again.accessToken);
        await issuer.judge((await refresh(issuer, again)).tokens[0]?.access_token ?? "");

        const [entry] = await issuer.services.audit.list({ limit: 1, event: "installation.keys_reset" });
        expect(entry?.detail).toMatchObject({ sessions: 1, former_key: former });
        expect(await verdictOf(issuer, [entry?.subject ?? ""])).toMatchObject({ whole: true, first: 1 });
        expect(await verdictOf(issuer, [former ?? ""])).toMatchObject({ whole: false, problem: "unsigned" });
      });
    });

    test("is refused while the master key is there, and while an instance runs", async () => {
      await during([OLD], async () => {
        await expect(run("reset-keys", [NEW, OLD])).rejects.toThrow("The master key of this database is in the file");
        await expect(run("reset-keys", [NEW])).rejects.toThrow("An instance runs on this database");
      });
      await during([OLD], async (issuer) => issuer.person("ann"));
    });
  });

  describe("restored", () => {
    test("server case 3: what was issued after the backup is dead, whoever has it, and so is what was issued before", async () => {
      const before = await during([OLD], (issuer) => issuer.person("ann"));
      await database.backUp();
      const after = await during([OLD], async (issuer) => {
        const incarnation = (await issuer.store.installation.read())?.feedIncarnation;
        await anHourPasses();
        const { current } = await issuer.services.keyRotation.rotate(before.actor);
        return { current, incarnation, ann: await issuer.signIn("ann@example.com"), bob: await issuer.person("bob") };
      });
      await database.restore();
      expect(await run("restored", [OLD])).toMatch(/^Everything that was issued before is dead. 1 sessions/);
      await during([OLD], async (issuer) => {
        for (const { accessToken } of [after.ann, after.bob]) {
          expect(await reasonOf(issuer.judge(accessToken))).toBe("unknown_key");
        }
        for (const person of [before, after.ann, after.bob]) {
          expect(await reasonOf(refresh(issuer, person))).toBe("invalid_grant");
        }
        const facts = (await issuer.store.revocations.since(0)).map(({ fact }) => fact);
        expect(facts).toContainEqual({ kind: "key", id: after.current });
        expect(facts).toHaveLength(3);
        expect((await issuer.store.installation.read())?.feedIncarnation).not.toBe(after.incarnation);
        await issuer.judge((await issuer.signIn("ann@example.com")).accessToken);
        const keys = (await issuer.store.auditChain.keys()).map(({ kid }) => kid);
        expect(await verdictOf(issuer, keys)).toMatchObject({ whole: true });
      });
    });

    test("is refused without the backup's master key, and while an instance runs", async () => {
      await during([OLD], async () => {
        await expect(run("restored", [NEW])).rejects.toThrow("The master key of this backup is not in the file");
        await expect(run("restored", [OLD])).rejects.toThrow("An instance runs on this database");
      });
    });

    test("waits a minute after an instance that was killed, and says for how long", async () => {
      await during([OLD], async () => undefined);
      await database.query(`insert into instances values ('killed', 'some key', ${systemWorld.now() - 1000})`);
      await expect(run("restored", [OLD])).rejects.toThrow(/that shows in 5\d s/);
      await database.query(`update instances set seen_at = seen_at - ${ABSENT_MS}`);
      expect(await run("restored", [OLD])).toMatch(/dead/);
    });
  });

  describe("any of them", () => {
    test.each([
      // It has fewer statements than the others, so it is killed at more of them.
      ["rewrap", [NEW, OLD], 8],
      ["reset-keys", [NEW], 17],
      ["restored", [OLD], 17],
    ])(
      "server case 2: %s, killed anywhere in the middle, has changed nothing",
      async (name, masterKeys, every) => {
        await during([OLD], (issuer) => issuer.person("ann"));
        const before = await everything();
        let statement = 0;
        do {
          expect(await everything()).toEqual(before);
          statement += every;
        } while (await diesAt(statement, name, masterKeys));
        expect(statement).toBeGreaterThan(2 * every);
        expect(await everything()).not.toEqual(before);
      },
      120_000,
    );

    test("is refused where there is nothing yet, and where it does not exist", async () => {
      await expect(run("restored", [OLD])).rejects.toThrow("There is nothing in this database yet");
      for (const name of ["", "toString", "--help", "keys"]) {
        await expect(run(name, [OLD])).rejects.toThrow(/the others are rewrap, reset-keys, restored/);
      }
    });
  });
});
