import { systemWorld } from "@countersign/tokens";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { databasesForTests } from "../testing/databases.ts";
import { nextGeneration } from "../testing/next-generation.ts";
import { openTestIssuer, type Person, SOMEBODY, type TestIssuer } from "../testing/test-issuer.ts";

const databases = databasesForTests();

describe.each(Object.entries(databases))(
  "client case 11: a refresh that others overtake on its way, over %s",
  (_kind, makeDatabase) => {
    let issuer: TestIssuer;
    let ann: Person;
    beforeEach(async () => {
      issuer = await openTestIssuer({ database: await makeDatabase(), world: systemWorld });
      ann = await issuer.person("ann");
    });
    afterEach(() => issuer.close());

    const refresh = async (refreshToken: string) => {
      const request = { client: "cli", refreshToken };
      return (await issuer.services.sessions.refresh(request, SOMEBODY)).refresh_token ?? "";
    };
    const row = () => issuer.store.sessions.byId(ann.reply.session);

    test("is answered with the newest token, which two of them have had within ten seconds", async () => {
      const newest = await refresh(ann.refreshToken);
      expect(await refresh(newest)).toBe(newest);
      expect(await refresh(ann.refreshToken)).toBe(newest);
      expect(await row()).toMatchObject({ gen: 1, late: false, streak: 0, endedAt: null });
    });

    test("and that all come at once is answered like them, whatever each of them carries", async () => {
      const newest = await refresh(ann.refreshToken);
      const all = Array.from({ length: 20 }, (_, index) => refresh(index % 2 ? newest : ann.refreshToken));
      expect(new Set(await Promise.all(all))).toEqual(new Set([newest]));
      expect(await row()).toMatchObject({ gen: 1, endedAt: null });
    });

    test("has access tokens that are new, with what is granted by now", async () => {
      const newest = await refresh(ann.refreshToken);
      const { sessions } = issuer.services;
      const again = await sessions.refresh({ client: "cli", refreshToken: newest }, SOMEBODY);
      await issuer.judge(again.tokens[0]?.access_token ?? "");
      expect(again.tokens[0]?.access_token).not.toBe(ann.accessToken);
    });

    test("is no second chance: after two generations, each of which had its time, it is reuse", async () => {
      for (let generation = 0; generation < 2; generation += 1) await nextGeneration(issuer.store, ann.reply.session);
      await expect(refresh(ann.refreshToken)).rejects.toMatchObject({ reason: "invalid_grant" });
      expect(await row()).toMatchObject({ gen: 2, endCause: "reuse" });
    });
  },
);
