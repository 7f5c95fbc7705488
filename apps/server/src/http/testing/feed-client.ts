export interface FeedEvent {
  readonly event: string;
  readonly id: string;
  readonly data: Record<string, unknown>;
}

/** The events of a stream, one by one, as a reader sees them; ends with the stream. */
export async function* eventsOf(reply: Response): AsyncGenerator<FeedEvent> {
  if (!reply.body) return;
  let rest = "";
  for await (const chunk of reply.body.pipeThrough(new TextDecoderStream())) {
    const events = (rest + chunk).split("\n\n");
    rest = events.pop() ?? "";
    for (const text of events) {
      const fields = Object.fromEntries(
        text.split("\n").map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)]),
      );
      yield { event: fields["event"] ?? "", id: fields["id"] ?? "", data: JSON.parse(fields["data"] ?? "null") };
    }
  }
}
