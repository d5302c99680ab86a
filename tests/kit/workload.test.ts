import assert from "node:assert/strict";
import { defaultCluster } from "../../components/kit/environment.ts";
import { configMap, secret } from "../../components/kit/secret.ts";
import { cronJob, deployment, job, statefulSet } from "../../components/kit/workload.ts";
import { podTemplate } from "../../plan/pods.ts";
import { podFindings } from "../pods.ts";
import { Empty, made } from "./environment.ts";

const resources = { requests: { cpu: "100m", memory: "64Mi" }, limits: { memory: "128Mi" } } as const;
const server = {
  name: "web",
  image: "nginx:1.29",
  ports: { http: 8080 },
  probes: {
    readiness: { check: { http: "/ready", port: "http" } },
    liveness: { check: { tcp: "http" }, periodSeconds: 20 },
  },
  resources,
} as const;
const pod = { runAs: { user: 101, group: 101 }, containers: [server] } as const;
const place = { name: "web", namespace: "demo" } as const;

type Spec = Record<string, unknown> & {
  template: { metadata: { annotations: Record<string, string> }; spec: Record<string, unknown> };
};

/** The only object of a kind, with its spec. */
async function only(kind: string, ...[build, changes]: Parameters<typeof made>): Promise<Spec> {
  const found = (await made(build, changes)).objects.filter((object) => object.kind === kind);
  assert.equal(found.length, 1, kind);
  return found[0]?.manifest["spec"] as Spec;
}

