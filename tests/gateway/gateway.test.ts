import assert from "node:assert/strict";
import { join } from "node:path";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { sentTo } from "./requests.ts";
import { recordStack, root, stackNamed, stacks, variants } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { wiki } from "../settings/pem-samples.ts";

const [dev, prod] = stacks as readonly [TestStack, TestStack];

type Json = Record<string, unknown>;
const at = (value: unknown, path: string) =>
  path.split(".").reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);

async function gatewayOf(stack: TestStack) {
  const { resources, result } = await recordStack(stack);
  const release = plannedReleases(resources).find(({ namespace }) => namespace === "gateway");
  return { resources, ...result, objects: plannedObjects(resources), values: release?.values, release };
}

describe("Kong", function () {
  this.timeout(300_000);

  it("W08: stands behind a LoadBalancer with a database of its own, whose password is a reference", async () => {
    const { values, release, ledger, objects } = await gatewayOf(prod);
    assert.deepEqual([release?.chart, release?.version, release?.name], ["kong", "3.4.1", "kong"]);
    const expected: Json = {
      "env.database": "postgres",
      "env.pg_host": "pgsqlha-pgpool.sysdb.svc.cluster.local",
      "env.pg_database": "kong",
      "env.pg_user": "kong",
      "env.pg_password": { valueFrom: { secretKeyRef: { name: "kong-database", key: "password" } } },
      "proxy.type": "LoadBalancer",
      "admin.type": "ClusterIP",
      "manager.enabled": false,
      "image.repository": "docker.io/library/kong",
      "image.tag": "3.9.3",
      replicaCount: 2,
      podDisruptionBudget: { enabled: true, maxUnavailable: 1 },
      "migrations.preUpgrade": true,
      "migrations.postUpgrade": true,
    };
    for (const [path, value] of Object.entries(expected)) assert.deepEqual(at(values, path), value, path);
    assert.ok(
      objects.some(({ kind, name, namespace }) => `${kind} ${namespace}/${name}` === "Secret gateway/kong-database"),
    );
    assert.deepEqual(
      ledger.pools.find(({ consumer }) => consumer === "kong"),
      {
        consumer: "kong",
        database: "kong",
        host: "pgsqlha-pgpool.sysdb.svc.cluster.local",
        connections: 8,
        replicas: 2,
      },
    );
  });

  it("W08: has room for big headers, in sizes that nginx takes together", async () => {
    const { values } = await gatewayOf(prod);
    assert.equal(at(values, "env.nginx_proxy_proxy_buffer_size"), "2m");
    assert.equal(at(values, "env.nginx_proxy_large_client_header_buffers"), "64 2m");
    // nginx.org, ngx_http_proxy_module: busy buffers hold at least one, and all buffers but one hold the busy ones.
    const [count = 0, size = 0] = String(at(values, "env.nginx_proxy_proxy_buffers")).split(" ").map(parseFloat);
    const busy = parseFloat(String(at(values, "env.nginx_proxy_proxy_busy_buffers_size")));
    assert.ok(busy >= 2 && busy <= (count - 1) * size, `${busy} of ${count} × ${size}`);
  });

  it("W08: runs on every node where that is asked, and then with the plugin's image", async () => {
    const { values } = await gatewayOf(stackNamed("kong-daemon-set"));
    assert.equal(at(values, "deployment.daemonset"), true);
    assert.equal(at(values, "podDisruptionBudget.enabled"), false);
    assert.equal(at(values, "env.plugins"), "bundled,oidc");
    assert.deepEqual(
      [at(values, "image.repository"), at(values, "image.tag"), at(values, "image.effectiveSemver")],
      ["registry.example.org/kong-oidc", "3.9.3-1", "3.9.3"],
    );
    assert.equal(at(values, "env.trusted_ips"), "10.0.0.0/8");
  });

  it("W09: has the plugin prometheus for every route", async () => {
    const { objects } = await gatewayOf(prod);
    const plugin = objects.find(({ kind, name }) => kind === "KongClusterPlugin" && name === "prometheus");
    assert.equal(plugin?.manifest["plugin"], "prometheus");
    assert.equal(at(plugin?.manifest, "metadata.labels.global"), "true");
    assert.equal(at(plugin?.manifest, "metadata.annotations")?.["kubernetes.io/ingress.class" as never], "kong");
  });

  it("sends HSTS from the plugin that every route names", async () => {
    const { objects } = await gatewayOf(prod);
    const plugin = objects.find(({ name }) => name === "groundplan-hsts");
    assert.deepEqual(plugin?.manifest["config"], { add: { headers: ["Strict-Transport-Security:max-age=31536000"] } });
    // A plugin for every route would send it for hosts that are not the stack's as well.
    assert.equal(at(plugin?.manifest, "metadata.labels.global"), undefined);
  });

  it("gives its admission webhook a certificate of ours, and no other Secret than those with Kong's label", async () => {
    const { values, resources, objects } = await gatewayOf(prod);
    assert.equal(at(values, "ingressController.admissionWebhook.certificate.provided"), true);
    assert.equal(at(values, "ingressController.admissionWebhook.certificate.secretName"), "kong-webhook");
    assert.equal(at(values, "ingressController.admissionWebhook.filterSecrets"), true);
    const certificate = resources.find(({ name }) => name === "gateway-webhook-certificate");
    assert.deepEqual(certificate?.inputs["dnsNames"], ["kong-validation-webhook.gateway.svc"]);
    const held = objects.find(({ name }) => name === "kong-webhook");
    assert.equal(held?.manifest["type"], "kubernetes.io/tls");
  });

  it("D8: checks every certificate", async () => {
    for (const stack of [dev, prod, ...variants]) {
      const { values, objects } = await gatewayOf(stack);
      const text = JSON.stringify([values ?? {}, objects.map(({ manifest }) => manifest)]);
      assert.ok(!/"ssl_verify":"no"|insecureSkipVerify":true|tls_skip_verify":true/.test(text), stack.name);
    }
  });

  it("grows under load where that is asked, with connections counted for the most pods", async () => {
    const { values, ledger } = await gatewayOf(stackNamed("kong-autoscaling"));
    assert.equal(at(values, "autoscaling.enabled"), true);
    assert.deepEqual([at(values, "autoscaling.minReplicas"), at(values, "autoscaling.maxReplicas")], [2, 6]);
    assert.equal(ledger.pools.find(({ consumer }) => consumer === "kong")?.replicas, 6);
    assert.equal(at(values, "proxy.tls.nodePort"), 30443);
    assert.equal(at(values, "proxy.http.nodePort"), undefined);
  });

  it("is reached at ports of the node in dev, where nothing gives out addresses", async () => {
    const { values } = await gatewayOf(dev);
    assert.deepEqual([at(values, "proxy.type"), at(values, "replicaCount")], ["NodePort", 1]);
  });

  it("comes from the mirror, its controller too", async () => {
    const { values } = await gatewayOf(stackNamed("mirror"));
    assert.deepEqual(
      [at(values, "image.repository"), at(values, "ingressController.image.repository")],
      ["registry.example.org/mirror/library/kong", "registry.example.org/mirror/kong/kubernetes-ingress-controller"],
    );
  });
});

