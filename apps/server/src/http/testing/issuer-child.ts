import { systemWorld } from "@countersign/tokens";
import { createApp } from "../../app.ts";
import { readConfig } from "../../config.ts";

// The server as a process of its own, whose clock is so many milliseconds ahead as its argument says. Tells its set-up link
// when it serves.

const ahead = Number(process.argv[2]);
const world = { now: () => systemWorld.now() + ahead, random: (bytes: number) => systemWorld.random(bytes) };
const app = await createApp(readConfig(process.env), { world });
await app.listen();
process.send?.((await app.setUpLink()) ?? "");
