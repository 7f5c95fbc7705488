import { access } from "./access.ts";

// For `countersign access push -`.
process.stdout.write(`${JSON.stringify(access, null, 2)}\n`);
