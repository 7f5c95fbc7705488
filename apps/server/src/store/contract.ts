import { afterEach, beforeEach, describe } from "vitest";
import type { Store } from "./store.ts";
import { accountCases } from "./testing/account-cases.ts";
import { attemptCases } from "./testing/attempt-cases.ts";
import { auditCases } from "./testing/audit-cases.ts";
import { auditChainCases } from "./testing/audit-chain-cases.ts";
import { eventCases } from "./testing/event-cases.ts";
import { factCases } from "./testing/fact-cases.ts";
import { inputCases } from "./testing/input-cases.ts";
import { mailCases } from "./testing/mail-cases.ts";
import { metadataCases } from "./testing/metadata-cases.ts";
import { migrationCases } from "./testing/migration-cases.ts";
import { oneTimeCases } from "./testing/one-time-cases.ts";
import { registerCases } from "./testing/register-cases.ts";
import { roleCases } from "./testing/role-cases.ts";
import { sealedCases } from "./testing/sealed-cases.ts";
import { serviceCases } from "./testing/service-cases.ts";
import { sessionCases } from "./testing/session-cases.ts";
import type { Given, TestDatabase, TestDatabases } from "./testing/setting.ts";
import { transactionCases } from "./testing/transaction-cases.ts";

const suite = [
  accountCases,
  metadataCases,
  sessionCases,
  serviceCases,
  roleCases,
  registerCases,
  oneTimeCases,
  sealedCases,
  mailCases,
  attemptCases,
  auditCases,
  auditChainCases,
  factCases,
  eventCases,
  transactionCases,
  inputCases,
  migrationCases,
];

/** What every database must pass, each test on a database of its own. */
export function storeContract(name: string, databases: TestDatabases): void {
  describe(`the store over ${name}`, () => {
    let database: TestDatabase;
    let store: Store;
    beforeEach(async () => {
      database = await databases.migrated();
      store = await database.open();
    });
    afterEach(() => database.close());
    const given: Given = {
      get store() {
        return store;
      },
      get database() {
        return database;
      },
      another: () => database.open(),
      databases,
    };
    for (const cases of suite) cases(given);
  });
}
