// npm run test:dns: external-dns with the values of a stack, a real BIND, and a real API server with the stack's roles. Only the pod is
// missing: the program runs on this machine, with a token of its service account.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { at, records, texts } from "../../components/kit/unknown.ts";
import type { PlannedObject } from "../../plan/objects.ts";
import { makePlan } from "../../plan/plan.ts";
import type { Plan } from "../../plan/plan.ts";
import { namedHosts } from "../../plan/records.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { cache, skip, useCluster } from "../cluster/cluster.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { goTool } from "../cluster/go-tools.ts";
import { stackNamed } from "../stacks.ts";
import { foreign, freePort, key, NameServer, stopped } from "./bind.ts";

/** The version of the chart's image. */
const program = { name: "external-dns", package: "sigs.k8s.io/external-dns", version: "v0.21.0" };
const named = ["named", "/usr/sbin/named"].find((one) => spawnSync(one, ["-V"]).status === 0);
const account = { namespace: "external-dns", name: "external-dns" };

/** A host that another Service or Ingress of the cluster asks for. */
const stranger = "stranger.example.org";

/** external-dns as the chart's Deployment starts it, with the rights of its service account. */
class Running {
  log = "";
  private readonly folder = mkdtempSync(join(tmpdir(), "groundplan-external-dns-"));
  private readonly process: ChildProcess;

  constructor(file: string, cluster: Cluster, plan: Plan, metrics: number, more: readonly string[] = []) {
    const deployment = rendered(plan, "Deployment");
    const [container] = records(at(deployment.manifest, "spec", "template", "spec", "containers"));
    const { name, namespace } = account;
    const { out } = cluster.kubectl(["config", "view", "--minify", "--flatten", "-o", "json"]);
    const config = JSON.parse(out) as { users: { user: object }[] };
    const token = cluster.kubectl(["create", "token", name, "-n", namespace]).out.trim();
    const users = config.users.map((user) => ({ ...user, user: { token } }));
    const kubeconfig = join(this.folder, "kubeconfig");
    writeFileSync(kubeconfig, JSON.stringify({ ...config, users }), { mode: 0o600 });
    const given = records(container?.["env"]).map(({ name: variable }) => [String(variable), key] as const);
    this.process = spawn(
      file,
      [
        // The last of two policies would be refused.
        ...texts(container?.["args"]).filter((arg) => !more.some((one) => one.split("=")[0] === arg.split("=")[0])),
        `--kubeconfig=${kubeconfig}`,
        `--metrics-address=127.0.0.1:${metrics}`,
        ...more,
      ],
      { env: { PATH: process.env["PATH"], ...Object.fromEntries(given) }, stdio: ["ignore", "pipe", "pipe"] },
    );
    for (const stream of [this.process.stdout, this.process.stderr])
      stream?.on("data", (part) => (this.log += String(part)));
  }

  async stop(): Promise<void> {
    await stopped(this.process);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** An object of the chart external-dns. */
function rendered(plan: Plan, kind: string): PlannedObject {
  const found = plan.rendered.find((one) => one.kind === kind && one.release === "external-dns/external-dns");
  if (found === undefined) throw new Error(`no ${kind} of external-dns`);
  return found;
}

/** Repeats a check until it passes, or fails for good. */
async function eventually(seconds: number, check: () => Promise<void>): Promise<void> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await sleep(500);
    }
  }
}

interface Case {
  readonly title: string;
  readonly stack: string;
  readonly set?: readonly string[];
  /** The addresses that a host then has; default: that of the Service. */
  readonly targets?: readonly string[];
  /** An object of somebody else with the {@link stranger}. */
  readonly asks: object;
}

const annotation = { "external-dns.alpha.kubernetes.io/hostname": stranger };
const ports = [{ port: 80 }];
const cases: readonly Case[] = [
  {
    title: "the Service of Traefik",
    stack: "traefik",
    asks: {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "stranger", namespace: "default", annotations: annotation },
      spec: { type: "LoadBalancer", ports },
    },
  },
  {
    title: "a Service of its own with the targets of the settings",
    stack: "kong-autoscaling",
    targets: ["192.0.2.10", "2001:db8::10"],
    asks: {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "stranger", namespace: "default", annotations: annotation },
      spec: { type: "ExternalName", externalName: "target.example.net" },
    },
  },
  {
    title: "the Ingress objects of the stack",
    stack: "nginx",
    asks: {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "stranger", namespace: "default" },
      spec: {
        ingressClassName: "nginx",
        rules: [
          {
            host: stranger,
            http: {
              paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "x", port: { number: 80 } } } }],
            },
          },
        ],
      },
    },
  },
];

