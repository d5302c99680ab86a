import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { ConfigMap } from "@pulumi/kubernetes/core/v1/configMap.js";
import { plannedObjects } from "../../plan/objects.ts";
import type { PlannedObject } from "../../plan/objects.ts";
import { pageText } from "../../plan/report/html.ts";
import { reportOf } from "../../plan/report/report.ts";
import { review } from "../../plan/review.ts";
import { planAnew } from "../plans.ts";
import { makePlan } from "../../plan/plan.ts";
import { loadProgram } from "../../plan/program.ts";
import { readStackFile } from "../../plan/stack-file.ts";
import { named, recordStack, stackNamed, stacks } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { allows } from "../network/evaluator.ts";
import type { Endpoint } from "../network/evaluator.ts";
import { networkOf } from "../network/network.ts";
import wiki from "../../examples/extension/index.ts";
import { inOwn, Page, recordProgram, service } from "./program.ts";

const dev = stacks[0] ?? assert.fail();

const text = (value: unknown) => JSON.stringify(value);
const find = (objects: readonly PlannedObject[], kind: string, name: string) =>
  objects.find((one) => one.kind === kind && one.name === name) ?? assert.fail(`no ${kind} ${name}`);

describe("a component of a program of one's own", () => {
  it("is below the platform, with its provider, and waits for its namespace and for volumes", async () => {
    const { resources } = await recordStack(stackNamed("extension"));
    const component = named(resources, "wiki", ":Wiki");
    assert.equal(
      component.urn,
      "urn:pulumi:extension::groundplan::groundplan:platform:Platform$groundplan:wiki:Wiki::wiki",
    );
    const server = named(resources, "wiki-server", ":Deployment");
    assert.equal(server.parent, component.urn);
    assert.match(server.provider, /pulumi:providers:kubernetes::kubernetes/);
    assert.ok(server.dependencies.includes(named(resources, "namespaces-team-wiki", ":Namespace").urn));
    assert.ok(server.dependencies.includes(named(resources, "postgres-team-wiki-job").urn), "its database");
    assert.ok(server.dependencies.includes(named(resources, "buckets-team-wiki-job").urn), "its bucket");
  });

  it("has a dashboard and alerts, and its namespace is one of the stack's in the platform's own", async () => {
    const { resources } = await recordStack(stackNamed("extension"));
    const objects = plannedObjects(resources);
    assert.match(text(find(objects, "ConfigMap", "dashboard-team-wiki").manifest), /Wiki/);
    assert.match(
      text(find(objects, "PrometheusRule", "groundplan-team-wiki").manifest),
      /handbook\.example\.org\/wiki/,
    );
    assert.match(text(find(objects, "PrometheusRule", "groundplan-platform").manifest), /\|team-wiki\|/);
  });

  it("has its database in the backups and in restores, with the tables that must have rows", async () => {
    const { resources, result } = await recordStack(stackNamed("extension"));
    const entry = result.ledger.backups.find(({ data }) => data === "Database team-wiki");
    assert.deepEqual(entry?.tables, ["pages", "users"]);
    assert.match(entry.cronJob ?? "", /^dump-team-wiki-/);
    assert.match(text(named(resources, "backup-drill-team-wiki").inputs), /"pages users"/);
    assert.ok(
      result.ledger.pools.some(
        ({ database, connections, replicas }) => `${database} ${connections} ${replicas}` === "team-wiki 10 2",
      ),
    );
  });

  it("has its outputs beside the platform's", async () => {
    const { result } = await recordStack(stackNamed("extension"));
    const outputs = result.outputs as typeof result.outputs & { wikiUrl?: unknown };
    assert.equal(outputs.wikiUrl, "https://wiki.example.org");
    assert.match(text(outputs.hosts), /the team's wiki.*team-wiki\/wiki\.example\.org-tls/);
  });

  it("has no finding in the plan's checks, and everything that it does in the picture", async () => {
    const reviewed = review(await planAnew(stackNamed("extension")), "2026-12-01");
    const results = reviewed.checks.results.filter(({ severity }) => severity !== "info");
    const found = results.flatMap(({ findings }) => findings);
    assert.deepEqual(
      found.filter((finding) => text(finding).includes("wiki")),
      [],
    );
    assert.match(await pageText(reportOf(reviewed)), /sessions and queues of the wiki/);
  });

  for (const [kind, ...set] of [
    ["kong"],
    ["kong with its plugin", "gateway.login.pluginImage=registry.example.org/kong-oidc:3.9.3-1"],
    ["traefik", "gateway.kind=traefik"],
    ["nginx", "gateway.kind=nginx", "gateway.controllerNamespace=ingress-nginx"],
  ] as const)
    it(`has a host behind a login with ${kind}: who is not logged in does not reach it`, async () => {
      const stack: TestStack = {
        name: `extension with ${kind}`,
        file: dev.file,
        set: [...set, "buckets={kind: embedded}", "keycloak.enabled=true", "gateway.enabled=true"],
        extension: wiki.extension,
      };
      const { cluster: own, sides } = await networkOf(stack);
      const namespace = kind === "nginx" ? "ingress-nginx" : "gateway";
      const label = { "kubernetes.io/metadata.name": namespace };
      const cluster = { ...own, namespaces: { ...own.namespaces, [namespace]: label } };
      const pod = (labels: string) =>
        sides.known.find((one) => one.namespace === "team-wiki" && text(one.labels).includes(labels));
      const server = pod('"app.kubernetes.io/component":"server"') ?? assert.fail("no server");
      const login = pod('"app.kubernetes.io/name":"oauth2-proxy"');
      const keycloak =
        sides.known.find(({ labels }) => labels["app.kubernetes.io/name"] === "keycloakx") ?? assert.fail();
      const controller = {
        namespace,
        name: "nginx",
        labels: { "app.kubernetes.io/name": "ingress-nginx" },
        ip: "10.9.9.9",
      };
      const gateway = sides.known.find((one) => one.namespace === namespace) ?? controller;
      const open = (from: Endpoint, to: Endpoint, port: number) => allows(cluster, { from, to, port });
      const plugin = kind.includes("plugin");
      assert.equal(login === undefined, plugin);
      assert.equal(open(gateway, server, 3000), plugin);
      if (login !== undefined) {
        assert.ok(open(gateway, login, 4180), "gateway to login");
        assert.ok(open(login, server, 3000), "login to wiki");
        assert.ok(open(login, keycloak, 8080), "login to Keycloak");
      }
      assert.ok(!open(sides.alien[0] ?? assert.fail(), server, 3000));
    });

  it("may mount a folder of the stack's NFS server, which exports it", async () => {
    let folder: unknown;
    const { resources } = await recordProgram(
      inOwn((platform) => {
        folder = platform.folder({ path: "/own", account: { user: 1000, group: 1000 } });
      }),
      "nfs={server: {enabled: true, clusterIP: 10.96.0.49}}",
      "cluster.nodeCidrs=[10.0.0.0/16]",
    );
    assert.deepEqual(folder, { server: "10.96.0.49", path: "/own", mountOptions: ["nfsvers=4.2"] });
    const files = named(resources, "nfs-server-configuration").inputs;
    assert.match(text(files), /Pseudo = \/own;.*Anonymous_Uid = 1000/);
  });

  it("may send its logs to an input of Graylog, call others, and read the user's secrets", async () => {
    let secret: pulumi.Output<string> | undefined;
    const { result } = await recordProgram(
      inOwn((platform) => {
        const consumer = { namespace: "own", labels: { app: "page" } };
        const input = platform.logInput("GELF", consumer);
        platform.connect({
          from: { kind: "pods", ...consumer },
          to: { kind: "outside", cidrs: ["192.0.2.0/24"] },
          ports: [443],
          purpose: `with ${input.port}`,
        });
        secret = platform.secret("token");
      }),
      "secrets:token={secure: v1}",
      "logging.graylog.inputs=[{title: GELF, kind: gelf-tcp, port: 12201}]",
    );
    assert.deepEqual(
      result.ledger.edges
        .filter(({ from }) => text(from).includes('"own"'))
        .map(({ purpose, ports }) => [purpose, ports]),
      [
        ["logs to GELF", [12201]],
        ["with 12201", [443]],
      ],
    );
    assert.ok(await pulumi.isSecret(secret ?? assert.fail()));
  });

  it("may have a certificate without the gateway, and a login whose client is created for it", async () => {
    const { resources, result } = await recordProgram(
      inOwn((platform) => {
        platform.certificate({ host: "ldap", namespace: "own" });
        platform.host({ host: "page", purpose: "page", service: service(), login: { realmRoles: ["user"] } });
      }),
    );
    assert.ok(named(resources, "certificates-own-ldap.example.org-tls"));
    assert.ok(result.ledger.credentials.some(({ name }) => name === "page-oidc"));
  });
});

describe("Pulumi's transforms", () => {
  const annotate = (value: string) => (args: pulumi.ResourceTransformArgs) => {
    if (args.type !== "kubernetes:core/v1:Service") return undefined;
    const props = args.props as { metadata: { annotations?: object } };
    const metadata = { ...props.metadata, annotations: { ...props.metadata.annotations, owner: value } };
    return { props: { ...props, metadata }, opts: { ...args.opts, protect: true } };
  };
  const owners = (resources: Parameters<typeof plannedObjects>[0]) =>
    Object.fromEntries(
      plannedObjects(resources)
        .filter(({ kind }) => kind === "Service")
        .map(({ name, manifest }) => [
          name,
          (manifest["metadata"] as { annotations?: { owner?: string } }).annotations?.owner,
        ]),
    );

  it("of the stack change every object of the plan, the platform's and one's own, with their options", async () => {
    const { resources } = await recordProgram(
      inOwn(({ environment }) => {
        pulumi.runtime.registerResourceTransform(annotate("us"));
        new Page(environment);
      }),
    );
    const services = owners(resources);
    assert.ok(Object.keys(services).length > 3);
    assert.deepEqual(new Set(Object.values(services)), new Set(["us"]));
    assert.ok(named(resources, "page-service").protect);
    assert.ok(!named(resources, "page", ":Page").protect);
  });

  it("of a component change its children only, before those of the stack", async () => {
    class Own extends Page {
      constructor(environment: ConstructorParameters<typeof Page>[0]) {
        super({ ...environment, inside: { ...environment.inside, transforms: [annotate("component")] } });
      }
    }
    const seen: string[] = [];
    const { resources } = await recordProgram(
      inOwn(({ environment }) => {
        pulumi.runtime.registerResourceTransform((args) => {
          if (args.type === "kubernetes:core/v1:Service")
            seen.push(
              `${args.name} ${text((args.props as { metadata: { annotations?: object } }).metadata.annotations)}`,
            );
          return undefined;
        });
        new Own(environment);
        new Page(environment, "other");
      }),
    );
    const services = owners(resources);
    assert.deepEqual([services["page"], services["other"]], ["component", undefined]);
    assert.ok(
      seen.some((one) => one.startsWith("page-service") && one.includes('"owner":"component"')),
      seen.join(),
    );
  });

  it("of the module itself are those of every plan, in the older form too", async () => {
    const config = readStackFile(dev.file);
    const own = await loadProgram(`${import.meta.dirname}/transforms.ts`);
    for (const plan of [await makePlan("dev", config, own), await makePlan("dev", config, own)]) {
      const services = plan.objects.filter(({ kind }) => kind === "Service").map(({ manifest }) => text(manifest));
      assert.ok(services.length > 0);
      assert.ok(
        services.every((one) => one.includes('"newer":"us"') && one.includes('"older":"us"')),
        services[0],
      );
    }
    const { objects } = await makePlan("dev", config);
    assert.ok(!text(objects).includes('"older":"us"'));
  });

  it("keep secrets, and their dependencies", async () => {
    const secretOf = async (register: boolean) => {
      const { resources } = await recordProgram(
        inOwn((platform) => {
          if (register)
            pulumi.runtime.registerResourceTransform(({ props, opts }) => ({ props: { ...(props as object) }, opts }));
          platform.database({ name: "wiki", consumer: { namespace: "own" } });
        }),
      );
      return resources;
    };
    assert.deepEqual(await secretOf(true), await secretOf(false));
  });

  it("end with the program that registers them", async () => {
    await recordProgram(() => pulumi.runtime.registerResourceTransform(annotate("us")));
    const { resources } = await recordProgram(inOwn(({ environment }) => void new Page(environment)));
    assert.deepEqual(new Set(Object.values(owners(resources))), new Set([undefined]));
  });

  it("that throw end the plan", async () => {
    const program = inOwn(({ environment }) => {
      pulumi.runtime.registerResourceTransform(() => {
        throw new Error("no such thing");
      });
      new ConfigMap("x", {}, { parent: new Page(environment) });
    });
    await assert.rejects(recordProgram(program), /transform failed.*no such thing/);
  });
});
