import superjson from "superjson";
import { createClient, reasonOf } from "../index.ts";

/** What a page of the app has: the SDK, and what tests build with. Bundled, and loaded by a browser. */
Object.assign(globalThis, { createClient, reasonOf, superjson });
