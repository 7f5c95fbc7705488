import { facts } from "@countersign/guard";
import { fetchRequestHandler } from "@trpc/server/adapters/fetch";
import { appRouter, guard } from "../../../router.ts";

const handle = (req: Request) =>
  fetchRequestHandler({
    endpoint: "/trpc",
    req,
    router: appRouter,
    createContext: () => ({ auth: facts(req) }),
    responseMeta: guard.responseMeta,
    maxBatchSize: guard.maxBatchSize,
  });

export { handle as GET, handle as POST };
