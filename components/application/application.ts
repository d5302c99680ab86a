import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import type { Deployment } from "@pulumi/kubernetes/apps/v1/deployment.js";
import { HorizontalPodAutoscaler } from "@pulumi/kubernetes/autoscaling/v2/horizontalPodAutoscaler.js";
import { PersistentVolumeClaim } from "@pulumi/kubernetes/core/v1/persistentVolumeClaim.js";
import { Service } from "@pulumi/kubernetes/core/v1/service.js";
import { ServiceAccount } from "@pulumi/kubernetes/core/v1/serviceAccount.js";
import type * as pulumi from "@pulumi/pulumi";
import { applicationLabels, namespaceOf, portName, portsOf } from "../kit/application.ts";
import type { ApplicationBucket, ApplicationClient, ApplicationDatabase, ApplicationSpec } from "../kit/application.ts";
import { accountAnnotations } from "../kit/bindings.ts";
import type {
  Bucket,
  DatabaseBinding,
  ExposureRequest,
  Gateway,
  LogInput,
  Login,
  OidcClient,
} from "../kit/bindings.ts";
import { Component, keepsData, outlives } from "../kit/component.ts";
import { Credential } from "../kit/credential.ts";
import { serviceHost } from "../kit/environment.ts";
import type { Environment } from "../kit/environment.ts";
import type { Edge, Peer } from "../kit/ledger.ts";
import { metricsEdges, monitorKinds } from "../kit/metrics.ts";
import type { MetricsReader } from "../kit/metrics.ts";
import { childName } from "../kit/names.ts";
import { parseDuration } from "../kit/quantities.ts";
import { configMap, secret, userSecret } from "../kit/secret.ts";
import type { UserSecrets } from "../kit/secret.ts";
import { cronJob, deployment } from "../kit/workload.ts";
import type { Workload } from "../kit/workload.ts";
import { applicationPod, fileContents, schedulePod, secretNames } from "./containers.ts";
import type { Shared } from "./containers.ts";
import { generatedCredentials, mountedOnce, replicasOf, volumeData } from "./shape.ts";
import { bucketVariables, clientVariables, databaseVariables } from "./variables.ts";
import type { Environment as Variables } from "./variables.ts";

/** A declared thing with what the platform gives for it. */
type Bound<Declared, Binding> = readonly { readonly declared: Declared; readonly binding: Binding }[];

/** What the component is told. */
export interface ApplicationArgs {
  readonly spec: ApplicationSpec;
  readonly secrets: UserSecrets;
  readonly databases: Bound<ApplicationDatabase, DatabaseBinding>;
  readonly buckets: Bound<ApplicationBucket, Bucket>;
  readonly clients: Bound<ApplicationClient, OidcClient>;
  readonly gateway?: Gateway;
  /** The logins of its hosts, in their order. */
  readonly logins: readonly (Login | undefined)[];
  /** The input of its logs. */
  readonly logs?: LogInput;
  /** Its connections as edges. */
  readonly connections: readonly Edge[];
  /** URLs of other applications by variable. */
  readonly urls: Readonly<Record<string, string>>;
  readonly serviceMonitors?: MetricsReader;
}

/** The role of the pods that serve. */
const role = "application";

/** An application of the user's own: a Deployment with everything that it needs. */
export class Application extends Component {
  private readonly args: ApplicationArgs;
  private readonly namespace: string;

  constructor(environment: Environment, args: ApplicationArgs, options: pulumi.ComponentResourceOptions) {
    super("application:Application", args.spec.name, args.spec.name, environment, options);
    this.args = args;
    this.namespace = namespaceOf(args.spec);
    const shared = { ...this.sources(), bindings: this.bindings() };
    const claims = this.claims();
    const ready = [...this.ready(), ...claims];
    const account = this.account();
    const served = this.serve(shared, account, ready);
    this.schedules(shared, account, ready);
    this.autoscale(served.resource);
    const service = this.service(served);
    this.expose(served, service);
    this.metrics(served);
    this.facts(served);
  }

  /** The Secret with the user's secrets, and the ConfigMap with files. */
  private sources(): Omit<Shared, "bindings"> {
    const { secrets, spec } = this.args;
    const { name } = spec;
    const held = Object.fromEntries(secretNames(spec).map((one) => [one, userSecret(secrets, one)]));
    const files = fileContents(spec);
    const place = (suffix: string) => ({ name: childName(name, suffix), namespace: this.namespace });
    const kept = outlives(this.environment);
    return {
      secrets: Object.keys(held).length === 0 ? undefined : secret(this, "secrets", place("secrets"), held, kept),
      files: Object.keys(files).length === 0 ? undefined : configMap(this, "files", place("files"), files, kept),
    };
  }

