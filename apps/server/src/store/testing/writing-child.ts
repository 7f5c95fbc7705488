import { systemWorld } from "@countersign/tokens";
import { openSqlite } from "../sqlite.ts";
import { anAccount } from "./samples.ts";

// Writes accounts without end, and tells of each when the store has acknowledged it, until someone kills this process.

const store = await openSqlite({ file: process.argv[2] ?? "", world: systemWorld });
await store.migrate();
for (let n = 0; ; n += 1) {
  const account = anAccount(`written ${n}`);
  if (n % 2) await store.accounts.insert(account);
  else await store.transaction((tx) => tx.accounts.insert(account));
  await new Promise((resolve) => process.send?.(account.id, resolve));
}
