import { command } from "../command.ts";
import { readLink } from "../links.ts";
import { done } from "../output.ts";

export const signUp = command({
  name: "sign-up",
  says: "make an account, with an invitation's link where the server asks for one",
  parameters: ["link?"],
  options: { name: { kind: "text", says: "your name" } },
  run: async ({ ask, connect, email: given, server }, input) => {
    const link = input.link === undefined ? undefined : readLink(input.link, "/sign-up");
    const client = connect(link?.url);
    const email = await ask.text("E-mail address", given, "--email ADDRESS");
    const name = await ask.text("Name", input.name, "--name NAME");
    const password = await ask.newPassword("Password");
    await client.signUp({ email, name, password, ...(link && { invitation: link.secret }) });
    return done(`Signed in to ${server()} as ${email}.`, { server: server(), email });
  },
});
