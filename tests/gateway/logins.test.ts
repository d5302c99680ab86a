import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { Gateway } from "../../components/gateway/gateway.ts";
import type { GatewayArgs } from "../../components/gateway/gateway.ts";
import type { ExposureRequest } from "../../components/kit/bindings.ts";
import { secret } from "../../components/kit/secret.ts";
import type { Ledger } from "../../components/kit/ledger.ts";
import { podTemplate } from "../../plan/pods.ts";
import { podFindings } from "../pods.ts";
import { Empty, made } from "../kit/environment.ts";
import { client as known } from "./client.ts";

type Json = Record<string, unknown>;
const at = (value: unknown, ...path: (string | number)[]) =>
  path.reduce<unknown>((inner, key) => (inner as Json | undefined)?.[key], value);

/** What a gateway makes of one exposure whose application asks for no login itself. */
async function exposed(
  kind: GatewayArgs["kind"],
  method: "proxy" | "plugin",
  asked: (login: NonNullable<ExposureRequest["login"]>) => Partial<ExposureRequest> = (login) => ({ login }),
  /** Paths of the same host that are exposed besides. */
  further: readonly string[] = [],
) {
  const found = await made((environment) => {
    const others = new Empty(environment, "others");
    const own = secret(others, "oidc", { name: "app-oidc", namespace: "apps" }, { "client-secret": "s3cret" });
    const password = secret(others, "db", { name: "kong-database", namespace: "gateway" }, { password: "p" });
    const gateway = new Gateway(
      environment,
      {
        kind,
        installation: {
          namespace: "gateway",
          workload: "deployment",
          replicas: 2,
          service: { type: "LoadBalancer", nodePorts: {}, annotations: {}, proxyProtocol: false },
          trustedProxies: [],
          largeHeaders: false,
          resources: { cpu: "1", memory: "1Gi", memoryLimit: "1Gi" },
          serviceMonitor: false,
        },
        controllerNamespace: "ingress-nginx",
        ingressClass: kind,
        hsts: "1d",
        login: { method, replicas: 2 },
        certificate: ({ host }) => ({ host, secretName: `${host}-tls`, ready: others }),
        database: () => ({
          host: "db.sysdb.svc",
          port: 5432,
          database: "kong",
          username: "kong",
          password: { secret: password, key: "password" },
          ready: others,
        }),
      },
      {},
    );
    const client = {
      ...known,
      clientSecret: { secret: own, key: "client-secret" },
      clientSecretValue: pulumi.secret("s3cret"),
      ready: others,
    };
    const exposure = gateway.expose({
      host: "app",
      purpose: "a test",
      service: { name: "app", namespace: "apps", port: 80, targetPort: 8080, labels: { app: "app" } },
      ...asked({ client }),
    });
    assert.equal(exposure.url, "https://app.example.org");
    for (const path of further)
      gateway.expose({
        host: "app",
        purpose: "the same host",
        service: { name: "other", namespace: "apps", port: 80, targetPort: 8080, labels: { app: "other" } },
        ...asked({ client }),
        paths: [path],
      });
    assert.equal(gateway.loginRedirectUri("app"), "https://app.example.org/oauth2/callback");
  });
  return {
    ...found,
    named: (kind_: string, name: string) =>
      found.objects.find((one) => one.kind === kind_ && one.name === name)?.manifest,
  };
}

const edges = (ledger: Ledger) =>
  ledger.edges
    .filter(({ purpose }) => purpose.includes("app.example.org"))
    .map(({ from, to, ports }) => [
      from.kind === "pods" ? `${from.namespace} ${Object.values(from.labels ?? {}).join()}` : from.kind,
      to.kind === "pods" ? `${to.namespace} ${Object.values(to.labels ?? {}).join()}` : to.kind,
      ports.join(),
    ]);

