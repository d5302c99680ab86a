// A stack from its first object to its last on a real API server: what is accepted, scheduled, bound, repeated and deleted.
// No container runs, so nothing here says that an image exists, starts or answers.
import assert from "node:assert/strict";
import { at } from "../../components/kit/unknown.ts";
import type { Data } from "../../components/kit/unknown.ts";
import { operatedKinds } from "../../plan/checks/operators.ts";
import { podTemplate } from "../../plan/pods.ts";
import type { PodTemplate } from "../../plan/pods.ts";
import { sums } from "../../plan/sums.ts";
import { parseBytes, parseCpu } from "../../components/kit/quantities.ts";
import type { Bytes, Cpu } from "../../components/kit/quantities.ts";
import { stackNamed, stacks } from "../stacks.ts";
import { eventually, useCluster } from "./cluster.ts";
import type { Cluster, KubernetesObject } from "./cluster.ts";
import { chartAtHand, Deployment, identity } from "./deployment.ts";
import type { ClusterStack } from "./deployment.ts";
import { references } from "./references.ts";

interface Pod extends KubernetesObject {
  readonly spec: {
    readonly nodeName?: string;
    readonly containers: readonly { readonly resources: { readonly requests?: Record<string, string> } }[];
  };
  readonly status: {
    readonly phase: string;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** The pods that an operator would make of a custom resource: none runs here. */
interface Operated extends PodTemplate {
  readonly namespace: string;
}

interface Claim extends KubernetesObject {
  readonly spec: {
    readonly volumeName?: string;
    readonly resources: { readonly requests: { readonly storage: string } };
  };
  readonly status: { readonly phase: string };
}

interface Content extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>;
  readonly binaryData?: Readonly<Record<string, string>>;
}

interface Service extends KubernetesObject {
  readonly spec: {
    readonly ports: readonly { readonly port: number }[];
    readonly selector?: Readonly<Record<string, string>>;
  };
}

interface EndpointSlice extends KubernetesObject {
  readonly endpoints?: readonly { readonly conditions: { readonly ready?: boolean } }[];
}

interface Policy extends KubernetesObject {
  readonly spec: { readonly podSelector: { readonly matchLabels?: Record<string, string> } };
}

const worldcereal = stackNamed("worldcereal");

/** An example in which everything comes together: a cluster that was lost, with bounds on what its namespaces may use. */
const restored: ClusterStack = {
  ...worldcereal,
  set: [
    "storage.volumes[1]={name: server-1, size: 20Gi, storageClass: cinder, claim: {namespace: sysdb, name: data-pgsqlha-postgresql-1}, source: {kind: csi, driver: cinder.csi.openstack.org, handle: '1'}}",
    "namespaces.sysdb={quota: {cpu: '8', memory: 16Gi, storage: 100Gi, pods: 20}, limitRange: {cpu: 100m, memory: 64Mi, memoryLimit: 1Gi}}",
    "images.pullSecret={registry: registry.example.org, username: robot, passwordSecret: registry-password}",
  ],
  secrets: { "registry-password": 'p"a$$\\word' },
};

/** Pods that policies name and that are not there, by a label. */
const absentPods = {
  "acme.cert-manager.io/http01-solver=true": "cert-manager starts them for the time of a challenge",
  "app.kubernetes.io/component=prometheus-operator-webhook": "Helm deletes the Jobs of the chart's hooks when they end",
  "app.kubernetes.io/name=prometheus": "a Prometheus is the user's own",
};

/** Secrets that pods use and that nothing here makes, since no container runs. */
const madeByContainers = {
  "Secret monitoring/kps-admission": "the Job kps-admission-create of the chart kube-prometheus-stack makes it",
};

for (const stack of [...stacks, restored]) {
  describe(`the stack ${stack.name} on a cluster`, function () {
    this.timeout(300_000);
    let cluster: Cluster;
    let deployment: Deployment;
    let charts: boolean;
    let mayWipe = false;

    before(async function () {
      cluster = await useCluster(this);
      deployment = await Deployment.of(cluster, stack);
      mayWipe = true;
      const missing = deployment.releases.filter((release) => chartAtHand(release) === undefined);
      charts = missing.length === 0;
      if (!charts)
        console.log(
          `      without charts, for want of Helm or a file in the cache: ${missing.map(({ chart }) => chart).join(", ")}`,
        );
    });
    after(() => mayWipe && deployment.wipe());

    it("K10: is accepted as a whole, without a warning", () => {
      assert.deepEqual(deployment.apply(), []);
      assert.equal(deployment.live().length, deployment.objects.length);
    });

    it("is left alone by another run of these tests", async () => {
      await assert.rejects(Deployment.of(cluster, stack), /Namespace .* already/);
    });

    it("has every pod scheduled, every Job completed and every claim bound", async () => {
      await eventually(60, () => settled(deployment));
      assert.ok(deployment.all("jobs").length >= deployment.result.settings.postgresql.databases.length);
    });

    it("asks of the cluster what the plan says", function () {
      if (!charts) return this.skip();
      const pods = onceOfEachDaemonSet(deployment.all<Pod>("pods").filter(({ status }) => status.phase === "Running"));
      const claims = deployment.all<Claim>("persistentvolumeclaims");
      const operated = operatedBy(deployment);
      const requests = [
        ...pods.flatMap(({ spec }) => spec.containers.map(({ resources }) => resources.requests ?? {})),
        ...operated.flatMap(({ replicas, spec }) =>
          spec.containers.flatMap(({ resources }) => Array<Data>(replicas).fill(resources.requests)),
        ),
      ];
      const sizes = [
        ...claims.map(({ spec }) => spec.resources.requests.storage),
        ...operated.flatMap((group) =>
          group.claims.flatMap((claim) =>
            Array<unknown>(group.replicas).fill(at(claim, "spec", "resources", "requests", "storage")),
          ),
        ),
      ];
      const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
      const planned = sums(deployment.result.ledger.podGroups);
      assert.deepEqual(
        {
          pods: pods.length + total(operated.map(({ replicas }) => replicas)),
          cpu: total(requests.map(({ cpu }) => parseCpu(cpu as Cpu))),
          memory: total(requests.map(({ memory }) => parseBytes(memory as Bytes))),
          claims: total(sizes.map((size) => parseBytes(size as Bytes))),
        },
        {
          pods: planned.pods,
          cpu: planned.cpu,
          memory: planned.memory,
          claims: total(Object.values(planned.claims)),
        },
      );
    });

    it("D4: has every Secret and ConfigMap that its pods use, key by key", () => {
      assert.ok(deployment.all<Pod>("pods").some(({ spec }) => references(spec).some(({ key }) => key !== undefined)));
      assert.deepEqual(missing(deployment), []);
    });

    it("has ready pods behind every address that the plan gives", function () {
      if (!charts) return this.skip();
      const slices = deployment.all<EndpointSlice>("endpointslices");
      const operated = operatedBy(deployment);
      const inside = /^(?:http:\/\/)?([^.]+)\.([^.]+)\.svc\.cluster\.local(?::(\d+))?(?:\/.*)?$/;
      for (const { address } of deployment.result.ledger.services) {
        const [, name = "", namespace = "", port = "80"] =
          inside.exec(address) ?? assert.fail(`${address} is elsewhere`);
        const [service] = cluster.get<Service>(["service", name, "--namespace", namespace]);
        assert.ok(
          service?.spec.ports.some((one) => one.port === Number(port)),
          `no Service with that port: ${address}`,
        );
        const behind = slices.filter(
          ({ metadata }) =>
            metadata.namespace === namespace && metadata.labels?.["kubernetes.io/service-name"] === name,
        );
        const ready = behind.flatMap(({ endpoints }) => endpoints ?? []).filter(({ conditions }) => conditions.ready);
        const later = operated.filter((group) => group.namespace === namespace && has(group, service?.spec.selector));
        assert.ok(ready.length + later.length > 0, `no ready pod behind ${address}`);
      }
    });

    it("has network policies for pods that exist", function () {
      if (!charts) return this.skip();
      const pods = [
        ...deployment.all("pods").map(({ metadata: { namespace, labels } }) => ({ namespace, labels })),
        ...operatedBy(deployment),
        // Its time has not come.
        ...deployment.all("cronjobs").map(({ metadata: { namespace }, ...body }) => ({
          namespace,
          labels: podTemplate({ ...body, metadata: {} })?.labels,
        })),
      ];
      const idle = deployment.all<Policy>("networkpolicies").filter(({ metadata, spec }) => {
        const { matchLabels = {} } = spec.podSelector;
        const labels = Object.entries(matchLabels);
        if (labels.length === 0 || labels.some(([key, value]) => `${key}=${value}` in absentPods)) return false;
        return !pods.some((pod) => pod.namespace === metadata.namespace && has(pod, matchLabels));
      });
      assert.deepEqual(idle.map(identity), []);
    });

    it("gives volumes that came back to the claims they name", function () {
      const { volumes } = deployment.result.settings.storage;
      const servers = volumes.filter(
        ({ claim }) => claim.namespace === deployment.result.settings.postgresql.namespace,
      );
      if (!charts || servers.length === 0) return this.skip();
      const claims = deployment.all<Claim>("persistentvolumeclaims");
      for (const { name, claim } of servers) {
        const taken = claims.filter(({ spec }) => spec.volumeName === name);
        assert.deepEqual(taken.map(identity), [`PersistentVolumeClaim ${claim.namespace}/${claim.name}`]);
      }
    });

    it("changes nothing when it is applied again", async () => {
      const versions = () =>
        new Map(
          deployment
            .live()
            // The quota counts the pods that come and go.
            .filter(({ kind }) => kind !== "ResourceQuota")
            .map((object) => [identity(object), object.metadata.resourceVersion]),
        );
      // A chart that makes something up at random would restart its pods with every upgrade.
      const generations = () =>
        deployment
          .all("deployments,statefulsets,daemonsets")
          .map((object) => [identity(object), object.metadata.uid, object.metadata.generation]);
      const [objects, workloads] = [versions(), generations()];
      assert.deepEqual(deployment.apply(), []);
      await eventually(60, () => settled(deployment));
      assert.deepEqual(versions(), objects);
      assert.deepEqual(generations(), workloads);
    });

    it("keeps claims when it is destroyed in production, and nothing otherwise", function () {
      const claims = () =>
        deployment
          .all<Claim>("persistentvolumeclaims")
          .map(({ metadata, spec, status }) => [metadata.name, metadata.uid, spec.volumeName, status.phase]);
      const before = claims();
      const production = deployment.result.settings.profile === "prod";
      if (charts) assert.equal(before.length, claimsOfPlan(deployment));
      deployment.destroy();
      assert.deepEqual(claims(), production ? before : []);
      const goes = deployment.objects.filter((one) => one.kind === "Namespace" && !deployment.isRetained(one));
      const kept = deployment.objects.filter(
        (object) => deployment.isRetained(object) && goes.every(({ name }) => name !== object.namespace),
      );
      assert.deepEqual(
        deployment.live().map(identity).sort(),
        kept.map(({ manifest }) => identity(manifest as unknown as KubernetesObject)).sort(),
      );
      assert.deepEqual(missing(deployment), [], "what is left could not start again");
      if (production) assert.ok(kept.some(({ kind }) => kind === "Namespace"));
      else assert.equal(kept.length, 0);
    });
  });
}

/** Fails until every pod stands on a node and is ready or done, every Job is complete, and every claim bound. */
function settled(deployment: Deployment): void {
  const pending = deployment.all<Pod>("pods").filter(({ spec, status: { phase, conditions = [] } }) => {
    const ready = conditions.some(({ type, status }) => type === "Ready" && status === "True");
    return spec.nodeName === undefined || !(phase === "Succeeded" || (phase === "Running" && ready));
  });
  assert.deepEqual(pending.map(identity), [], "pods that are neither ready nor done");
  const jobs = deployment
    .all<Pod>("jobs")
    .filter(
      ({ status: { conditions = [] } }) =>
        !conditions.some(({ type, status }) => type === "Complete" && status === "True"),
    );
  assert.deepEqual(jobs.map(identity), [], "Jobs that are not complete");
  const claims = deployment.all<Claim>("persistentvolumeclaims").filter(({ status }) => status.phase !== "Bound");
  assert.deepEqual(claims.map(identity), [], "claims that are not bound");
}

/** What pods use and what is not there: no kubelet looks for it here. */
function missing(deployment: Deployment): string[] {
  const there = deployment.all<Content>("secrets,configmaps").flatMap((object) => {
    const keys = Object.keys({ ...object.data, ...object.binaryData });
    return [identity(object), ...keys.map((key) => `${identity(object)} ${key}`)];
  });
  const used = deployment
    .all<Pod>("pods")
    .flatMap(({ metadata: { namespace }, spec }) =>
      references(spec).map(
        ({ kind, name, key }) => `${kind} ${namespace}/${name}${key === undefined ? "" : ` ${key}`}`,
      ),
    );
  return [...new Set(used)]
    .filter((reference) => !there.includes(reference) && !(reference in madeByContainers))
    .sort();
}

/** What operators would make of the custom resources that stand on the cluster, of charts too. */
function operatedBy(deployment: Deployment): Operated[] {
  return operatedKinds.flatMap((known) => {
    const [group = "", kind = ""] = known.split("/");
    return deployment.all(`${kind}.${group}`.toLowerCase()).map((resource) => {
      const template = podTemplate(resource as unknown as Data);
      assert.ok(template !== undefined, `no pods of ${identity(resource)}`);
      return { ...template, namespace: resource.metadata.namespace ?? "" };
    });
  });
}

/** Claims of StatefulSets in the plan: those of operated pods, which the plan calls StatefulSets too, are not made here. */
function claimsOfPlan(deployment: Deployment): number {
  const number = (groups: readonly { replicas: number; claims?: readonly unknown[] }[]) =>
    groups.reduce((sum, { replicas, claims = [] }) => sum + replicas * claims.length, 0);
  return number(deployment.result.ledger.podGroups) - number(operatedBy(deployment));
}

/** Pods without those that a DaemonSet has on further nodes: the plan does not know how many nodes there are. */
function onceOfEachDaemonSet(pods: readonly Pod[]): Pod[] {
  const seen = new Set<string>();
  return pods.filter(({ metadata: { ownerReferences = [] } }) => {
    const owner = ownerReferences.find(({ kind }) => kind === "DaemonSet");
    if (owner === undefined) return true;
    const first = !seen.has(owner.uid);
    seen.add(owner.uid);
    return first;
  });
}

/** Whether something has every one of some labels; nothing has none. */
function has(
  { labels = {} }: { readonly labels?: Readonly<Record<string, string>> | undefined },
  wanted: Readonly<Record<string, string>> = {},
): boolean {
  const entries = Object.entries(wanted);
  return entries.length > 0 && entries.every(([key, value]) => labels[key] === value);
}
