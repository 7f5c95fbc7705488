import { sessions } from "../../../issuer.ts";

export const POST = sessions.handle;