describe("Traefik", function () {
  this.timeout(300_000);

  it("C14, C15: serves TLS 1.2 and later, and one host's certificate for names that have none", async () => {
    const { values, release, objects } = await gatewayOf(stackNamed("traefik"));
    assert.deepEqual([release?.chart, release?.version], ["traefik", "41.3.0"]);
    const expected: Json = {
      "deployment.kind": "Deployment",
      "deployment.replicas": 2,
      "tlsOptions.default.minVersion": "VersionTLS12",
      "tlsStore.default.defaultCertificate.secretName": "www.example.org-tls",
      "ingressClass.isDefaultClass": false,
      "service.spec.type": "LoadBalancer",
      "global.checkNewVersion": false,
      "metrics.prometheus.serviceMonitor.enabled": true,
    };
    for (const [path, value] of Object.entries(expected)) assert.deepEqual(at(values, path), value, path);
    assert.ok(
      objects.some(
        ({ kind, name, namespace }) => `${kind} ${namespace}/${name}` === "Certificate gateway/www.example.org-tls",
      ),
    );
  });

  it("goes on for some seconds when a pod is replaced, unless a node's own pod is, which ends before the next one starts", async () => {
    const base = stackNamed("traefik");
    const lifecycle = async (...set: string[]) => {
      const { values } = await gatewayOf({ ...base, set: [...(base.set ?? []), ...set] });
      return at(values, "deployment.lifecycle");
    };
    assert.deepEqual(await lifecycle(), { preStop: { sleep: { seconds: 5 } } });
    assert.equal(await lifecycle("gateway.workload=daemonSet"), undefined);
    assert.equal(await lifecycle('cluster.version="1.29"'), undefined);
  });

  it("shares the redirect and HSTS among the hosts of a namespace", async () => {
    const hosts = ["a", "b"].map((host) => `{host: ${host}, namespace: apps, service: ${host}}`);
    const base = stackNamed("traefik");
    const { objects } = await gatewayOf({ ...base, set: [...(base.set ?? []), `gateway.hosts=[${hosts.join(",")}]`] });
    const inApps = objects.filter(({ namespace }) => namespace === "apps");
    const middlewares = inApps.filter(({ kind }) => kind === "Middleware").map(({ name }) => name);
    assert.deepEqual(middlewares.sort(), ["hsts", "https-redirectscheme"]);
    assert.equal(inApps.filter(({ kind }) => kind === "IngressRoute").length, 4);
  });
});

