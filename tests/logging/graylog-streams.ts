// Streams and their shares as Graylog has them.
import { Answer, found, shaped, shapes } from "./graylog-shapes.ts";
import type { Body } from "./graylog-shapes.ts";

type Stream = Body & { id: string };

/** Of the stream that every server has for messages of no other. */
export const defaultStreamId = "1".padStart(24, "0");

const everyone = "grn::::builtin-team:everyone";

/** The streams of a server. */
export class Streams {
  /** Those of requests. */
  list: Stream[] = [];
  /** Those that the server creates itself. */
  readonly own: Stream[] = [
    { id: defaultStreamId, title: "Default Stream", index_set_id: "a".repeat(24), is_default: true },
    { id: "2".padStart(24, "0"), title: "All events", index_set_id: "b".repeat(24), is_default: false },
    { id: "3".padStart(24, "0"), title: "All system events", index_set_id: "c".repeat(24), is_default: false },
  ].map((one) => ({
    description: "Graylog's",
    matching_type: "AND",
    remove_matches_from_default_stream: false,
    ...one,
  }));
  /** Capabilities by stream, and then by who has them. */
  readonly shares = new Map<string, Record<string, string>>();

  /** Those that a user sees: administrators every one, and others those that are shared with them. @param grn the user's */
  seenBy(grn: string, administrator: boolean): Stream[] {
    return [...this.own, ...this.list].filter(({ id }) => {
      const shares = this.shares.get(id) ?? {};
      return administrator || everyone in shares || grn in shares;
    });
  }

  /** Answers what is about streams; undefined: something else. @param grn the user's, who owns what is created */
  write(
    route: string,
    [id = "", second = ""]: readonly string[],
    body: Body,
    user: string,
    grn: string,
    newId: () => string,
  ): { status: number; body?: unknown } | undefined {
    switch (route) {
      case "POST /streams": {
        shaped(body, shapes.wrapper);
        if (body["share_request"] !== null) shaped(body["share_request"] as Body, shapes.shares);
        const { rules = [], ...stream } = shaped(body["entity"] as Body, shapes.stream);
        const made = {
          matching_type: "AND",
          remove_matches_from_default_stream: false,
          ...stream,
          id: newId(),
          disabled: true,
          is_default: false,
          creator_user_id: user,
          rules: (rules as Body[]).map((rule) => ({ ...shaped(rule, shapes.streamRule), id: newId() })),
        };
        this.list.push(made);
        // Who creates it owns it, but for the first administrator, who may do anything.
        if (user !== "admin") this.shares.set(made.id, { [grn]: "own" });
        return { status: 201, body: { stream_id: made.id } };
      }
      case "PUT /streams/:id": {
        const description = body["description"] ?? null;
        const change = { ...shaped(body, shapes.streamChange), description };
        return { status: 200, body: Object.assign(found([...this.own, ...this.list], is(id)), change) };
      }
      case "POST /authz/shares/entities/grn::::stream::id": {
        const wanted = shaped(body, shapes.shares)["selected_grantee_capabilities"] as Record<string, string>;
        const lost = Object.entries(this.shares.get(id) ?? {}).filter(
          ([who, is]) => is === "own" && wanted[who] !== is,
        );
        if (lost.length > 0)
          throw new Answer(400, {
            validation_result: { failed: true, errors: { selected_grantee_capabilities: ["It would be ownerless."] } },
          });
        this.shares.set(id, wanted);
        return { status: 200, body: { selected_grantee_capabilities: wanted } };
      }
      case "DELETE /streams/:id":
        found(this.list, is(id));
        this.list = this.list.filter((one) => one.id !== id);
        return { status: 204 };
      case "POST /streams/:id/resume":
        found(this.list, is(id))["disabled"] = false;
        return { status: 204 };
      case "POST /streams/:id/rules": {
        const rule = { ...shaped(body, shapes.streamRule), id: newId() };
        (found(this.list, is(id))["rules"] as Body[]).push(rule);
        return { status: 201, body: { streamrule_id: rule.id } };
      }
      case "DELETE /streams/:id/rules/:id": {
        const stream = found(this.list, is(id));
        stream["rules"] = (stream["rules"] as Stream[]).filter((rule) => rule.id !== second);
        return { status: 204 };
      }
    }
    return undefined;
  }
}

function is(id: string): (one: Stream) => boolean {
  return (one) => one.id === id;
}
