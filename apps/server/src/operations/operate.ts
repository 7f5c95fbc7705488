import { systemWorld } from "@countersign/tokens";
import type { IssuerOptions } from "../issuer-options.ts";
import { openMasterKeys } from "../master-keys.ts";
import { createAudit } from "../services/audit/audit.ts";
import { StartError } from "../start-error.ts";
import { openStore } from "../wiring.ts";
import type { Operation } from "./operation.ts";
import { resetKeys } from "./reset-keys.ts";
import { restored } from "./restored.ts";
import { rewrap } from "./rewrap.ts";

const operations: Readonly<Record<string, Operation>> = { rewrap, "reset-keys": resetKeys, restored };

/**
 * Does one of the operations, by its name. Answers what was done, in sentences.
 *
 * @throws {StartError} with a sentence, for a name that is none, and where it would do harm: then nothing was changed
 * @throws {Refusal} `unavailable` without a database
 */
export async function operate(
  name: string,
  options: Pick<IssuerOptions, "issuer" | "database" | "masterKeys" | "world">,
): Promise<string> {
  const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
  if (!operation) {
    const known = Object.keys(operations).join(", ");
    throw new StartError(`The server knows no such command. Without one it starts; the others are ${known}.`);
  }
  const { issuer, database, world = systemWorld } = options;
  const store = await openStore(database, world);
  try {
    await store.migrate();
    if (!(await store.installation.read())) {
      throw new StartError("There is nothing in this database yet: start the server first.");
    }
    const masterKeys = await openMasterKeys(options, store, world);
    const audit = createAudit({ store, world });
    return await store.transaction(async (tx) => {
      for (const name of ["installation", "keys", "audit"] as const) await tx.lock(name);
      const installation = await tx.installation.read();
      if (!installation) throw new Error("the installation is gone");
      return await operation(tx, installation, { issuer, world, audit, masterKeys });
    });
  } finally {
    await store.close();
  }
}
