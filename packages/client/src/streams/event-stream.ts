/** One event of a stream, with the last id that was named so far. */
export interface StreamEvent {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
}

/**
 * Reads server-sent events, as HTML has them (§9.2.6). A piece that is cut anywhere goes on with the next.
 *
 * @param lastEventId what was named before, in the stream that this one goes on from
 */
export function createEventReader(lastEventId: string): (text: string) => StreamEvent[] {
  let rest = "";
  let id = lastEventId;
  let type = "";
  let data: string[] = [];

  const read = (line: string, events: StreamEvent[]) => {
    if (line === "") {
      if (data.length > 0) events.push({ type: type || "message", data: data.join("\n"), lastEventId: id });
      [type, data] = ["", []];
      return;
    }
    const at = line.indexOf(":");
    const field = at < 0 ? line : line.slice(0, at);
    const value = at < 0 ? "" : line.slice(at + 1).replace(/^ /, "");
    if (field === "event") type = value;
    else if (field === "data") data.push(value);
    else if (field === "id" && !value.includes("\0")) id = value;
  };

  return (text) => {
    const events: StreamEvent[] = [];
    const lines = (rest + text).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    for (const line of lines) read(line, events);
    return events;
  };
}
