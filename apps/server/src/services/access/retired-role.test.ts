import { systemWorld } from "@countersign/tokens";
import { expect, test } from "vitest";
import { crash } from "../testing/crash.ts";
import { databasesForTests } from "../testing/databases.ts";
import { putHolders } from "../testing/many-holders.ts";
import { NOTES, openTestIssuer } from "../testing/test-issuer.ts";

const databases = databasesForTests();

test.each(Object.entries(databases))(
  "server case 2: an issuer that was killed while a role was removed which it declares starts again, over %s",
  async (_kind, make) => {
    const audiences = [
      { audience: NOTES, permissions: ["notes:read"], roles: { reader: { permissions: ["notes:read"] } } },
    ];
    const options = { database: await make(), world: systemWorld, audiences };
    const first = await openTestIssuer(options);
    const admin = await first.administrator();
    await putHolders(first.options, { role: "reader", count: 1203, minters: 1203, at: systemWorld.now() });
    await first.close();
    await crash({ act: { remove: "reader", by: admin.actor }, when: { statement: 30 } }, first.options);
    const again = await openTestIssuer(options);
    expect(await again.store.roleNarrowings.oldest()).toBeUndefined();
    expect((await again.services.roles.list()).map(({ name }) => name)).toContain("reader");
    await again.close();
  },
);
