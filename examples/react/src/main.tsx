import { QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./countersign.ts";
import { Notes } from "./notes.tsx";
import { SignIn } from "./sign-in.tsx";
import { useSession } from "./use-session.ts";

function App() {
  return useSession().status === "signed-out" ? <SignIn /> : <Notes />;
}

const place = document.getElementById("app");
if (!place) throw new Error("index.html has no place for the app");
createRoot(place).render(
  <StrictMode>
    <QueryClientProvider client={queryClient}>
      <App />
    </QueryClientProvider>
  </StrictMode>,
);
