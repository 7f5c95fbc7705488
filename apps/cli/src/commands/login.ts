import { command } from "../command.ts";
import { done } from "../output.ts";

export const login = command({
  name: "login",
  says: "sign in with e-mail address and password",
  run: async ({ ask, connect, email: given, server }) => {
    const email = await ask.text("E-mail address", given, "--email ADDRESS");
    const password = await ask.password("Password");
    await connect().signIn({ email, password });
    return done(`Signed in to ${server()} as ${email}.`, { server: server(), email });
  },
});
