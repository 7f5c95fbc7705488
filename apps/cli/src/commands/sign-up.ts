import { command } from "../command.ts";
import { email as emailForm, personName } from "../forms.ts";
import { readLink } from "../links.ts";
import { welcome } from "./welcome.ts";

export const signUp = command({
  name: "sign-up",
  says: "make an account, with an invitation's link where the server asks for one",
  parameters: ["link?"],
  options: { name: { kind: "text", says: "your name" } },
  run: async (context, given) => {
    const { ask } = context;
    const link = given.link === undefined ? undefined : readLink(given.link, "/sign-up");
    const client = await context.connect(link?.url);
    const email = await ask.text("E-mail address", context.email, "--email ADDRESS", emailForm);
    const name = await ask.text("Name", given.name, "--name NAME", personName);
    const password = await ask.newPassword("Password");
    await client.signUp({ email, name, password, invitation: link?.secret });
    return welcome(context, email);
  },
});
