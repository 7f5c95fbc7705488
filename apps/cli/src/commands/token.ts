import { command } from "../command.ts";
import { Failure } from "../failure.ts";

export const token = command({
  name: "token",
  says: "print a current access token and nothing else, for the Authorization header of other programs",
  options: { audience: { kind: "text", says: "the API it is for (the server itself by default)", value: "url" } },
  run: async ({ signedIn }, { audience }) => {
    const { session } = await signedIn();
    const accessToken = await session.accessToken(audience);
    if (!accessToken) throw new Failure("signedOut", "Your session has ended.", "Sign in: countersign login");
    return { json: { accessToken }, text: () => `${accessToken}\n` };
  },
});
