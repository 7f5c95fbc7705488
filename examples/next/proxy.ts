import { type NextRequest, NextResponse } from "next/server";
import { sessions } from "./issuer.ts";

/** Before every page: renews the session when it is due. */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  const { requestHeaders, responseHeaders } = await sessions.proxy(request);
  return NextResponse.next({ request: { headers: requestHeaders }, headers: responseHeaders });
}

export const config = { matcher: "/" };
