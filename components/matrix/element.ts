import type { Site } from "./static-site.ts";
import { wellKnown } from "./well-known.ts";

/** Element Web, whose image is nginx with the client's files below /app, for amd64 and arm64 (element-web, Dockerfile). */
export const elementImage = "docker.io/vectorim/element-web:v1.12.32";

/** The client's files with a configuration for one homeserver (element-web, docs/config.md). */
export function elementSite({ host, serverName }: { readonly host: string; readonly serverName: string }): Site {
  const { client } = wellKnown({ host, federates: false }) as { client: Record<string, object> };
  const configuration = {
    default_server_config: { "m.homeserver": { ...client["m.homeserver"], server_name: serverName } },
    disable_custom_urls: true,
    disable_guests: true,
    // Without these, the client uses the vendor's integration manager and reports bugs to the vendor.
    bug_report_endpoint_url: null,
    integrations_rest_url: null,
    integrations_ui_url: null,
    room_directory: { servers: [serverName] },
  };
  const file = { name: "config.json", text: `${JSON.stringify(configuration, undefined, 2)}\n` };
  return { root: "/app", files: [], replaced: { "/config.json": file } };
}
