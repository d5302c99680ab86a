import type { WrittenApplication } from "../kit/application.ts";
import type { Bytes } from "../kit/quantities.ts";
import type { Size } from "../kit/resources.ts";

/** One workload of a module, as the settings describe it. */
export interface Part {
  /** With its registry and an exact tag. */
  readonly image: string;
  /** The port at which it serves HTTP. */
  readonly port: number;
  /** The path of both probes. Default: a connection to the port is enough. */
  readonly health?: string;
  /** In addition to the variables of the module. */
  readonly environment: Readonly<Record<string, string>>;
  readonly secretEnvironment: Readonly<Record<string, string>>;
  readonly resources: Size;
  readonly replicas?: number;
  readonly runAs: { readonly user: number; readonly group: number };
}

/** Files of a module that are kept on a volume. */
export interface Storage {
  readonly size: Bytes;
  /** Where the volume is mounted. */
  readonly path: string;
}

/** The application of a part, without what its module adds. */
export function ofPart(part: Part): WrittenApplication {
  const { environment, health, image, port, replicas, resources, runAs, secretEnvironment } = part;
  const probe = health === undefined ? {} : { http: health };
  return {
    image,
    ports: { http: port },
    probes: { readiness: probe, liveness: probe },
    environment,
    secretEnvironment,
    resources,
    replicas,
    runAs,
    writable: ["/tmp"],
  };
}
