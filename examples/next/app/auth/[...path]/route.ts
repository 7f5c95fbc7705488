import { issuer } from "../../../issuer.ts";

const handle = (request: Request) => issuer.fetch(request);

export { handle as GET, handle as HEAD, handle as OPTIONS, handle as POST };
