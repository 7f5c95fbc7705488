import { AsyncLocalStorage } from "node:async_hooks";
import { Refusal } from "@countersign/tokens";
import type { Dialect } from "kysely";

/** Knows whether the code that runs is the work of an open transaction. */
export interface Scope {
  enter<T>(work: () => Promise<T>): Promise<T>;
  /**
   * A dialect that gives no second connection to the work of a transaction. What the work asks of the store itself would
   * wait for the transaction that waits for it: for ever on one connection, and on many as soon as the pool is empty.
   */
  guard(dialect: Dialect): Dialect;
}

export function createScope(): Scope {
  const inside = new AsyncLocalStorage<{ open: boolean }>();
  const assertOutside = () => {
    if (!inside.getStore()?.open) return;
    throw new Refusal("internal", { detail: "the store was asked inside its own transaction: ask the transaction" });
  };
  return {
    async enter(work) {
      const scope = { open: true };
      try {
        return await inside.run(scope, work);
      } finally {
        // What was started inside and goes on afterwards may ask.
        scope.open = false;
      }
    },
    guard: (dialect) => ({
      createAdapter: () => dialect.createAdapter(),
      createIntrospector: (db) => dialect.createIntrospector(db),
      createQueryCompiler: () => dialect.createQueryCompiler(),
      createDriver() {
        const driver = dialect.createDriver();
        const acquire = driver.acquireConnection.bind(driver);
        driver.acquireConnection = async (options) => {
          assertOutside();
          return acquire(options);
        };
        return driver;
      },
    }),
  };
}
