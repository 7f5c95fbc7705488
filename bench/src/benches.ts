import { clientCall } from "./client-call/client-call.ts";
import { dpop } from "./dpop/dpop.ts";
import { forgedFlood } from "./forged-flood/forged-flood.ts";
import type { Bench } from "./harness/bench.ts";
import { keyRotation } from "./key-rotation/key-rotation.ts";
import { protectedCall } from "./protected-call/protected-call.ts";
import { refresh } from "./refresh/refresh.ts";
import { signInFlood } from "./sign-in-flood/sign-in-flood.ts";
import { signOut } from "./sign-out/sign-out.ts";
import { startUp } from "./start-up/start-up.ts";
import { types } from "./types/types.ts";

export const benches: readonly Bench[] = [
  startUp,
  protectedCall,
  dpop,
  clientCall,
  forgedFlood,
  signInFlood,
  refresh,
  signOut,
  keyRotation,
  types,
];
