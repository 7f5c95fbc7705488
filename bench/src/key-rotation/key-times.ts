import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";

const HOUR_MS = 3_600_000;

/** Has an hour pass for the keys of an issuer, and for nothing else: what is published now may sign. */
export function passAnHour(dataDir: string): void {
  change(dataDir, `update signing_keys set published_at = published_at - ${HOUR_MS}`);
}

/** Says what new keys are made for, as a start with that algorithm does. */
export function wantAlgorithm(dataDir: string, algorithm: "EdDSA" | "ES256"): void {
  change(dataDir, `update installation set key_algorithm = '${algorithm}'`);
}

function change(dataDir: string, statement: string): void {
  const database = new DatabaseSync(join(dataDir, "countersign.db"), { timeout: 5000 });
  database.exec(statement);
  database.close();
}
