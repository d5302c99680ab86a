import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource.js";
import { IngressClass } from "@pulumi/kubernetes/networking/v1/ingressClass.js";
import * as pulumi from "@pulumi/pulumi";
import { PrivateKey } from "@pulumi/tls/privateKey.js";
import { SelfSignedCert } from "@pulumi/tls/selfSignedCert.js";
import { chartRelease } from "../kit/chart-release.ts";
import type { Component } from "../kit/component.ts";
import { catalogued } from "../kit/credential.ts";
import { isIpv6Only } from "../kit/environment.ts";
import { monitorKinds } from "../kit/metrics.ts";
import { parseDuration } from "../kit/quantities.ts";
import { secret } from "../kit/secret.ts";
import { kongDatabase, webhookKey } from "./credentials.ts";
import { connect } from "./install.ts";
import type { InstallArgs, Installed } from "./install.ts";
import { mostReplicas } from "./installation.ts";
import * as kong from "./kong-chart.ts";
import { hstsPlugin } from "./kong.ts";

/** Kong with its database, its ingress class and the plugins that every host has. */
export function installKong(owner: Component, args: InstallArgs): Installed {
  const { installation, serviceMonitors, pluginImage } = args;
  const { namespace } = installation;
  const consumer = { namespace, labels: kong.kongLabels };
  const database = args.database({ name: kongDatabase, consumer });
  owner.environment.ledger.pools.push({
    consumer: kongDatabase,
    database: database.database,
    host: databaseHost(database.host),
    connections: kong.kongConnections,
    replicas: mostReplicas(installation),
  });
  const webhook = webhookCertificate(owner, namespace);
  const { images } = owner.environment;
  const needs = { database, webhook, images, pluginImage, ipv6Only: isIpv6Only(owner.environment) };
  const release = chartRelease(
    owner,
    "release",
    {
      chart: "kong",
      name: kong.kongRelease,
      namespace,
      values: kong.kongValues(installation, needs),
      pods: kong.kongPods(installation),
    },
    { dependsOn: [database.ready, webhook.secret.resource, ...monitorKinds(serviceMonitors)] },
  );
  const ingressClass = owner.object(
    IngressClass,
    "class",
    { name: args.ingressClass },
    { spec: { controller: "ingress-controllers.konghq.com/kong" } },
  );
  const pods = kong.kongGatewayPods(namespace);
  connect(owner, args, pods, [pods.port("status"), pods.port("controllerMetrics")]);
  owner.environment.ledger.edges.push({
    from: { kind: "apiServer" },
    to: pods.peer,
    ports: [pods.port("webhook")],
    purpose: "Kong's admission webhook",
  });
  const plugins = [
    clusterPlugin(
      owner,
      "prometheus",
      "prometheus",
      // Left out, it counts connections only (Kong Hub, plugin "prometheus", configuration).
      { latency_metrics: true, status_code_metrics: true },
      release,
      args.ingressClass,
    ),
    // RFC 6797, section 6.1.
    clusterPlugin(
      owner,
      hstsPlugin,
      "response-transformer",
      { add: { headers: [`Strict-Transport-Security:max-age=${parseDuration(args.hsts)}`] } },
      release,
      args.ingressClass,
    ),
  ];
  const service = { namespace, name: kong.kongService };
  return { pods, service, ready: [release, ingressClass, ...plugins] };
}

/** The certificate with which the API server knows Kong's admission webhook: it is its own authority, and signs no other. */
function webhookCertificate(owner: Component, namespace: string): kong.KongNeeds["webhook"] {
  const host = kong.webhookHost(namespace);
  const key = owner.child(PrivateKey, "webhook-key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
  const certificate = owner.child(SelfSignedCert, "webhook-certificate", {
    privateKeyPem: pulumi.secret(key.privateKeyPem),
    subject: { commonName: host },
    dnsNames: [host],
    // Ten years: only the API server sees it, and gets it from the same release.
    validityPeriodHours: 87_600,
    allowedUses: ["digital_signature", "server_auth"],
  });
  const place = { name: "kong-webhook", namespace };
  const data = { "tls.crt": certificate.certPem, "tls.key": key.privateKeyPem };
  owner.environment.ledger.credentials.push({
    ...catalogued(webhookKey),
    kind: "key",
    length: 256,
    rotation: 1,
    consumers: ["kong"],
    secrets: [{ ...place, key: "tls.key" }],
  });
  return {
    secret: secret(owner, "webhook-secret", { ...place, type: "kubernetes.io/tls" }, data),
    // The certificate is public; it comes out of a resource whose input is secret.
    certificate: pulumi.unsecret(certificate.certPem),
  };
}

/** A plugin for every namespace. One with the label `global` counts for every route. */
function clusterPlugin(
  owner: Component,
  name: string,
  plugin: string,
  config: object,
  release: pulumi.Resource,
  ingressClass: string,
): pulumi.Resource {
  const labels: Record<string, string> = name === "prometheus" ? { global: "true" } : {};
  return owner.object(
    CustomResource,
    `plugin-${name}`,
    { name, labels, annotations: { "kubernetes.io/ingress.class": ingressClass } },
    {
      apiVersion: "configuration.konghq.com/v1",
      kind: "KongClusterPlugin",
      plugin,
      config,
    },
    { dependsOn: [release] },
  );
}

function databaseHost(host: pulumi.Input<string>): string {
  if (typeof host !== "string") throw new TypeError("the host of Kong's database is known before anything runs");
  return host;
}
