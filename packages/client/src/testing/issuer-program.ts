import { type ServedIssuerOptions, serveIssuer } from "./served-issuer.ts";

// Serves an issuer until it is killed. JSON in the first argument.

await serveIssuer(JSON.parse(process.argv[2] ?? "") as ServedIssuerOptions);
