import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { dashboardJson, dashboards } from "../../components/monitoring/dashboard.ts";
import { ruleGroups } from "../../components/monitoring/rules.ts";
import { Secret } from "../../plan/recorder.ts";
import { at, text } from "../../components/kit/unknown.ts";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { podTemplate } from "../../plan/pods.ts";
import { credentialsOf, neededOf } from "../../stacks/settings/derive.ts";
import { podFindings } from "../pods.ts";
import { allows } from "../network/evaluator.ts";
import type { Endpoint, Pod } from "../network/evaluator.ts";
import { networkOf } from "../network/network.ts";
import { recordStack, root } from "../stacks.ts";
import { wiki, withApplications } from "./stack.ts";

type Json = Record<string, never>;

async function made() {
  const { resources, result } = await recordStack(withApplications);
  const objects = plannedObjects(resources, (secret) => (secret instanceof Secret ? "secret" : secret));
  const find = (kind: string, name: string) => {
    const found = objects.filter((one) => one.kind === kind && one.name === name);
    assert.equal(found.length, 1, `${found.length} of ${kind} ${name}`);
    return found[0]?.manifest as { spec: Json & { template: { spec: PodSpec } }; data: Record<string, string> };
  };
  return { ...result, resources, objects, find };
}

interface PodSpec {
  readonly containers: readonly {
    readonly name: string;
    readonly env?: readonly Variable[];
    readonly volumeMounts: readonly Json[];
  }[];
  readonly initContainers: PodSpec["containers"];
  readonly volumes: readonly Json[];
  readonly nodeSelector: Readonly<Record<string, string>>;
  readonly tolerations: readonly Json[];
  readonly securityContext: Json;
}

interface Variable {
  readonly name: string;
  readonly value?: string;
  readonly valueFrom?: { readonly secretKeyRef: { readonly name: string; readonly key: string } };
}

/** The variables of a container as it sees them: values with `$(NAME)` replaced in Kubernetes' order, and references. */
function seen(env: readonly Variable[] = []): Record<string, string> {
  const known: Record<string, string> = {};
  for (const { name, value = "", valueFrom } of env)
    known[name] =
      valueFrom === undefined
        ? value.replace(/\$\(([^)]+)\)/g, (text, one: string) => known[one] ?? text)
        : `<${valueFrom.secretKeyRef.name}/${valueFrom.secretKeyRef.key}>`;
  return known;
}

