import { Readable, Writable } from "node:stream";
import { readEnvironment } from "../environment.ts";
import { run, type Streams } from "../run.ts";
import type { Asked, Told } from "./resident-cli.ts";

// A process that runs one command line after another, or several at once, each with its own environment and streams.

process.on("message", async ({ id, args, input = "", cwd = "/", env }: Asked) => {
  // Both are read at once, and nobody else reads them.
  for (const name of Object.keys(process.env)) delete process.env[name];
  Object.assign(process.env, env);
  process.chdir(cwd);
  const environment = readEnvironment();

  const [stdout, stderr] = [collector(), collector()];
  // No terminal anywhere, so that these are all that the program uses of such streams.
  const streams = { stdin: Readable.from([Buffer.from(input)]), stdout, stderr } as unknown as Streams;
  const code = await run(args, streams, environment);
  process.send?.({ id, code, stdout: stdout.text(), stderr: stderr.text() } satisfies Told);
});

function collector(): Writable & { text(): string } {
  const pieces: Buffer[] = [];
  const stream = new Writable({
    write(piece: Buffer, _encoding, done) {
      pieces.push(piece);
      done();
    },
  });
  return Object.assign(stream, { text: () => Buffer.concat(pieces).toString() });
}
