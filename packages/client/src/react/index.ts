export { CountersignProvider, type CountersignProviderProps, useCountersign } from "./context.ts";
export { Allowed, type AllowedProps, SignedIn, type SignedInProps } from "./guards.ts";
export { useCan } from "./use-can.ts";
export { useAccountChange, useSession } from "./use-session.ts";
