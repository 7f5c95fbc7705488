import type { IssuerOptions } from "../../issuer-options.ts";
import { dieAtStatement } from "../../services/testing/die-at-statement.ts";
import { operate } from "../operate.ts";

/** One operation that dies in the middle of it, as by a power cut. Given as JSON in the first argument. */
export interface DyingOperation {
  readonly name: string;
  readonly issuer: string;
  readonly database: IssuerOptions["database"];
  readonly masterKeys: readonly string[];
  /** Before its so manieth statement is sent to the database. */
  readonly statement: number;
}

const { name, statement, ...options } = JSON.parse(process.argv[2] ?? "") as DyingOperation;
dieAtStatement(statement);
await operate(name, options);
