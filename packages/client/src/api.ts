/** The issuer's API, as a type: no code of the server comes along. */
export type { IssuerRouter } from "@countersign/server/router";