describe("a login beside the application", () => {
  for (const kind of ["kong", "traefik", "nginx"] as const) {
    it(`is where ${kind} leads, and leads to the application`, async () => {
      const { named, objects, ledger } = await exposed(kind, "proxy");
      const pods = named("Deployment", "app-login");
      assert.equal(at(pods, "spec", "replicas"), 2);
      assert.ok(named("PodDisruptionBudget", "app-login"));
      const template = podTemplate({ ...pods });
      assert.ok(template);
      assert.deepEqual(podFindings(template, { pool: "system" }), []);
      const [container] = template.spec.containers;
      assert.ok(container);
      assert.deepEqual(container.env, [
        {
          name: "OAUTH2_PROXY_COOKIE_SECRET",
          valueFrom: {
            secretKeyRef: {
              name: at(
                objects.find(({ name }) => /session/.test(name)),
                "name",
              ),
              key: "cookie-secret",
            },
          },
        },
      ]);
      const text = JSON.stringify(objects.filter((one) => one.kind !== "Secret"));
      assert.ok(!text.includes("s3cret"), "the client's secret stands in Secrets only");
      assert.match(text, /http:\/\/app\.apps\.svc\.cluster\.local:80/);
      const backend =
        kind === "traefik"
          ? at(named("IngressRoute", "app-https"), "spec", "routes", 0, "services", 0)
          : at(named("Ingress", "app-edge"), "spec", "rules", 0, "http", "paths", 0, "backend", "service");
      assert.deepEqual(
        [at(backend, "name"), kind === "traefik" ? at(backend, "port") : at(backend, "port", "number")],
        ["app-login", 4180],
      );
      const front = {
        kong: "gateway kong,kong,app",
        traefik: "gateway traefik-gateway,traefik",
        nginx: "ingress-nginx ingress-nginx",
      }[kind];
      assert.deepEqual(edges(ledger), [
        ["apps app,oauth2-proxy", "apps app", "8080"],
        ["apps app,oauth2-proxy", "auth keycloak", "8080"],
        [front, "apps app,oauth2-proxy", "4180"],
      ]);
    });
  }

  it("has a session key of its own, of which the ledger knows where it stands", async () => {
    const { ledger } = await exposed("traefik", "proxy");
    const entry = ledger.credentials.find(({ name }) => name === "login-sessions");
    assert.deepEqual(
      entry?.secrets.map(({ namespace, key }) => `${namespace}/${key}`),
      ["apps/cookie-secret"],
    );
  });

  it("M20: keeps a browser with its pod, by the cookie to the login and by address behind it", async () => {
    const { named } = await exposed("traefik", "proxy", (login) => ({ login, sticky: true }));
    assert.deepEqual(at(named("Service", "app-behind"), "spec", "sessionAffinity"), "ClientIP");
    assert.deepEqual(at(named("Service", "app-behind"), "spec", "sessionAffinityConfig"), {
      clientIP: { timeoutSeconds: 10_800 },
    });
    assert.match(JSON.stringify(named("ConfigMap", "app-login")), /http:\/\/app-behind\.apps/);
    assert.ok(at(named("IngressRoute", "app-https"), "spec", "routes", 0, "services", 0, "sticky"));
  });

  it("tells who may enter", async () => {
    const who = async (asked: Parameters<typeof exposed>[2]) =>
      (await exposed("traefik", "proxy", asked)).ledger.hosts[0]?.access?.who;
    assert.deepEqual(
      [
        await who((login) => ({ login })),
        await who((login) => ({ login: { ...login, groups: ["a", "b"] } })),
        await who((login) => ({ login, apiOnly: true })),
        await who(() => ({ login: undefined })),
      ],
      [
        "users with the role app_role of the realm platform",
        "users of the realm platform in one of the groups a, b",
        "programs with a token of users with the role app_role of the realm platform",
        "users that the application admits",
      ],
    );
  });
});

