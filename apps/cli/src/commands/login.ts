import { command } from "../command.ts";
import { email as emailForm } from "../forms.ts";
import { welcome } from "./welcome.ts";

export const login = command({
  name: "login",
  says: "sign in with e-mail address and password",
  run: async (context) => {
    const { ask } = context;
    const client = await context.connect();
    const email = await ask.text("E-mail address", context.email, "--email ADDRESS", emailForm);
    const password = await ask.password("Password");
    await client.signIn({ email, password });
    return welcome(context, email);
  },
});
