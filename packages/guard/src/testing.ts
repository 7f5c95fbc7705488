// The entry `@countersign/guard/testing`: for the tests of whoever guards an API. Nothing of the main entry imports it.
// The tests of this package itself have their helpers in test-support/, which is not published.
export { callAs } from "./testing-entry/call-as.ts";
export type { AccountCaller, Caller, PermissionOf, ServiceCaller } from "./testing-entry/callers.ts";
export {
  type TestIssuer,
  type TestIssuerOptions,
  type TestTokenOptions,
  testIssuer,
} from "./testing-entry/test-issuer.ts";
