import { DatabaseSync, StatementSync } from "node:sqlite";
import pg from "pg";

/** Kills this process, as by a power cut, before the so manieth statement that it sends to a database from now on. */
export function dieAtStatement(statement: number): void {
  let sent = 0;
  const count = (prototype: object, method: string) => {
    const original: (...given: unknown[]) => unknown = Reflect.get(prototype, method);
    Reflect.set(prototype, method, function (this: unknown, ...given: unknown[]) {
      sent += 1;
      if (sent === statement) process.kill(process.pid, "SIGKILL");
      return original.apply(this, given);
    });
  };
  count(DatabaseSync.prototype, "exec");
  for (const method of ["all", "run"]) count(StatementSync.prototype, method);
  count(pg.Client.prototype, "query");
}
