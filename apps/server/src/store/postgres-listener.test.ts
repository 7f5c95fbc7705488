import { describe, expect, test, vi } from "vitest";
import { newPostgresDatabase } from "../testing/postgres.ts";
import { openPostgres } from "./postgres.ts";
import { postgresDatabases } from "./testing/postgres-databases.ts";

const databases = postgresDatabases(newPostgresDatabase);

describe("what PostgreSQL tells of a commit", () => {
  test("each of two schemas hears of its own facts", async () => {
    const shared = await databases.empty();
    const [one, two] = ["one", "two"].map((schema) => openPostgres({ connection: shared.url, schema, size: 2 }));
    if (!one || !two) throw new Error("two stores");
    await Promise.all([one.migrate(), two.migrate()]);
    const [atOne, atTwo] = [vi.fn(), vi.fn()];
    one.onNews(() => atOne());
    two.onNews(() => atTwo());
    // Once when it begins to hear.
    await vi.waitFor(() => expect([atOne.mock.calls.length, atTwo.mock.calls.length]).toEqual([1, 1]));
    for (const [times, id] of ["a", "b", "c"].entries()) {
      await one.transaction(async (tx) => tx.revoke({ kind: "key", id }));
      await vi.waitFor(() => expect(atOne).toHaveBeenCalledTimes(times + 2));
    }
    await two.transaction(async (tx) => tx.revoke({ kind: "key", id: "d" }));
    await vi.waitFor(() => expect(atTwo).toHaveBeenCalledTimes(2));
    expect(atOne).toHaveBeenCalledTimes(4);
    await Promise.all([one.close(), two.close(), shared.close()]);
  });
});