for (const { asks, set = [], stack: name, targets, title } of cases)
  describe(`external-dns with ${title}`, function () {
    this.timeout(600_000);
    let cluster: Cluster;
    let plan: Plan;
    let server: NameServer;
    let file = "";
    let hosts: string[] = [];
    const running: Running[] = [];

    /** What the program finds in the cluster: its account and role, and the objects that name hosts. */
    const objects = () => {
      const own = plan.objects.filter(
        ({ kind, name: object, namespace }) =>
          (/^(Cluster)?Role(Binding)?$/.test(kind) && object === account.name) ||
          (kind === "Service" && namespace === account.namespace) ||
          kind === "Ingress",
      );
      const gateway = plan.rendered.filter(
        ({ kind, manifest }) => kind === "Service" && at(manifest, "spec", "type") === "LoadBalancer",
      );
      return [rendered(plan, "ServiceAccount"), ...own, ...gateway].map(({ manifest }) => manifest);
    };

    const start = async (...more: string[]) => {
      const one = new Running(file, cluster, plan, await freePort(), more);
      running.push(one);
      return one;
    };

    const namespaces = () =>
      [...new Set(objects().flatMap((one) => texts([at(one, "metadata", "namespace")])))].map((one) => ({
        apiVersion: "v1",
        kind: "Namespace",
        metadata: { name: one },
      }));

    before(async function () {
      if (named === undefined) skip(this, "named is not on PATH: Debian's package bind9");
      cluster = await useCluster(this);
      file = goTool(this, program);
      const stack = stackNamed(name);
      const port = await freePort();
      const provider = `dns.provider={kind: rfc2136, nameserver: '127.0.0.1:${port}', tsigKeyName: groundplan, tsigKeySecret: dns-key}`;
      // The stack's own credential is that of another provider.
      const own = [...(stack.set ?? []), ...set].filter((one) => !one.startsWith("secrets:dns-"));
      process.env["PATH"] = [process.env["PATH"] ?? "", join(cache, "control-plane", "bin")].join(delimiter);
      plan = await makePlan(stack.name, readStackFile(stack.file, [...own, provider, "secrets:dns-key={secure: v1}"]));
      const missing = plan.notRendered.filter(({ release }) => /^(external-dns|gateway)\//.test(release));
      if (missing.length > 0) skip(this, `charts are not rendered: ${missing.map(({ reason }) => reason).join("; ")}`);
      hosts = namedHosts(plan).map(({ host }) => host);
      server = new NameServer(named, port);
      cluster.kubectl(["apply", "--server-side", "-f", "-"], namespaces());
      cluster.kubectl(["apply", "--server-side", "-f", "-"], [...objects(), asks]);
    });

    afterEach(async function () {
      for (const one of running.splice(0)) {
        if (this.currentTest?.state === "failed") console.log(one.log.slice(-3000));
        await one.stop();
      }
    });

    after(async () => {
      // Without it, the tests were skipped before there was anything in the cluster.
      const started = server as NameServer | undefined;
      if (started === undefined) return;
      await started.stop();
      cluster.kubectl(["delete", "--ignore-not-found", "--wait=false", "-f", "-"], [...objects(), asks]);
      cluster.kubectl(["delete", "--ignore-not-found", "-f", "-"], namespaces());
    });

    it("X29: creates the record of every host, and of no other", async () => {
      await start();
      const own = hosts.filter((host) => !(host in foreign));
      assert.ok(own.length >= 3);
      await eventually(90, async () => {
        const wanted = targets ?? [loadBalancer(cluster, plan)];
        for (const host of own) assert.deepEqual((await server.addresses(host)).sort(), [...wanted].sort(), host);
      });
      for (const host of own)
        assert.match(await server.owner(host), new RegExp(`external-dns/owner=groundplan-${name}`));
      assert.deepEqual(await server.addresses(stranger), []);
      for (const [host, address] of Object.entries(foreign)) assert.deepEqual(await server.addresses(host), [address]);
    });

    it("reads what it needs, and nothing else", () => {
      const can = (verb: string, what: string, where: string) =>
        spawnSync(
          "kubectl",
          ["auth", "can-i", verb, what, "-n", where, `--as=system:serviceaccount:${account.namespace}:${account.name}`],
          { env: { ...process.env, KUBECONFIG: cluster.kubeconfig }, encoding: "utf8" },
        ).stdout.trim() === "yes";
      const ingress = name === "nginx";
      const source = targets === undefined ? "gateway" : account.namespace;
      assert.equal(can("list", "services", source), !ingress);
      assert.equal(can("list", "ingresses.networking.k8s.io", "default"), ingress);
      for (const [verb, what] of [
        ["list", "services"],
        ["list", "pods"],
        ["get", "secrets"],
        ["list", "nodes"],
        ["update", "ingresses.networking.k8s.io"],
      ] as const)
        assert.equal(can(verb, what, "default"), false, `${verb} ${what}`);
    });

    it("keeps the record of a removed host, and deletes it with the policy sync", async () => {
      const [gone = ""] = hosts.filter((host) => !(host in foreign));
      const manifests = JSON.parse(JSON.stringify(objects())) as Record<string, unknown>[];
      const without = manifests.filter((one) => {
        const list = at(one, "metadata", "annotations") as Record<string, string> | undefined;
        const hostname = "external-dns.alpha.kubernetes.io/hostname";
        if (list?.[hostname] !== undefined)
          list[hostname] = list[hostname]
            .split(",")
            .filter((host) => host !== gone)
            .join();
        return !records(at(one, "spec", "rules")).some(({ host }) => host === gone);
      });
      const removed = manifests.filter((one) => !without.includes(one));
      if (removed.length > 0) cluster.kubectl(["delete", "-f", "-"], removed);
      cluster.kubectl(["apply", "--server-side", "-f", "-"], without);
      const careful = await start();
      await eventually(60, () => Promise.resolve(assert.match(careful.log, /All records are already up to date/)));
      assert.notDeepEqual(await server.addresses(gone), []);
      await careful.stop();
      await start("--policy=sync");
      await eventually(60, async () => assert.deepEqual(await server.addresses(gone), []));
      assert.equal(await server.owner(gone), "");
      for (const [host, address] of Object.entries(foreign)) assert.deepEqual(await server.addresses(host), [address]);
    });
  });

/** The address that the cluster gave to the gateway. */
function loadBalancer(cluster: Cluster, { objects, settings: { gateway } }: Plan): string {
  const [ingress] = objects.filter(({ kind }) => kind === "Ingress");
  const of =
    gateway.kind === "nginx"
      ? ["ingress", ingress?.name ?? "", "-n", ingress?.namespace ?? ""]
      : ["service", gateway.kind, "-n", gateway.namespace];
  return cluster.kubectl(["get", ...of, "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}"]).out;
}
