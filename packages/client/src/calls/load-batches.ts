import { loading } from "../loading.ts";

/** tRPC's link for batches that are answered as a whole; loaded with the first. @throws {ClientError} `network` */
export async function loadBatches() {
  return await loading(() => import("@trpc/client/links/httpBatchLink"));
}
