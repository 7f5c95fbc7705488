import { judgeRefresh, type PresentedRefresh, type RefreshState, type RefreshVerdict } from "../refresh.ts";

/** What a party hears: the generation of the token it got, or why it got none. */
export type Answer =
  | { readonly gen: number }
  | { readonly ended: "reuse" | "refresh_ahead" }
  | { readonly refused: string };

const IDLE_MS = 14 * 24 * 3600 * 1000;

/**
 * The smallest server that carries verdicts out as the store does: compare-and-swap on the generation, a second look
 * for who lost it. Only the rule itself is the real one.
 */
export function createRefreshServer(jkt: string | null = null) {
  let state: RefreshState = {
    gen: 0,
    genAt: 0,
    late: false,
    streak: 0,
    clientId: "app",
    jkt,
    idleEnd: IDLE_MS,
    absEnd: Number.MAX_SAFE_INTEGER,
    endedAt: null,
  };

  function rotate(from: number, to: { gen: number; streak: number }, now: number): boolean {
    if (state.gen !== from || state.endedAt !== null) return false;
    state = { ...state, ...to, genAt: now, late: false, idleEnd: now + IDLE_MS };
    return true;
  }

  function mark(gen: number, streak: number): void {
    if (state.gen === gen && !state.late && state.endedAt === null) state = { ...state, late: true, streak };
  }

  function carryOut(verdict: RefreshVerdict, presented: PresentedRefresh, now: number): Answer | "lost the race" {
    switch (verdict.act) {
      case "rotate": {
        const { gen, streak } = verdict;
        return rotate(presented.gen, { gen, streak }, now) ? { gen } : "lost the race";
      }
      case "repeat":
        if (verdict.mark) mark(verdict.gen, verdict.mark.streak);
        return { gen: verdict.gen };
      case "end":
        state = { ...state, endedAt: state.endedAt ?? now };
        return { ended: verdict.cause };
      case "refuse":
        return { refused: verdict.cause };
    }
  }

  return {
    state: (): RefreshState => state,
    /** `seen` is what the request had read of the row, perhaps before others changed it. */
    present(gen: number, now: number, proof: string | null = jkt, seen: RefreshState = state): Answer {
      const presented = { gen, clientId: "app", jkt: proof };
      const first = carryOut(judgeRefresh(seen, presented, now), presented, now);
      if (first !== "lost the race") return first;
      const second = carryOut(judgeRefresh(state, presented, now), presented, now);
      if (second === "lost the race") throw new Error("lost the race twice against nobody");
      return second;
    },
  };
}
