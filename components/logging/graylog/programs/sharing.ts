import type { DesiredStream } from "../desired.ts";
import type { Server } from "./server.ts";

/** Graylog's name for everyone who can log in. */
const everyone = "grn::::builtin-team:everyone";

/** Capabilities by grantee. */
type Shares = Readonly<Record<string, string>>;

/**
 * Shares a stream with its readers. Without a share, only administrators see it. Shares with single users are kept.
 * @returns whether the shares were changed
 */
export async function share(server: Server, stream: string, readers: DesiredStream["readers"]): Promise<boolean> {
  const path = `/authz/shares/entities/grn::::stream:${stream}`;
  const prepared = (await server.send("POST", `${path}/prepare`, {})) as { selected_grantee_capabilities: Shares };
  const { [everyone]: actual, ...others } = prepared.selected_grantee_capabilities;
  const wanted = readers === "everyone" ? "view" : undefined;
  if (actual === wanted) return false;
  // The server replaces all shares, and rejects a request that removes the last owner.
  await server.send("POST", path, {
    selected_grantee_capabilities: wanted === undefined ? others : { ...others, [everyone]: wanted },
  });
  return true;
}
