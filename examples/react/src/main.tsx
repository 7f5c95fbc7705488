import { CountersignProvider, SignedIn } from "@countersign/client/react";
import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { Board } from "./board.tsx";
import { countersign, queryClient } from "./countersign.ts";
import { Enter } from "./enter.tsx";

const place = document.getElementById("app");
if (!place) throw new Error("index.html has no place for the app");
createRoot(place).render(
  <StrictMode>
    <CountersignProvider client={countersign}>
      <QueryClientProvider client={queryClient}>
        <SignedIn pending={<p>One moment…</p>} fallback={<Enter />}>
          <Board />
        </SignedIn>
      </QueryClientProvider>
    </CountersignProvider>
  </StrictMode>,
);
