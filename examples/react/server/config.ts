/** Where people open the app. The pages, the API and the issuer share this origin, so that the cookie reaches the issuer. */
export const origin = process.env["APP_URL"] ?? "https://localhost:5173";

/** Where the API and the issuer listen: on the loopback, for the server of the pages, which ends TLS. */
export const apiPort = Number(process.env["API_PORT"] ?? 3000);

/** Where certificate, master key and database are. */
export const dataDir = "data";