describe("a login before some paths of a host", () => {
  const paths = (objects: Awaited<ReturnType<typeof exposed>>["objects"]) =>
    objects
      .filter(({ kind }) => kind === "Ingress")
      .map(({ manifest }) =>
        (at(manifest, "spec", "rules", 0, "http", "paths") as { path: string }[]).map(({ path }) => path),
      );

  for (const method of ["proxy", "plugin"] as const)
    it(`${method}: also answers where the provider sends browsers back`, async () => {
      const { objects } = await exposed("kong", method, (login) => ({ login, paths: ["/a", "/b"] }));
      assert.deepEqual(paths(objects), [["/a", "/b", "/oauth2"]]);
    });

  it("answers there once for each host, and not for programs", async () => {
    const programs = await exposed("kong", "proxy", (login) => ({ login, paths: ["/a"], apiOnly: true }));
    assert.deepEqual(paths(programs.objects), [["/a"]]);
    const twice = await exposed("kong", "proxy", (login) => ({ login, paths: ["/a"] }), ["/b"]);
    assert.deepEqual(paths(twice.objects).flat().sort(), ["/a", "/b", "/oauth2"]);
  });
});

describe("a login in Kong", () => {
  const plugins = (ingress: unknown) => String(at(ingress, "metadata", "annotations", "konghq.com/plugins")).split(",");

  it("W10: has its whole configuration in a Secret, which the plugin names", async () => {
    const { named, objects } = await exposed("kong", "plugin");
    const plugin = named("KongPlugin", "app-oidc");
    assert.deepEqual(at(plugin, "configFrom"), { secretKeyRef: { name: "app-login", key: "config" } });
    assert.equal(at(plugin, "config"), undefined);
    assert.ok(plugins(named("Ingress", "app-edge")).includes("app-oidc"));
    const held = objects.find(
      ({ kind, manifest }) => kind === "Secret" && at(manifest, "stringData", "config") !== undefined,
    );
    assert.equal(at(held?.manifest, "metadata", "labels", "konghq.com/validate"), "plugin");
    const configuration = JSON.parse(String(at(held?.manifest, "stringData", "config"))) as Json;
    assert.deepEqual([configuration["client_secret"], configuration["bearer_only"]], ["s3cret", "no"]);
    assert.ok(!JSON.stringify(objects.filter((one) => one.kind !== "Secret")).includes("s3cret"));
    assert.ok(!objects.some(({ kind }) => kind === "Deployment"));
  });

  it("W10: takes bearer tokens only on hosts of programs, and on their paths of others", async () => {
    const bearer = (objects: Awaited<ReturnType<typeof exposed>>["objects"]) =>
      objects.flatMap(({ kind, manifest }) => {
        const text = at(manifest, "stringData", "config");
        return kind === "Secret" && typeof text === "string" ? [(JSON.parse(text) as Json)["bearer_only"]] : [];
      });
    assert.deepEqual(bearer((await exposed("kong", "plugin", (login) => ({ login, apiOnly: true }))).objects), ["yes"]);
    const both = await exposed("kong", "plugin", (login) => ({ login: { ...login, apiPaths: ["/api"] } }));
    assert.deepEqual(bearer(both.objects).sort(), ["no", "yes"]);
    assert.equal(both.objects.filter(({ kind }) => kind === "Ingress").length, 2);
  });

  it("W11: takes Authorization away after it was read, and lets groups in only", async () => {
    const { named, objects } = await exposed("kong", "plugin", (login) => ({
      login: { ...login, removeAuthorization: true, groups: ["staff"] },
    }));
    assert.deepEqual(
      [at(named("KongPlugin", "app-cleaner"), "plugin"), at(named("KongPlugin", "app-cleaner"), "config")],
      ["request-transformer", { remove: { headers: ["Authorization"] } }],
    );
    assert.deepEqual(at(named("KongPlugin", "app-groups"), "config"), { allow: ["staff"], hide_groups_header: true });
    assert.deepEqual(plugins(named("Ingress", "app-edge")), [
      "groundplan-hsts",
      "app-oidc",
      "app-groups",
      "app-cleaner",
    ]);
    assert.ok(objects.length > 0);
  });

  it("lets Kong ask the identity provider, where its pods are", async () => {
    const { ledger } = await exposed("kong", "plugin");
    assert.ok(
      edges(ledger).some(
        ([from, to, ports]) => from === "gateway kong,kong,app" && to === "auth keycloak" && ports === "8080",
      ),
    );
  });
});