describe("hosts", function () {
  this.timeout(300_000);

  it("stand in the ledger with who may enter and their certificate, once", async () => {
    const { ledger } = await gatewayOf(dev);
    assert.deepEqual(
      ledger.hosts.filter(({ host }) => host === "hello.dev.example.org"),
      [
        {
          host: "hello.dev.example.org",
          purpose: "an application of your own",
          access: { who: "users with the role hello_role of the realm platform" },
          service: { namespace: "gateway", name: "kong-proxy" },
          tlsSecret: { namespace: "hello", name: "hello.dev.example.org-tls" },
        },
      ],
    );
  });

  it("C15: take the user's own certificate where there is one", async () => {
    const { objects } = await gatewayOf({
      ...dev,
      set: [
        "gateway.hosts=[{host: wiki, namespace: wiki, service: wiki}]",
        `certificates.hosts=[{host: wiki, namespace: other, certificate: ${JSON.stringify(wiki)}, keySecret: wiki}]`,
        "secrets:wiki={secure: v1}",
      ],
    });
    const named = objects.filter(({ name }) => name === "wiki.dev.example.org-tls");
    assert.deepEqual(named.map(({ kind, namespace }) => `${kind} ${namespace}`).sort(), [
      "Secret other",
      "Secret wiki",
    ]);
  });

  it("need nothing installed with an nginx that exists", async () => {
    const { release, objects } = await gatewayOf(stackNamed("nginx"));
    assert.equal(release, undefined);
    assert.equal(
      objects.some(({ name, kind }) => kind === "Namespace" && name === "gateway"),
      false,
    );
    const ingress = objects.find(({ kind }) => kind === "Ingress");
    assert.equal(at(ingress?.manifest, "spec.ingressClassName"), "nginx");
  });
});

describe("Traefik's dashboard", () => {
  it("stands behind a login, for users with its role", async () => {
    const { values, objects, ledger } = await gatewayOf(stackNamed("traefik"));
    assert.deepEqual([at(values, "api.dashboard"), at(values, "ingressRoute.dashboard.enabled")], [true, true]);
    const found = (kind: string, name: string) =>
      objects.find((one) => one.kind === kind && one.namespace === "gateway" && one.name === name)?.manifest;
    assert.equal(at(found("Service", "traefik-dashboard"), "spec.ports.0.targetPort"), 8080);
    assert.equal(at(found("IngressRoute", "traefik-https"), "spec.routes.0.services.0.name"), "traefik-login");
    assert.match(JSON.stringify(found("ConfigMap", "traefik-login")), /traefik-dashboard\.gateway\.svc/);
    const host = ledger.hosts.find((one) => one.host === "traefik.example.org");
    assert.equal(host?.access?.who, "users with the role traefik_role of the realm platform");
  });

  it("is off without a host", async () => {
    const plain = {
      ...stackNamed("traefik"),
      set: (stackNamed("traefik").set ?? []).filter((one) => !one.includes("dashboard")),
    };
    const traefik = await gatewayOf(plain);
    assert.equal(at(traefik.values, "api.dashboard"), false);
    assert.ok(!traefik.objects.some(({ name }) => name === "traefik-dashboard"));
  });
});

