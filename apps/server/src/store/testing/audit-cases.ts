import { describe, expect, test } from "vitest";
import { anEntry, idOf, NOW } from "./samples.ts";
import type { Given } from "./setting.ts";

export function auditCases(given: Given): void {
  describe("audit", () => {
    test("an entry comes back as it was given, with and without what may be missing", async () => {
      const { audit } = given.store;
      const full = anEntry("full", {
        at: NOW + 1,
        outcome: "refused",
        actor: idOf("actor"),
        subject: idOf("subject"),
        session: idOf("session"),
        address: "2001:db8::1",
        detail: { limit: "address", count: 3, first: true, none: null },
      });
      await audit.append(anEntry("bare"));
      await audit.append(full);
      expect(await audit.list({ limit: 10 })).toStrictEqual([
        { ...full, seq: null },
        { ...anEntry("bare"), seq: null },
      ]);
    });

    test("pages go from new to old without gap or repetition, while entries of the same moment and new ones come", async () => {
      const { audit } = given.store;
      for (let n = 0; n < 12; n += 1) await audit.append(anEntry(`${n}`, { at: NOW + Math.floor(n / 4) }));
      const seen: string[] = [];
      for (let page = 0; page < 4; page += 1) {
        const entries = await audit.list({ limit: 3, after: seen.at(-1) });
        seen.push(...entries.map(({ id }) => id));
        await audit.append(anEntry(`new ${page}`, { at: NOW + 10 + page }));
      }
      const all = await audit.list({ limit: 100 });
      expect(seen).toEqual(all.slice(4).map(({ id }) => id));
      expect(all.map(({ at }) => at)).toEqual(all.map(({ at }) => at).sort((a, b) => b - a));
      expect(await audit.list({ limit: 3, after: idOf("none") })).toEqual([]);
    });

    test("a list of one event holds that event only, page by page", async () => {
      const { audit } = given.store;
      for (let n = 0; n < 6; n += 1)
        await audit.append(anEntry(`${n}`, { at: NOW + n, event: n % 2 ? "odd" : "even" }));
      const first = await audit.list({ limit: 2, event: "odd" });
      expect(first.map(({ id }) => id)).toEqual([idOf("entry 5"), idOf("entry 3")]);
      const rest = await audit.list({ limit: 2, event: "odd", after: idOf("entry 3") });
      expect(rest.map(({ id }) => id)).toEqual([idOf("entry 1")]);
    });
  });
}
