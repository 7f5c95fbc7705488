import { QueryClient, QueryClientProvider, useSuspenseQuery } from "@tanstack/react-query";
import type { TRPCClient } from "@trpc/client";
import { createTRPCContext } from "@trpc/tanstack-react-query";
import { Component, type ComponentProps, createElement, type ReactNode, StrictMode, Suspense } from "react";
import { createRoot, type Root } from "react-dom/client";
import type { CountersignClient } from "../create-client.ts";
import { reasonOf } from "../errors.ts";
import { CountersignProvider, SignedIn } from "../react/index.ts";
import type { NotesRouter } from "./notes.ts";

const { TRPCProvider, useTRPC } = createTRPCContext<NotesRouter>();

function Who() {
  return useSuspenseQuery(useTRPC().who.queryOptions()).data.account;
}

function Hello() {
  return useSuspenseQuery(useTRPC().hello.queryOptions()).data;
}

/** Says why what is below it could not be shown. */
class Boundary extends Component<{ readonly children: ReactNode }, { readonly error?: unknown }> {
  override state: { readonly error?: unknown } = {};
  static getDerivedStateFromError(error: unknown) {
    return { error };
  }
  override render() {
    return "error" in this.state ? `failed: ${reasonOf(this.state.error)}` : this.props.children;
  }
}

const notes = createElement(
  Boundary,
  null,
  createElement("input", { placeholder: "draft" }),
  createElement(
    Suspense,
    { fallback: "loading" },
    createElement(Who),
    " says ",
    createElement(Hello),
    " to ",
    createElement(Who),
  ),
);
const page = createElement(SignedIn, { pending: "pending", fallback: "nobody" }, notes);

let root: Root | undefined;
let stop = () => {};

/** An app with React and TanStack Query, as development mounts it. Again: what a hot reload makes of it. */
function mountApp(client: CountersignClient, trpcClient: TRPCClient<NotesRouter>): void {
  const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  stop();
  stop = client.session.onAccountChange(() => queryClient.clear());
  const { document } = globalThis as unknown as { readonly document: { getElementById(id: string): never } };
  root ??= createRoot(document.getElementById("app"));
  const props: ComponentProps<typeof TRPCProvider> = { trpcClient, queryClient, children: page };
  const app = createElement(QueryClientProvider, { client: queryClient }, createElement(TRPCProvider, props));
  root.render(createElement(StrictMode, null, createElement(CountersignProvider, { client }, app)));
}

Object.assign(globalThis, { mountApp, unmountApp: () => root?.unmount() });
