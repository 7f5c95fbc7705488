import { command } from "../command.ts";
import { readLink } from "../links.ts";
import { done } from "../output.ts";

export const setup = command({
  name: "setup",
  says: "make the first administrator, with the link that the server showed at its first start",
  parameters: ["link?"],
  options: { name: { kind: "text", says: "your name" } },
  run: async ({ ask, connect, email: given, server }, input) => {
    const { url, secret } = readLink(await ask.text("Set-up link", input.link, "the link as an argument"), "/setup");
    const client = connect(url);
    const email = await ask.text("E-mail address", given, "--email ADDRESS");
    const name = await ask.text("Name", input.name, "--name NAME");
    const password = await ask.newPassword("Password");
    await client.setUp({ secret, email, name, password });
    return done(`Signed in to ${server()} as ${email}.`, { server: server(), email });
  },
});
