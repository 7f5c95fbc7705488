import type { NextConfig } from "next";

export default {
  // It hashes in processes of its own and brings native code, so it stays what it is in node_modules.
  serverExternalPackages: ["@countersign/server"],
  // `tsc` does that. Next asks for a compiler of an older kind.
  typescript: { ignoreBuildErrors: true },
} satisfies NextConfig;
