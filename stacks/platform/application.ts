import type { ApplicationArgs } from "../../components/application/application.ts";
import { applicationLabels, namespaceOf, portName, portsOf } from "../../components/kit/application.ts";
import type { ApplicationSpec } from "../../components/kit/application.ts";
import { serviceHost } from "../../components/kit/environment.ts";
import type { Edge, Peer } from "../../components/kit/ledger.ts";
import { declaredApplications } from "../settings/declared.ts";
import type { Settings } from "../settings/settings.ts";
import { hostLogin } from "./applications.ts";
import type { Clients } from "./applications.ts";
import type { Offered } from "./offered.ts";

/** The applications that the stack runs. */
export function applicationsOf(settings: Settings): ApplicationSpec[] {
  return declaredApplications(settings).map(({ application }) => application);
}

/** What the settings say of an application, with what the components before it offer. */
export function applicationArgs(
  settings: Settings,
  offered: Offered,
  clients: Clients,
  spec: ApplicationSpec,
): ApplicationArgs {
  const namespace = namespaceOf(spec);
  const labels = applicationLabels(spec.name);
  const bound = <T, B>(list: readonly T[], binding: (one: T) => B | undefined) =>
    list.flatMap((declared) => {
      const made = binding(declared);
      return made === undefined ? [] : [{ declared, binding: made }];
    });
  return {
    spec,
    secrets: settings.secrets,
    databases: bound(spec.databases, ({ name, extensions, locale }) =>
      offered.database({ name, consumer: { namespace, labels }, extensions, locale }),
    ),
    buckets: bound(spec.buckets, ({ name }) =>
      offered.buckets?.bucket({ name, consumer: { namespace, pods: [labels] } }),
    ),
    clients: bound(spec.clients, ({ name }) => clients.get(name)),
    gateway: offered.gateway,
    logins: spec.hosts.map((host) => hostLogin({ ...host, namespace }, clients, offered)),
    logs: spec.logs && offered.logInput(spec.logs.input),
    ...connectionsOf(settings, spec),
    serviceMonitors: offered.serviceMonitors,
  };
}

/** The connections of an application as edges of the network, and the URLs of the applications that it calls. */
function connectionsOf(settings: Settings, spec: ApplicationSpec): Pick<ApplicationArgs, "connections" | "urls"> {
  const own: Peer = { kind: "pods", namespace: namespaceOf(spec), labels: applicationLabels(spec.name) };
  const others = new Map(applicationsOf(settings).map((one) => [one.name, one]));
  const urls: Record<string, string> = {};
  const connections = spec.connections.map((connection): Edge => {
    const { purpose } = connection;
    if (connection.kind === "apiServer")
      return { from: own, to: { kind: "apiServer" }, ports: settings.cluster.apiServerPorts, purpose };
    if (connection.kind === "application") {
      const other = others.get(connection.application);
      if (other === undefined) throw new RangeError(`no application "${connection.application}"`);
      const port = portName(other, connection.port);
      const number = portsOf(other)[port] ?? 0;
      const namespace = namespaceOf(other);
      if (connection.variable !== undefined)
        urls[connection.variable] =
          `http://${serviceHost(settings, other.name, namespace)}:${other.servicePorts[port] ?? number}`;
      const to: Peer = { kind: "pods", namespace, labels: applicationLabels(other.name) };
      return { from: own, to, ports: [number], purpose };
    }
    const { direction, ports, protocol } = connection;
    const other: Peer =
      connection.kind === "namespace"
        ? { kind: "pods", namespace: connection.namespace, labels: connection.otherLabels }
        : { kind: "outside", cidrs: connection.cidrs };
    const [from, to] = direction === "to" ? [own, other] : [other, own];
    return { from, to, ports, protocol, purpose };
  });
  return { connections, urls };
}
