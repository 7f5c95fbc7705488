/** The type of the issuer's API, for clients. A type only: importing it brings no code of the server along. */
export type { IssuerRouter } from "./api/router.ts";