describe("WorldCereal's hosts", () => {
  const stack = { name: "worldcereal", file: join(root, "examples", "worldcereal.yaml") };

  it("W08, W25: stand behind Kong on every node, with TLS and a redirect of 302", async () => {
    const { resources, result } = await recordStack(stack);
    const release = plannedReleases(resources).find(({ namespace }) => namespace === "kong");
    assert.deepEqual(
      [at(release?.values, "deployment.daemonset"), at(release?.values, "proxy.type")],
      [true, "LoadBalancer"],
    );
    const ingresses = plannedObjects(resources).filter(({ kind }) => kind === "Ingress");
    const hosts = new Set(ingresses.map(({ manifest }) => String(at(manifest, "spec.rules.0.host")).split(".")[0]));
    assert.deepEqual(
      [...hosts].sort(),
      "auth grafana graylog prometheus rdm rdmapi rdmdb vdm vdmapi wctiler workflows".split(" "),
    );
    for (const { manifest, name } of ingresses) {
      const { annotations } = manifest["metadata"] as { annotations: Record<string, string> };
      assert.equal(annotations["konghq.com/protocols"], "https", name);
      assert.equal(annotations["konghq.com/https-redirect-status-code"], "302", name);
      assert.ok(at(manifest, "spec.tls.0.secretName"), name);
    }
    for (const host of hosts) assert.ok(result.ledger.hosts.some((one) => one.host.startsWith(`${host}.`)));
  });

  it("W26: lead each path to its service; what describes the API is open to everybody", async () => {
    const { resources } = await recordStack(stack);
    const routes = plannedObjects(resources).flatMap(({ kind, namespace, manifest }) => {
      if (kind !== "Ingress" || (namespace !== "rdm" && namespace !== "vdm")) return [];
      const { annotations } = manifest["metadata"] as { annotations: Record<string, string> };
      const login = annotations["konghq.com/plugins"]?.includes("-oidc") === true ? "login" : "open";
      const [rule] = at(manifest, "spec.rules") as { host: string; http: { paths: Json[] } }[];
      return (rule?.http.paths ?? []).map((path) =>
        [
          `${rule?.host.split(".")[0]}${String(path["path"])}`,
          at(path, "backend.service.name"),
          at(path, "backend.service.port.number"),
          login,
        ].join(" "),
      );
    });
    assert.deepEqual(routes.sort(), [
      "rdm/ rdmui-nginx 80 login",
      "rdm/data rdmapi 80 login",
      "rdmapi/ rdmapi 80 login",
      "rdmapi/swagger rdmapi 80 open",
      "rdmdb/ pgadmin-pgadmin4 80 login",
      "vdm/ app-wcpdr 9000 login",
      "vdm/backend be 9850 login",
      "vdmapi/ be 9850 login",
    ]);
  });

  it("W25, W26: send each request to the service that serves it, and no other host", async () => {
    const { resources } = await recordStack(stack);
    const objects = plannedObjects(resources);
    const sent = (url: string) => {
      const [, name = "", path = ""] = /^([a-z]+)(\/.*)$/.exec(url) ?? [];
      return sentTo(objects, `${name}.worldcereal.example.org`, path)?.join(" ") ?? "nowhere";
    };
    assert.deepEqual(
      Object.fromEntries(
        [
          ...["rdm/", "rdm/map/5", "rdm/data", "rdm/data/collections/1", "rdm/database", "rdmdb/login"],
          ...["rdmapi/collections", "rdmapi/swagger/index.html", "rdmapi/swaggerish"],
          ...["vdm/", "vdm/backend/jobs", "vdm/backends", "vdmapi/jobs", "wctiler/wmts/1"],
          ...["auth/realms/worldcereal", "grafana/d/1", "graylog/search", "prometheus/graph", "other/"],
        ].map((url) => [url, sent(url)]),
      ),
      {
        "rdm/": "rdm/rdmui-nginx:80 /",
        "rdm/map/5": "rdm/rdmui-nginx:80 /map/5",
        "rdm/data": "rdm/rdmapi:80 /data",
        "rdm/data/collections/1": "rdm/rdmapi:80 /data/collections/1",
        // A path that only starts with the same letters.
        "rdm/database": "rdm/rdmui-nginx:80 /database",
        "rdmdb/login": "rdm/pgadmin-pgadmin4:80 /login",
        "rdmapi/collections": "rdm/rdmapi:80 /collections",
        "rdmapi/swagger/index.html": "rdm/rdmapi:80 /swagger/index.html",
        "rdmapi/swaggerish": "rdm/rdmapi:80 /swaggerish",
        "vdm/": "vdm/app-wcpdr:9000 /",
        "vdm/backend/jobs": "vdm/be:9850 /backend/jobs",
        "vdm/backends": "vdm/app-wcpdr:9000 /backends",
        "vdmapi/jobs": "vdm/be:9850 /jobs",
        "wctiler/wmts/1": "wctiler/wctiler:80 /wmts/1",
        "auth/realms/worldcereal": "keycloak/keycloak-http:80 /realms/worldcereal",
        "grafana/d/1": "monitoring/grafana:80 /d/1",
        "graylog/search": "logging/graylog-front:8080 /search",
        "prometheus/graph": "monitoring/kps-prometheus:9090 /graph",
        "other/": "nowhere",
      },
    );
  });

  it("W10, W11: have logins of the settings' clients; programs come with a token, to hosts of their own", async () => {
    const { resources } = await recordStack(stack);
    const objects = plannedObjects(resources, ({ value }) => value);
    const logins = objects.flatMap(({ kind, namespace, name, manifest }) => {
      const text = at(manifest, "stringData.config");
      if (kind !== "Secret" || typeof text !== "string") return [];
      const { client_id, client_secret, bearer_only } = JSON.parse(text) as Record<string, string>;
      const own = objects.find((one) => one.kind === "Secret" && one.name === `${client_id}-oidc`);
      assert.equal(at(own?.manifest, "stringData.client-secret"), client_secret);
      return [[namespace, name.replace(/-[0-9a-f]{8}-/, "…-"), client_id, bearer_only]];
    });
    assert.deepEqual(logins, [
      ["logging", "graylog-login", "graylog", "no"],
      ["monitoring", "prometheus-login", "prometheus", "no"],
      ["rdm", "rdm…-login", "rdm", "no"],
      ["rdm", "rdm-login", "rdm", "no"],
      ["rdm", "rdmapi-login", "rdmapi", "yes"],
      ["rdm", "rdmdb-login", "rdm", "no"],
      ["vdm", "vdm…-login", "vdm", "no"],
      ["vdm", "vdm-login", "vdm", "no"],
      ["vdm", "vdmapi-login", "vdmapi", "yes"],
      ["wctiler", "wctiler-login", "wctiler", "no"],
    ]);
    const cleaners = objects.filter(({ kind, name }) => kind === "KongPlugin" && name.endsWith("-cleaner"));
    assert.deepEqual(cleaners.map(({ namespace, name }) => `${namespace}/${name}`).sort(), [
      "logging/graylog-cleaner",
      "vdm/vdmapi-cleaner",
    ]);
    const realm = objects.find(({ kind, name }) => kind === "ConfigMap" && name === "keycloak-realm");
    const { clients } = JSON.parse(String((at(realm?.manifest, "data") as Json)["realm.json"])) as {
      clients: { clientId: string; redirectUris: string[] }[];
    };
    assert.deepEqual(clients.find(({ clientId }) => clientId === "rdm")?.redirectUris, [
      "https://rdm.worldcereal.example.org/oauth2/callback",
      "https://rdmdb.worldcereal.example.org/oauth2/callback",
    ]);
  });
});
