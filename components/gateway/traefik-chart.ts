import { Pods } from "../kit/pods.ts";
import { resources } from "../kit/resources.ts";
import type { Values } from "../kit/values.ts";
import { autoscaling, isReplicated, spread } from "./installation.ts";
import type { ChartPods } from "../kit/ledger.ts";
import type { Installation } from "./installation.ts";

/** The release's name, which is the first part of the names of everything in it. */
export const traefikRelease = "traefik";

/** Ports of the pods (the chart's `ports`). */
const traefikPorts = { http: 8000, https: 8443, dashboard: 8080, metrics: 9100 } as const;

/** Its pods. */
export function traefikGatewayPods(namespace: string): Pods<keyof typeof traefikPorts> {
  return new Pods(namespace, traefikLabels(namespace), traefikPorts);
}

/** Its pods, as the Service in front of the dashboard needs them. */
export const traefikDashboardPods: (namespace: string) => Pods<"dashboard"> = traefikGatewayPods;

/** The chart adds the namespace to the release's name. */
function traefikLabels(namespace: string): Record<string, string> {
  return {
    "app.kubernetes.io/instance": `${traefikRelease}-${namespace}`,
    "app.kubernetes.io/name": "traefik",
  };
}

/** What Traefik needs besides its installation. */
export interface TraefikNeeds {
  /** Whether it answers with its dashboard at the port `dashboard`, which no Service outside the cluster leads to. */
  readonly dashboard: boolean;
  /** The Secret in its namespace with the certificate of hosts that have none; undefined for one that Traefik makes up. */
  readonly defaultCertificate?: string;
}

/** Values of the chart `traefik`. */
export function traefikValues(installation: Installation, { dashboard, defaultCertificate }: TraefikNeeds): Values {
  const { namespace, replicas, service, workload, trustedProxies, serviceMonitor } = installation;
  const labels = traefikLabels(namespace);
  const entry = (nodePort: number | undefined) => ({
    nodePort,
    forwardedHeaders: trustedProxies.length === 0 ? undefined : { trustedIPs: [...trustedProxies] },
    // The default of a minute breaks off large uploads over slow lines.
    transport: { respondingTimeouts: { readTimeout: "600s" } },
  });
  return {
    fullnameOverride: traefikRelease,
    // Its whole name, under which mirrors keep it.
    image: { repository: "library/traefik" },
    global: { checkNewVersion: false, sendAnonymousUsage: false },
    deployment: {
      kind: workload === "daemonSet" ? "DaemonSet" : "Deployment",
      replicas: workload === "daemonSet" ? undefined : replicas,
    },
    autoscaling: autoscaling(installation),
    podDisruptionBudget: isReplicated(installation) ? { enabled: true, maxUnavailable: 1 } : { enabled: false },
    ...spread(installation, labels),
    resources: resources(installation.resources),
    // A class that must be asked for: applications of a cluster's other controllers stay theirs.
    ingressClass: { enabled: true, isDefaultClass: false, name: traefikRelease },
    gateway: { enabled: false },
    gatewayClass: { enabled: false },
    api: { dashboard },
    // Its root sends a browser on to the dashboard itself.
    ingressRoute: { dashboard: { enabled: dashboard, matchRule: "PathPrefix(`/`)" } },
    providers: { kubernetesIngress: { ingressClass: traefikRelease } },
    ports: {
      web: entry(service.nodePorts.http),
      websecure: entry(service.nodePorts.https),
    },
    service: {
      annotations: { ...service.annotations },
      spec: {
        type: service.type,
        externalTrafficPolicy: service.type === "LoadBalancer" ? "Local" : "Cluster",
      },
    },
    // The options named `default` count for every host.
    tlsOptions: { default: { minVersion: "VersionTLS12", sniStrict: false } },
    tlsStore: defaultCertificate && { default: { defaultCertificate: { secretName: defaultCertificate } } },
    accessLog: { enabled: true, format: "json" },
    metrics: {
      prometheus: { service: { enabled: serviceMonitor }, serviceMonitor: { enabled: serviceMonitor } },
    },
  };
}

/** What its pods ask for. */
export function traefikPods({ workload, replicas, resources: own }: Installation): ChartPods[] {
  return workload === "daemonSet"
    ? [{ name: traefikRelease, kind: "DaemonSet", replicas: 1, containers: [own] }]
    : [{ name: traefikRelease, kind: "Deployment", replicas, containers: [own] }];
}
