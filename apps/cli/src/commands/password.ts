import { command } from "../command.ts";
import { inWords } from "../in-words.ts";
import { done } from "../output.ts";

export const password = command({
  name: "password",
  says: "change your password; all your other sessions end (on standard input: the current one, then the new one)",
  run: async ({ ask, signedIn }) => {
    const { api } = await signedIn();
    const current = await ask.password("Current password");
    const next = await ask.newPassword("New password");
    await inWords(api.account.changePassword.mutate({ current, next }), {
      wrong_credentials: { says: "Your current password is wrong." },
    });
    return done("Password changed. Your other sessions have ended.", { changed: true });
  },
});