  /** The variables of everything that the application is bound to. */
  private bindings(): Variables {
    const { buckets, clients, databases, logs, spec, urls } = this.args;
    const reached: Variables =
      spec.logs === undefined || logs === undefined
        ? {}
        : { [spec.logs.environment.host]: logs.host, [spec.logs.environment.port]: String(logs.port) };
    return Object.assign(
      {},
      ...databases.map(({ binding, declared }) => databaseVariables(declared, binding)),
      ...buckets.map(({ binding, declared }) => bucketVariables(declared, binding)),
      ...clients.map(({ binding, declared }) => clientVariables(declared, binding)),
      this.generated(),
      reached,
      urls,
    ) as Variables;
  }

  private generated(): Variables {
    const { spec } = this.args;
    if (spec.generated.length === 0) return {};
    const made = generatedCredentials(spec).map((credential, index) => ({
      credential: new Credential(this, `generated-${spec.generated[index]?.name}`, credential),
      ...(spec.generated[index] ?? { name: "", variable: "" }),
    }));
    const data = Object.fromEntries(made.map(({ credential, name }) => [name, credential.value]));
    const place = { name: childName(spec.name, "generated"), namespace: this.namespace };
    const held = secret(this, "generated", place, data, outlives(this.environment));
    for (const { credential, name } of made) credential.storedIn(held, name, spec.name);
    return Object.fromEntries(made.map(({ name, variable }) => [variable, { secret: held, key: name }]));
  }

  /** One claim for each volume. Removing the application keeps them. */
  private claims(): pulumi.Resource[] {
    return this.args.spec.volumes.map(({ claim, role: storage, size }) =>
      this.object(
        PersistentVolumeClaim,
        `claim-${claim}`,
        // A class may create the volume only when a pod needs it.
        { name: claim, namespace: this.namespace, annotations: { "pulumi.com/skipAwait": "true" } },
        {
          spec: {
            accessModes: [storage === "shared" ? "ReadWriteMany" : "ReadWriteOnce"],
            storageClassName: this.environment.storageClass(storage),
            resources: { requests: { storage: size } },
          },
        },
        keepsData(this.environment),
      ),
    );
  }

  private ready(): pulumi.Resource[] {
    const { buckets, clients, databases, logins } = this.args;
    return [
      ...[...databases, ...buckets, ...clients].map(({ binding }) => binding.ready),
      ...logins.flatMap((login) => (login === undefined ? [] : [login.client.ready])),
    ];
  }

  /** A service account of its own where a cloud knows the pods by it. */
  private account(): ServiceAccount | undefined {
    const access = this.args.buckets.map(({ binding }) => binding.access);
    if (!access.some(({ kind }) => kind === "role")) return undefined;
    const annotations = Object.assign({}, ...access.map(accountAnnotations)) as Record<string, string>;
    const metadata = { name: this.args.spec.name, namespace: this.namespace, annotations };
    return this.object(ServiceAccount, "account", metadata, { automountServiceAccountToken: false });
  }

  private serve(
    shared: Shared,
    account: ServiceAccount | undefined,
    ready: readonly pulumi.Resource[],
  ): Workload<Deployment> {
    const { spec } = this.args;
    const claims = spec.volumes.map(({ claim, role: storage, size }) => ({
      name: claim,
      size,
      storageClass: this.environment.storageClass(storage),
    }));
    return deployment(
      this,
      role,
      {
        name: spec.name,
        namespace: this.namespace,
        replicas: replicasOf(spec, this.environment),
        maxReplicas: spec.scaling?.maxReplicas,
        recreate: mountedOnce(spec) || spec.strategy === "Recreate",
        claims,
        pod: { ...applicationPod(spec, shared), identity: account && spec.name },
      },
      { dependsOn: [...ready, ...(account === undefined ? [] : [account])] },
    );
  }

  private schedules(shared: Shared, account: ServiceAccount | undefined, ready: readonly pulumi.Resource[]): void {
    const { spec } = this.args;
    for (const schedule of spec.schedules)
      cronJob(
        this,
        `schedule-${schedule.name}`,
        {
          name: `${spec.name}-${schedule.name}`,
          namespace: this.namespace,
          schedule: schedule.schedule,
          backoffLimit: schedule.retries,
          activeDeadlineSeconds: parseDuration(schedule.timeout),
          pod: { ...schedulePod(spec, schedule, shared), identity: account && spec.name },
        },
        { dependsOn: [...ready, ...(account === undefined ? [] : [account])] },
      );
  }

