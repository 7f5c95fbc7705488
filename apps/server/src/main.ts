import { announcement } from "./announcement.ts";
import { createApp } from "./app.ts";
import { readConfig } from "./config.ts";
import { readConfigFile } from "./config-file.ts";
import { operate } from "./operations/operate.ts";
import { sentenceFor } from "./start-error.ts";

process.umask(0o077); // what the server writes is its own

const [command] = process.argv.slice(2);
if (command === undefined) await serve();
else await operateOn(command);

async function serve(): Promise<void> {
  try {
    const config = readConfig(process.env);
    const app = await createApp(config, await readConfigFile(config, process.cwd()));
    await app.listen();
    const setUpLink = await app.setUpLink();

    const stop = () => app.close().then(() => process.exit(0));
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
    for (const event of ["uncaughtException", "unhandledRejection"]) {
      process.once(event, (err: unknown) => {
        app.log.fatal({ err }, "something was not handled; the server ends"); // ASVS 16.5.4
        process.exit(1);
      });
    }
    process.stdout.write(announcement(app.config, setUpLink));
  } catch (error) {
    process.stderr.write(`${sentenceFor(error)}\n`);
    process.exit(1);
  }
}

async function operateOn(command: string): Promise<void> {
  try {
    const { issuer, database, masterKeyFile } = readConfig(process.env);
    const said = await operate(command, { issuer, database, masterKeys: { file: masterKeyFile } });
    process.stdout.write(`${said}\n`);
  } catch (error) {
    process.stderr.write(`${sentenceFor(error, "Nothing was changed")}\n`);
    process.exitCode = 1;
  }
}
