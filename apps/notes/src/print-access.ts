import { access } from "./access.ts";
import { appRouter } from "./router.ts";
import { guard } from "./trpc.ts";

// For `countersign access push -`: with who may call what, so that apps can ask `can("notes.create")`.
process.stdout.write(`${JSON.stringify({ ...access, procedures: await guard.seal(appRouter) }, null, 2)}\n`);
