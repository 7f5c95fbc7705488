import { serveFastifyJwt } from "../fastify-jwt-api.ts";

// Each call's signature is checked.

await serveFastifyJwt({ cache: false });
