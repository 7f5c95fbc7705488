import { insistOnVerification, readEnvironment } from "./environment.ts";
import { run } from "./run.ts";

insistOnVerification();
process.exitCode = await run(process.argv.slice(2), process, readEnvironment());
