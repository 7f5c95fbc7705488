import { createContext, createElement, type ReactElement, type ReactNode, useContext } from "react";
import type { CountersignClient } from "../create-client.ts";

const Context = createContext<CountersignClient | undefined>(undefined);

export interface CountersignProviderProps {
  /** Made once, outside of components. Whoever made it disposes of it. */
  readonly client: CountersignClient;
  readonly children?: ReactNode;
}

/** Gives a client to everything below. */
export function CountersignProvider({ client, children }: CountersignProviderProps): ReactElement {
  return createElement(Context.Provider, { value: client }, children);
}

/** The client that was provided. @throws {TypeError} outside of a `CountersignProvider` */
export function useCountersign(): CountersignClient {
  const client = useContext(Context);
  if (!client) throw new TypeError("there is no CountersignProvider above this component");
  return client;
}
