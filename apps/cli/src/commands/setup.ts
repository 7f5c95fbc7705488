import { command } from "../command.ts";
import { email as emailForm, personName } from "../forms.ts";
import { readLink } from "../links.ts";
import { welcome } from "./welcome.ts";

export const setup = command({
  name: "setup",
  says: "make the first administrator, with the link that the server showed at its first start",
  parameters: ["link?"],
  options: { name: { kind: "text", says: "your name" } },
  run: async (context, given) => {
    const { ask } = context;
    const link = readLink(await ask.text("Set-up link", given.link, "the link as an argument"), "/setup");
    const client = await context.connect(link.url);
    const email = await ask.text("E-mail address", context.email, "--email ADDRESS", emailForm);
    const name = await ask.text("Name", given.name, "--name NAME", personName);
    const password = await ask.newPassword("Password");
    await client.setUp({ secret: link.secret, email, name, password });
    return welcome(context, email);
  },
});