/** Whether a path matches a pattern of the shell in which `*` matches any characters of a name. */
function matchesGlob(path: string, pattern: string): boolean {
  const parts = pattern.split("*").map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join("[^/]*")}$`).test(path);
}

describe("an application of one's own", function () {
  this.timeout(60_000);

  it("has its database's address in one variable, although the variables are in alphabetical order", async () => {
    const { find } = await made();
    const [main] = find("Deployment", "wiki").spec.template.spec.containers;
    assert.deepEqual(seen(main?.env), {
      DATABASE_URL: "postgres://wiki:<wiki-database/password>@pgsqlha-pgpool.sysdb.svc.cluster.local:5432/wiki",
      PGDATABASE: "wiki",
      PGHOST: "pgsqlha-pgpool.sysdb.svc.cluster.local",
      PGPASSWORD: "<wiki-database/password>",
      PGPORT: "5432",
      PGUSER: "wiki",
      SESSION_KEY: "<wiki-generated/session-key>",
    });
  });

  it("is the application of docs/applications.md", () => {
    const text = readFileSync(join(root, "docs", "applications.md"), "utf8");
    const [, yaml = ""] = /```yaml\n([^]*?)```/.exec(text) ?? [];
    assert.deepEqual(parse(yaml), { "groundplan:applications": [parse(wiki)] });
    assert.ok(yaml.trim().split("\n").length <= 20);
  });

  it("comes with database, host, login, generated secret, dashboard, claim, logs and backups in twenty lines", async () => {
    const { ledger, objects, resources, settings } = await made();
    const needed = neededOf(settings);
    assert.ok(needed.databases.includes("wiki"));
    assert.deepEqual(
      needed.clients.filter(({ name }) => name === "wiki"),
      [{ name: "wiki", realmRoles: ["user"] }],
    );
    assert.deepEqual(ledger.hosts.find(({ host }) => host === "wiki.example.org")?.access, {
      who: "users with the role wiki_role of the realm platform",
    });
    assert.ok(credentialsOf(settings).some(({ name }) => name === "wiki-session-key"));
    assert.ok(
      objects.some(
        ({ kind, name, namespace }) => `${kind} ${namespace}/${name}` === "PersistentVolumeClaim wiki/wiki-pages",
      ),
    );
    const board = dashboards([], needed.watched).find(({ component }) => component === "wiki");
    assert.equal(board?.title, "The team's wiki");
    const queries = JSON.stringify(dashboardJson(board));
    assert.match(queries, /wiki-\[a-z0-9\]\+-\[a-z0-9\]\{5\}/);
    assert.match(queries, /persistentvolumeclaim=~\\"wiki-pages\\"/);
    const backups = ledger.backups.map(({ cronJob, data }) => [data, cronJob] as const);
    for (const data of ["Database wiki", "Claim wiki/wiki-pages"]) {
      const cronJob = backups.find(([one]) => one === data)?.[1];
      assert.ok(
        objects.some(({ kind, name }) => kind === "CronJob" && name === cronJob),
        data,
      );
    }
    const collector = plannedReleases(resources).find(({ chart }) => chart === "fluent-bit");
    const inputs = text(at(collector?.values, "config", "inputs")) ?? "";
    const [, read = ""] = /Path (\S*containers\S*)/.exec(inputs) ?? [];
    const [, left = ""] = /Exclude_Path (\S*containers\S*)/.exec(inputs) ?? [];
    // The kubelet's name of a container's log: POD_NAMESPACE_CONTAINER-ID.log.
    const log = "/var/log/containers/wiki-5d8f7_wiki_wiki-0123456789abcdef.log";
    assert.deepEqual([matchesGlob(log, read), matchesGlob(log, left)], [true, false]);
  });

  it("has one pod, which stops before the next starts, where only one node can mount its volume", async () => {
    const { find, ledger, resources } = await made();
    const { spec } = find("Deployment", "wiki") as unknown as { spec: { replicas: number; strategy: object } };
    assert.deepEqual([spec.replicas, spec.strategy], [1, { type: "Recreate" }]);
    assert.ok(ledger.accepted.some(({ check, object }) => check === "GP050" && object === "Deployment wiki/wiki"));
    const claim = resources.find(({ name }) => name === "wiki-claim-wiki-pages");
    assert.deepEqual([claim?.protect, claim?.retainOnDelete], [true, true]);
  });

  it("meets the rules of every pod: probes, limits, restricted, an exact tag", async () => {
    const { objects, settings } = await made();
    const own = objects.filter(({ namespace }) => ["wiki", "sales"].includes(namespace ?? ""));
    const templates = own.flatMap(({ manifest, name }) => (name === "worker" ? [] : (podTemplate(manifest) ?? [])));
    assert.ok(templates.length >= 4);
    assert.deepEqual(
      templates.flatMap((template) => podFindings(template, settings.placement.nodeSelector)),
      [],
    );
  });

  it("gives steps and schedules the application's variables and their own, and a side-car only its own", async () => {
    const { find } = await made();
    const { containers, initContainers } = find("Deployment", "shop").spec.template.spec;
    const [main, proxy] = containers.map(({ env }) => seen(env));
    assert.deepEqual(proxy, { TARGET: "localhost:8000" });
    assert.deepEqual(seen(initContainers[0]?.env), main);
    const run = find("CronJob", "shop-invoices") as unknown as {
      spec: { jobTemplate: { spec: { activeDeadlineSeconds: number; template: { spec: PodSpec } } } };
    };
    const job = run.spec.jobTemplate.spec;
    assert.equal(job.activeDeadlineSeconds, 7200);
    assert.deepEqual(seen(job.template.spec.containers[0]?.env), { ...main, MODE: "invoices" });
    assert.equal(main?.["LOG_TARGET"], "graylog-syslog.logging.svc.cluster.local:32514");
    assert.equal(main["PAYMENT_KEY"], "<shop-secrets/payment-key>");
    assert.equal(main["WIKI_URL"], "http://wiki.wiki.svc.cluster.local:8080");
    assert.equal(main["OIDC_CLIENT_SECRET"], "<shop-oidc/client-secret>");
    assert.equal(main["SHOP_DB_HOST"], "pgsqlha-pgpool.sysdb.svc.cluster.local");
    assert.equal(main["PGHOST"], undefined);
  });

  it("mounts each file at its path, from a Secret where its text is one", async () => {
    const { find } = await made();
    const { containers } = find("Deployment", "shop").spec.template.spec;
    const mounts = containers.map(
      ({ volumeMounts }) =>
        Object.fromEntries(
          volumeMounts.map(({ mountPath, name, subPath }) => [mountPath, `${name} ${subPath}`]),
        ) as Record<string, string>,
    );
    assert.equal(mounts[0]?.["/etc/shop/licence_key"], "secret-files shop-licence");
    const key = mounts[0]["/etc/shop/shop.yaml"]?.replace("files ", "") ?? "";
    assert.equal(find("ConfigMap", "shop-files").data[key], "title: Shop\n");
    assert.equal(mounts[1]?.["/etc/shop/shop.yaml"], undefined);
  });

  it("lets the autoscaler set the number of pods, and counts its connections for the most", async () => {
    const { find, ledger } = await made();
    assert.equal(Object.hasOwn(find("Deployment", "shop").spec, "replicas"), false);
    const { spec } = find("HorizontalPodAutoscaler", "shop");
    assert.deepEqual([spec["minReplicas"], spec["maxReplicas"]], [2, 6]);
    assert.deepEqual(
      ledger.pools
        .filter(({ consumer }) => consumer === "shop")
        .map(({ connections, replicas }) => [connections, replicas]),
      [[5, 6]],
    );
  });

  it("X5: uses one client for its own login and for the token of its API, with the redirect URIs of its hosts", async () => {
    const { find, ledger } = await made();
    const realm = find("ConfigMap", "keycloak-realm").data;
    const { clients } = JSON.parse(Object.values(realm)[0] ?? "") as {
      clients: { clientId: string; redirectUris: string[] }[];
    };
    assert.deepEqual(
      clients.filter(({ clientId }) => clientId === "shop").map(({ redirectUris }) => redirectUris),
      [
        [
          "https://shop-api.example.org/callback",
          "https://shop-api.example.org/oauth2/callback",
          "https://shop.example.org/callback",
        ],
      ],
    );
    assert.deepEqual(ledger.hosts.find(({ host }) => host === "shop-api.example.org")?.access, {
      who: "programs with a token of users with the role shop_role of the realm platform",
    });
  });

  it("runs on nodes of its own where the settings place it, and the check of placement accepts that with a reason", async () => {
    const { find, ledger } = await made();
    const { nodeSelector, tolerations } = find("Deployment", "worker").spec.template.spec;
    assert.deepEqual(
      [nodeSelector, tolerations],
      [{ pool: "processing" }, [{ key: "processing", operator: "Exists", effect: "NoSchedule" }]],
    );
    assert.ok(ledger.accepted.some(({ check, object }) => check === "GP010" && object === "Deployment sales/worker"));
  });

  it("has alerts of its own with a runbook, and metrics that Prometheus reads", async () => {
    const { find, settings } = await made();
    const group = ruleGroups([], neededOf(settings).watched).find(({ component }) => component === "shop")?.group;
    assert.deepEqual(group?.rules, [
      {
        alert: "ShopOrdersFail",
        expr: "rate(shop_orders_failed_total[5m]) > 1",
        for: "10m",
        labels: { component: "shop", severity: "warning" },
        annotations: { summary: "Orders fail.", runbook_url: "docs/runbooks/application.md" },
      },
    ]);
    assert.deepEqual(find("PodMonitor", "shop").spec["podMetricsEndpoints"], [{ port: "metrics", path: "/metrics" }]);
  });
});

describe("packets of applications", function () {
  this.timeout(60_000);

  const labelled = (namespace: string, name: string, role: string, ip: string): Pod => ({
    ...{ namespace, name: `${name}-${role}`, ip },
    labels: { "app.kubernetes.io/name": name, "app.kubernetes.io/component": role },
  });
  const wiki = labelled("wiki", "wiki", "application", "10.9.0.1");
  const shop = labelled("sales", "shop", "application", "10.9.0.2");
  const invoices = labelled("sales", "shop", "schedule-invoices", "10.9.0.3");
  const worker = labelled("sales", "worker", "application", "10.9.0.4");
  const proxy = labelled("wiki", "oauth2-proxy", "wiki", "10.9.0.5");
  const plain = (namespace: string, labels: Record<string, string>, ip: string): Pod => ({
    namespace,
    name: ip,
    labels,
    ip,
  });
  const gateway = plain(
    "gateway",
    { "app.kubernetes.io/name": "kong", "app.kubernetes.io/instance": "kong", "app.kubernetes.io/component": "app" },
    "10.9.1.1",
  );
  const pgpool = plain(
    "sysdb",
    {
      "app.kubernetes.io/component": "pgpool",
      "app.kubernetes.io/instance": "pgsqlha",
      "app.kubernetes.io/name": "postgresql-ha",
    },
    "10.9.1.2",
  );
  const graylog = plain(
    "logging",
    { "app.kubernetes.io/instance": "graylog", "app.kubernetes.io/name": "graylog" },
    "10.9.1.3",
  );
  const payments: Endpoint = { ip: "192.0.2.9" };
  const elsewhere: Endpoint = { ip: "203.0.113.9" };

  const packets: readonly [
    from: Endpoint,
    to: Endpoint,
    port: number,
    protocol: "TCP" | "UDP",
    passes: boolean,
    what: string,
  ][] = [
    [gateway, wiki, 8080, "TCP", false, "the gateway, around the login, to the wiki"],
    [gateway, proxy, 4180, "TCP", true, "the gateway to the wiki's login"],
    [proxy, wiki, 8080, "TCP", true, "the login to the wiki"],
    [gateway, shop, 8081, "TCP", true, "the gateway to the shop's side-car"],
    [gateway, shop, 9100, "TCP", false, "the gateway to the shop's metrics"],
    [wiki, pgpool, 5432, "TCP", true, "the wiki to its database"],
    [invoices, pgpool, 5432, "TCP", true, "the shop's schedule to its database"],
    [worker, pgpool, 5432, "TCP", false, "the worker, which has no database, to PostgreSQL"],
    [shop, wiki, 8080, "TCP", true, "the shop to the wiki that it declares"],
    [wiki, shop, 8000, "TCP", false, "the wiki back to the shop"],
    [worker, shop, 8000, "TCP", true, "the worker to the shop"],
    [worker, wiki, 8080, "TCP", false, "the worker to the wiki"],
    [shop, payments, 443, "TCP", true, "the shop to payments"],
    [worker, elsewhere, 443, "TCP", false, "the worker to the internet"],
    [shop, graylog, 32514, "UDP", true, "the shop's logs to their input"],
    [shop, graylog, 31514, "UDP", false, "the shop to another input"],
    [wiki, graylog, 32514, "UDP", false, "the wiki, which sends no logs, to the input"],
  ];
  for (const [from, to, port, protocol, passes, what] of packets)
    it(`${passes ? "pass" : "are denied"} from ${what}`, async () => {
      const { cluster } = await networkOf(withApplications);
      assert.equal(allows(cluster, { from, to, port, protocol }), passes);
    });
});
