import assert from "node:assert/strict";
import { plannedObjects, plannedReleases } from "../../plan/objects.ts";
import { recordStack, stacks, variants } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { wiki } from "../settings/pem-samples.ts";

const [dev, prod] = stacks as readonly [TestStack, TestStack];
const variant = (name: string): TestStack => {
  const found = variants.find((one) => one.name === name);
  assert.ok(found);
  return found;
};

type Json = Record<string, unknown>;
const at = (value: unknown, path: string) =>
  path.split(".").reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);

async function gatewayOf(stack: TestStack) {
  const { resources, result } = await recordStack(stack);
  const release = plannedReleases(resources).find(({ namespace }) => namespace === "gateway");
  return { resources, ...result, objects: plannedObjects(resources), values: release?.values, release };
}

describe("Kong", function () {
  this.timeout(60_000);

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
      { consumer: "kong", host: "pgsqlha-pgpool.sysdb.svc.cluster.local", connections: 8, replicas: 2 },
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
    const { values } = await gatewayOf(variant("kong-daemon-set"));
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
    const { values, ledger } = await gatewayOf(variant("kong-autoscaling"));
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
    const { values } = await gatewayOf(variant("mirror"));
    assert.deepEqual(
      [at(values, "image.repository"), at(values, "ingressController.image.repository")],
      ["registry.example.org/mirror/library/kong", "registry.example.org/mirror/kong/kubernetes-ingress-controller"],
    );
  });
});

describe("Traefik", function () {
  this.timeout(60_000);

  it("C14, C15: serves TLS 1.2 and later, and one host's certificate for names that have none", async () => {
    const { values, release, objects } = await gatewayOf(variant("traefik"));
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

  it("shares the redirect and HSTS among the hosts of a namespace", async () => {
    const hosts = ["a", "b"].map((host) => `{host: ${host}, namespace: apps, service: ${host}}`);
    const base = variant("traefik");
    const { objects } = await gatewayOf({ ...base, set: [...(base.set ?? []), `gateway.hosts=[${hosts.join(",")}]`] });
    const inApps = objects.filter(({ namespace }) => namespace === "apps");
    const middlewares = inApps.filter(({ kind }) => kind === "Middleware").map(({ name }) => name);
    assert.deepEqual(middlewares.sort(), ["hsts", "https-redirectscheme"]);
    assert.equal(inApps.filter(({ kind }) => kind === "IngressRoute").length, 4);
  });
});

describe("hosts", function () {
  this.timeout(60_000);

  it("stand in the ledger with who may enter and their certificate, once", async () => {
    const { ledger } = await gatewayOf(dev);
    assert.deepEqual(
      ledger.hosts.filter(({ host }) => host === "hello.dev.example.org"),
      [
        {
          host: "hello.dev.example.org",
          purpose: "an application of your own",
          access: { who: "users with the role hello_role of the realm platform" },
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
    const { release, objects } = await gatewayOf(variant("nginx"));
    assert.equal(release, undefined);
    assert.equal(
      objects.some(({ name, kind }) => kind === "Namespace" && name === "gateway"),
      false,
    );
    const ingress = objects.find(({ kind }) => kind === "Ingress");
    assert.equal(at(ingress?.manifest, "spec.ingressClassName"), "nginx");
  });
});
