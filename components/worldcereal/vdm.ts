import type { WrittenApplication } from "../kit/application.ts";
import { ofPart } from "./part.ts";
import type { Part, Storage } from "./part.ts";

/** The visualization and dissemination module: pages, and a back end for them and for programs. */
export interface Dissemination {
  readonly host: string;
  readonly apiHost: string;
  readonly database: string;
  readonly storage: Storage;
  /** The title of the input of Graylog that the back end sends its logs to. */
  readonly input: string;
  readonly ui: Part;
  readonly backend: Part;
}

/** The applications of the module, by part. */
export function dissemination(module: Dissemination): Record<"ui" | "backend", WrittenApplication> {
  const { apiHost, backend, database, host, input, storage, ui } = module;
  return {
    ui: {
      ...ofPart(ui),
      name: "app-wcpdr",
      namespace: "vdm",
      title: "products",
      writable: ["/tmp", "/var/cache/nginx"],
      hosts: [{ host, login: { client: "vdm" } }],
    },
    backend: {
      ...ofPart(backend),
      name: "be",
      namespace: "vdm",
      title: "products for programs",
      databases: [{ name: database }],
      volumes: [{ claim: "vdm-data", path: storage.path, size: storage.size }],
      logs: { input },
      hosts: [
        { host, paths: ["/backend"], login: { client: "vdm" } },
        { host: apiHost, apiOnly: true, login: { client: "vdmapi", removeAuthorization: true } },
      ],
    },
  };
}
