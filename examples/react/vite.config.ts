import { devCertificate } from "@countersign/server";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { apiPort, dataDir, origin } from "./server/config.ts";

const api = { target: `http://127.0.0.1:${apiPort}`, xfwd: true };

// In development Vite serves whatever stands in this folder. These are its own exceptions, and one for keys and accounts.
const secret = [".env", ".env.*", "*.{crt,pem}", "**/.git/**", `**/${dataDir}/**`];

// One origin for all of it, over TLS: otherwise no browser sends the cookie of the refresh token.
const serve = async () => ({
  https: await devCertificate(dataDir),
  port: Number(new URL(origin).port || 443),
  strictPort: true,
  proxy: { "/auth": api, "/trpc": api },
});

export default defineConfig(async ({ command }) => {
  const served = command === "serve" ? await serve() : {};
  return { plugins: [react()], server: { ...served, fs: { deny: secret } }, preview: served };
});
