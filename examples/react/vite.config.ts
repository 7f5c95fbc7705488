import { devCertificate } from "@countersign/server";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { apiPort, dataDir, origin } from "./server/config.ts";

const api = { target: `http://127.0.0.1:${apiPort}`, xfwd: true };

// One origin for all of it, over TLS: otherwise no browser sends the cookie of the refresh token.
const serve = async () => ({
  https: await devCertificate(dataDir),
  port: Number(new URL(origin).port || 443),
  strictPort: true,
  proxy: { "/auth": api, "/trpc": api },
});

export default defineConfig(async ({ command }) => {
  const served = command === "serve" ? await serve() : {};
  return { plugins: [react()], server: served, preview: served };
});