  private autoscale(target: Deployment): void {
    const { name, scaling } = this.args.spec;
    if (scaling === undefined) return;
    const averageUtilization = scaling.cpu;
    this.object(
      HorizontalPodAutoscaler,
      "autoscaler",
      { name, namespace: this.namespace },
      {
        spec: {
          scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
          minReplicas: replicasOf(this.args.spec, this.environment),
          maxReplicas: scaling.maxReplicas,
          metrics: [
            { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization } } },
          ],
        },
      },
      { dependsOn: [target] },
    );
  }

  private service(served: Workload<Deployment>): pulumi.Resource | undefined {
    const { spec } = this.args;
    const ports = Object.entries(portsOf(spec)).map(([name, number]) => ({
      name,
      port: spec.servicePorts[name] ?? number,
      targetPort: name,
    }));
    if (ports.length === 0) return undefined;
    const metadata = { name: spec.name, namespace: this.namespace };
    const body = { spec: { selector: served.labels, ports } };
    return this.object(Service, "service", metadata, body, { dependsOn: [served.resource] });
  }

  private expose(served: Workload<Deployment>, service: pulumi.Resource | undefined): void {
    const { gateway, logins, spec } = this.args;
    if (gateway === undefined || service === undefined) return;
    spec.hosts.forEach(({ port, purpose = spec.title ?? spec.name, ...host }, index) => {
      const name = portName(spec, port);
      const request: ExposureRequest = {
        ...host,
        purpose,
        service: served.behind(spec.name, name, spec.servicePorts[name]),
        login: logins[index],
      };
      gateway.expose(request);
    });
  }

  private metrics(served: Workload<Deployment>): void {
    const { serviceMonitors, spec } = this.args;
    if (spec.metrics === undefined || serviceMonitors === undefined) return;
    const port = portName(spec, spec.metrics.port);
    this.object(
      CustomResource,
      "monitor",
      { name: spec.name, namespace: this.namespace },
      {
        apiVersion: "monitoring.coreos.com/v1",
        kind: "PodMonitor",
        spec: { selector: { matchLabels: served.labels }, podMetricsEndpoints: [{ port, path: spec.metrics.path }] },
      },
      { dependsOn: monitorKinds(serviceMonitors) },
    );
    this.environment.ledger.edges.push(...metricsEdges(serviceMonitors, served.peer, [served.port(port)]));
  }

  private facts(served: Workload<Deployment>): void {
    const { clients, connections, databases, gateway, logs, spec } = this.args;
    const { ledger } = this.environment;
    const from: Peer = { kind: "pods", namespace: this.namespace, labels: applicationLabels(spec.name) };
    ledger.edges.push(...connections);
    if (logs !== undefined)
      ledger.edges.push({
        from,
        to: logs.peer,
        ports: [logs.port],
        protocol: logs.protocol,
        purpose: `logs of ${spec.name}`,
      });
    // Most libraries ask for the endpoints at the issuer's public host.
    if (clients.length > 0) {
      const purpose = `${spec.name} asks the identity provider at its public host`;
      ledger.edges.push(
        { from, to: { kind: "outside" }, ports: [443], purpose },
        ...(gateway === undefined ? [] : [{ from, to: gateway.peer, ports: [gateway.tlsPort ?? 8443], purpose }]),
      );
    }
    ledger.data.push(...spec.volumes.map((volume) => volumeData(spec, volume, served.labels)));
    const port = portName(spec);
    if (port !== "")
      ledger.services.push({
        name: spec.name,
        address: `${serviceHost(this.environment, spec.name, this.namespace)}:${spec.servicePorts[port] ?? served.port(port)}`,
        purpose: spec.title ?? spec.name,
      });
    for (const { binding, declared } of databases)
      if (typeof binding.host === "string")
        ledger.pools.push({
          consumer: spec.name,
          database: binding.database,
          host: binding.host,
          connections: declared.connections,
          replicas: spec.scaling?.maxReplicas ?? replicasOf(spec, this.environment),
        });
    const object = `Deployment ${this.namespace}/${spec.name}`;
    if (mountedOnce(spec))
      ledger.accepted.push({ check: "GP050", object, reason: "pods of one node only can mount its volume" });
    if (spec.placement !== undefined)
      for (const name of [object, ...spec.schedules.map((one) => `CronJob ${this.namespace}/${spec.name}-${one.name}`)])
        ledger.accepted.push({ check: "GP010", object: name, reason: "the settings place it on other nodes" });
  }
}