describe("workloads", () => {
  for (const [kind, build] of Object.entries({
    Deployment: (owner: Empty) => deployment(owner, "web", { ...place, pod, replicas: 2 }),
    StatefulSet: (owner: Empty) => statefulSet(owner, "web", { ...place, pod, replicas: 2, serviceName: "web" }),
    Job: (owner: Empty) => job(owner, "web", { ...place, pod }, "web-job", ""),
  })) {
    it(`${kind}: what was not said is restricted, placed and bounded`, async () => {
      const { objects } = await made((environment) => void build(new Empty(environment)));
      const templates = objects.flatMap(({ manifest }) => podTemplate(manifest) ?? []);
      assert.equal(templates.length, 1);
      for (const template of templates) assert.deepEqual(podFindings(template, { pool: "system" }), []);
    });
  }

  it("spread replicas, with a disruption budget; a single one has neither", async () => {
    const many = await made(
      (environment) =>
        void deployment(new Empty(environment), "web", { ...place, pod, replicas: 3, spread: "required" }),
    );
    const budget = many.objects.find(({ kind }) => kind === "PodDisruptionBudget");
    const labels = { "app.kubernetes.io/component": "web", "app.kubernetes.io/name": "demo" };
    assert.deepEqual(budget?.manifest["spec"], { maxUnavailable: 1, selector: { matchLabels: labels } });
    const spec = many.objects.find(({ kind }) => kind === "Deployment")?.manifest["spec"] as Spec;
    assert.deepEqual(
      (spec.template.spec["topologySpreadConstraints"] as { topologyKey: string; whenUnsatisfiable: string }[]).map(
        (one) => [one.topologyKey, one.whenUnsatisfiable],
      ),
      [
        ["kubernetes.io/hostname", "DoNotSchedule"],
        ["topology.kubernetes.io/zone", "ScheduleAnyway"],
      ],
    );
    const one = await made(
      (environment) => void deployment(new Empty(environment), "web", { ...place, pod, replicas: 1 }),
    );
    assert.deepEqual(
      one.objects.map(({ kind }) => kind),
      ["Deployment"],
    );
  });

  it("go on for some seconds after their deletion, where another pod takes over: nodes send connections until they know", async () => {
    type Container = { lifecycle?: unknown };
    const lifecycle = async (spec: object, version = "1.35") => {
      const { template } = await only(
        "Deployment",
        (environment) => void deployment(new Empty(environment), "web", { ...place, pod, replicas: 1, ...spec }),
        { cluster: { ...defaultCluster, version } },
      );
      return (template.spec["containers"] as Container[]).map((container) => container.lifecycle);
    };
    const sleep = (seconds: number) => ({ preStop: { sleep: { seconds } } });
    assert.deepEqual(await lifecycle({}), [sleep(5)]);
    assert.deepEqual(await lifecycle({ pod: { ...pod, terminationGracePeriodSeconds: 6 } }), [sleep(3)]);
    assert.deepEqual(await lifecycle({ pod: { ...pod, terminationGracePeriodSeconds: 1 } }), [undefined]);
    assert.deepEqual(await lifecycle({ recreate: true }), [undefined]);
    // Clusters without the field refuse the pod.
    assert.deepEqual(await lifecycle({}, "1.29"), [undefined]);
    const own = { ...server, preStop: ["/stop"] };
    const helper = { name: "helper", image: "nginx:1.29", resources };
    assert.deepEqual(await lifecycle({ pod: { ...pod, containers: [own, server, helper] } }), [
      { preStop: { exec: { command: ["/stop"] } } },
      sleep(5),
      undefined,
    ]);
  });

  it("keep claims when they go, on the class of the role", async () => {
    const build = (environment: Parameters<Parameters<typeof made>[0]>[0]) =>
      void statefulSet(new Empty(environment), "web", {
        ...place,
        pod,
        replicas: 1,
        serviceName: "web",
        claims: { data: { size: "1Gi", role: "fast" }, logs: { size: "2Gi", role: "bulk" } },
      });
    const spec = await only("StatefulSet", build);
    assert.deepEqual(spec["persistentVolumeClaimRetentionPolicy"], { whenDeleted: "Retain", whenScaled: "Retain" });
    const templates = spec["volumeClaimTemplates"] as {
      metadata: { name: string };
      spec: { storageClassName?: string };
    }[];
    assert.deepEqual(
      templates.map(({ metadata, spec: { storageClassName } }) => [metadata.name, storageClassName]),
      [
        ["data", "ssd"],
        ["logs", undefined],
      ],
    );
    for (const production of [false, true]) {
      const { resources: registered } = await made(build, { production });
      const set = registered.find(({ type }) => type.endsWith(":StatefulSet"));
      assert.deepEqual([set?.protect, set?.retainOnDelete], [production, production]);
    }
  });

  it("start anew when a Secret or ConfigMap that they use changes, and not when another does", async () => {
    const checksum = async (password: string, text: string, other: string) => {
      const spec = await only("Deployment", (environment) => {
        const owner = new Empty(environment);
        const used = secret(owner, "used", { name: "used", namespace: "demo" }, { password });
        const config = configMap(owner, "config", { name: "config", namespace: "demo" }, { "a.conf": text });
        secret(owner, "other", { name: "other", namespace: "demo" }, { other });
        const containers = [
          {
            ...server,
            env: { PASSWORD: { secret: used, key: "password" } },
            mounts: { "/etc/app": { volume: "config", readOnly: true } },
          },
        ];
        deployment(owner, "web", {
          ...place,
          replicas: 1,
          pod: { ...pod, containers, volumes: { config: { from: config } } },
        });
      });
      return spec.template.metadata.annotations["groundplan/checksum"];
    };
    const base = await checksum("p", "t", "o");
    assert.match(base ?? "", /^[0-9a-f]{16}$/);
    assert.equal(await checksum("p", "t", "changed"), base);
    assert.notEqual(await checksum("changed", "t", "o"), base);
    assert.notEqual(await checksum("p", "changed", "o"), base);
  });

  it("name a Job after what it does", async () => {
    const name = async (content: string, image = "nginx:1.29") => {
      const { objects } = await made(
        (environment) =>
          void job(
            new Empty(environment),
            "web",
            { ...place, pod: { ...pod, containers: [{ ...server, image }] } },
            "web-job",
            content,
          ),
      );
      return objects[0]?.name;
    };
    assert.equal(await name("a"), await name("a"));
    assert.notEqual(await name("a"), await name("b"));
    assert.notEqual(await name("a"), await name("a", "nginx:1.30"));
  });

  it("pull from the mirror with the pull secret, and write only where they say", async () => {
    const build = (environment: Parameters<Parameters<typeof made>[0]>[0]) =>
      void deployment(new Empty(environment), "web", {
        ...place,
        replicas: 1,
        pod: { ...pod, containers: [{ ...server, writable: ["/tmp", "/run"] }] },
      });
    const { template } = await only("Deployment", build, {
      images: { mirror: "m.example.org", pullSecret: "registry" },
    });
    const spec = template.spec as {
      imagePullSecrets: unknown;
      containers: { image: string; volumeMounts: unknown }[];
      volumes: unknown;
    };
    assert.deepEqual(spec.imagePullSecrets, [{ name: "registry" }]);
    assert.equal(spec.containers[0]?.image, "m.example.org/library/nginx:1.29");
    assert.deepEqual(spec.volumes, [
      { name: "scratch-0", emptyDir: {} },
      { name: "scratch-1", emptyDir: {} },
    ]);
    assert.deepEqual(spec.containers[0]?.volumeMounts, [
      { name: "scratch-1", mountPath: "/tmp" },
      { name: "scratch-0", mountPath: "/run" },
    ]);
  });

  it("hand out what edges, Services and routes name of their pods", async () => {
    await made((environment) => {
      const owner = new Empty(environment);
      const web = deployment(owner, "web", { ...place, pod, replicas: 1 });
      const labels = { "app.kubernetes.io/component": "web", "app.kubernetes.io/name": "demo" };
      assert.deepEqual(web.peer, { kind: "pods", namespace: "demo", labels });
      assert.deepEqual(web.peer, owner.pods("web", "demo").peer);
      assert.deepEqual(web.behind("front", "http", 80), {
        name: "front",
        namespace: "demo",
        port: 80,
        targetPort: 8080,
        labels,
      });
      assert.throws(() => web.port("https"), new RangeError('no port "https" of these pods; they have http'));
    });
  });

  it("record what they ask for", async () => {
    const { ledger } = await made(
      (environment) => void deployment(new Empty(environment), "web", { ...place, pod, replicas: 2 }),
    );
    assert.deepEqual(ledger.podGroups, [
      {
        component: "app",
        name: "web",
        namespace: "demo",
        kind: "Deployment",
        replicas: 2,
        containers: [{ cpu: "100m", memory: "64Mi" }],
        claims: undefined,
      },
    ]);
  });
});

describe("a CronJob", () => {
  it("runs at its times in UTC, never twice at once, and its Jobs end", async () => {
    const { objects } = await made((environment) => {
      const owner = new Empty(environment);
      cronJob(owner, "web", { ...place, pod, schedule: "30 3 * * *", activeDeadlineSeconds: 600 });
    });
    const [found] = objects.filter(({ kind }) => kind === "CronJob");
    const spec = found?.manifest["spec"] as Record<string, unknown> & {
      jobTemplate: { spec: { activeDeadlineSeconds: number } };
    };
    const { schedule, timeZone, concurrencyPolicy } = spec;
    assert.deepEqual([schedule, timeZone, concurrencyPolicy], ["30 3 * * *", "Etc/UTC", "Forbid"]);
    assert.equal(spec.jobTemplate.spec.activeDeadlineSeconds, 600);
    const template = podTemplate(found?.manifest ?? {});
    assert.ok(template !== undefined && template.once);
    assert.deepEqual(podFindings(template, {}), []);
  });
});
