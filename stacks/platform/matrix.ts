import { matrixClient, registrationToken } from "../../components/matrix/credentials.ts";
import { Matrix } from "../../components/matrix/matrix.ts";
import type { MatrixArgs } from "../../components/matrix/matrix.ts";
import { fullHost } from "../../components/kit/names.ts";
import { userSecret } from "../../components/kit/secret.ts";
import { matrixServerName } from "../settings/names.ts";
import type { Settings } from "../settings/settings.ts";
import type { Offered } from "./offered.ts";
import type { Part } from "./part.ts";

export const matrixPart: Part = {
  section: "matrix",
  on: ({ matrix }) => matrix.enabled,
  needs: (settings) => {
    const { delegation, element, host, login, name, namespace, registration, site } = settings.matrix;
    const serverName = matrixServerName(settings);
    const delegates = serverName !== fullHost(host, settings.domain);
    return {
      namespaces: [{ name: namespace, keepsData: true }],
      claims: [{ namespace, claim: Matrix.claim(name) }],
      clients: login === "platform" ? [matrixClient] : [],
      hosts: [
        { host },
        ...(delegates && (delegation !== "none" || site !== undefined) ? [{ host: serverName }] : []),
        ...(element.enabled ? [{ host: element.host }] : []),
      ],
      credentials: registration ? [registrationToken] : [],
      // Neither homeserver exports metrics: the dashboard shows what its pods use.
      watched: [{ component: "matrix", title: "Matrix", namespace, alerts: [], panels: [] }],
    };
  },
};

/** What the settings say of Matrix, as the component takes it. */
export function matrixArgs(settings: Settings, { gateway, identity }: Offered): MatrixArgs {
  const { matrix, matrixSite: site, secrets } = settings;
  const { delegation, element, federation, homeserver, host, login, maxRequestSize, name, namespace } = matrix;
  const { options, registration, replicas, resources, storage, turn } = matrix;
  if (gateway === undefined) throw new RangeError("no gateway for Matrix");
  const { cpu, memory, memoryLimit } = resources;
  return {
    homeserver,
    namespace,
    name,
    serverName: matrixServerName(settings),
    host,
    replicas,
    resources: { requests: { cpu, memory }, limits: { memory: memoryLimit } },
    storage,
    maxRequestSize,
    registration,
    federation: federation.enabled ? { trustedServers: federation.trustedServers } : undefined,
    delegation,
    site,
    element: element.enabled ? element.host : undefined,
    turn: turn && { uris: turn.uris, secret: userSecret(secrets, turn.secretSecret), ttl: turn.ttl },
    options,
    gateway,
    identity: login === "platform" ? identity : undefined,
  };
}
