import { serveFastifyJwt } from "../fastify-jwt-api.ts";

// fast-jwt remembers which tokens it has verified.

await serveFastifyJwt({ cache: true });
