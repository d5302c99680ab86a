import { parse } from "yaml";
import { stackNamed } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";

/** The application of docs/applications.md: twenty lines with a database, a host with a login, and a volume. */
export const wiki = `
name: wiki
title: The team's wiki
image: registry.example.org/wiki:1.4.2
ports: { http: 8080 }
probes: { readiness: { http: /ready }, liveness: { http: /live } }
resources: { cpu: 100m, memory: 256Mi, memoryLimit: 512Mi }
environment:
  DATABASE_URL: postgres://$(PGUSER):$(PGPASSWORD)@$(PGHOST):$(PGPORT)/$(PGDATABASE)
generated: [{ name: session-key, variable: SESSION_KEY }]
databases: [{ name: wiki }]
volumes: [{ claim: wiki-pages, path: /var/lib/wiki, size: 5Gi }]
hosts: [{ host: wiki, login: { realmRoles: [user] } }]
`;

/** An application with everything else that the settings offer. */
export const shop = `
name: shop
namespace: sales
image: registry.example.org/shop:2.0.0
command: [shop]
args: [serve]
ports: { http: 8000, metrics: 9100 }
servicePorts: { http: 80 }
probes:
  readiness: { http: /ready }
  liveness: { port: metrics, period: 30s, failures: 5 }
  startup: { exec: [shop, started] }
resources: { cpu: 200m, memory: 512Mi, memoryLimit: 1Gi }
environment: { MODE: shop, LOG_TARGET: "$(LOG_HOST):$(LOG_PORT)" }
secretEnvironment: { PAYMENT_KEY: payment-key }
writable: [/tmp]
files:
  - { path: /etc/shop/shop.yaml, content: "title: Shop\\n" }
  - { path: /etc/shop/licence_key, contentSecret: shop-licence }
scaling: { maxReplicas: 6 }
runAs: { user: 2000, group: 2001 }
gracePeriod: 1m
sidecars:
  - name: proxy
    image: registry.example.org/proxy:1.0.0
    ports: { proxy: 8081 }
    probes: { readiness: {}, liveness: {} }
    resources: { cpu: 10m, memory: 32Mi, memoryLimit: 64Mi }
    environment: { TARGET: "localhost:8000" }
    files: [{ path: /etc/proxy.conf, content: "proxy" }]
init: [{ name: migrate, args: [migrate] }]
schedules:
  - { name: invoices, schedule: "0 4 * * *", args: [invoices], environment: { MODE: invoices }, timeout: 2h }
volumes: [{ claim: shop-uploads, path: /srv/uploads, size: 20Gi, role: shared }]
databases: [{ name: shop, connections: 5, environment: { host: SHOP_DB_HOST, password: SHOP_DB_PASSWORD } }]
buckets: [{ name: shop-images }]
clients: [{ name: shop, redirectPaths: [/callback], realmRoles: [user] }]
hosts:
  - { host: shop, port: proxy, paths: [/], maxBodySize: 50Mi }
  - { host: shop-api, port: http, apiOnly: true, login: { client: shop } }
connections:
  - { kind: application, application: wiki, variable: WIKI_URL, purpose: the shop shows pages of the wiki }
  - { kind: outside, cidrs: [192.0.2.0/24], ports: [443], purpose: payments }
logs: { input: Processing Logs }
metrics: { port: metrics }
alerts:
  - { alert: ShopOrdersFail, expr: "rate(shop_orders_failed_total[5m]) > 1", for: 10m, summary: Orders fail. }
`;

/** A worker without a port, on nodes of its own. */
export const worker = `
name: worker
namespace: sales
image: registry.example.org/worker:1.0.0
probes: { readiness: { exec: [worker, ready] }, liveness: { exec: [worker, alive] } }
resources: { cpu: "1", memory: 1Gi, memoryLimit: 2Gi }
placement:
  nodeSelector: { pool: processing }
  tolerations: [{ key: processing, operator: Exists, effect: NoSchedule }]
connections: [{ kind: application, application: shop, port: http, purpose: the worker takes orders }]
`;

/** The prod stack with these applications. */
export const withApplications: TestStack = {
  ...stackNamed("prod"),
  set: [
    `applications=${JSON.stringify([wiki, shop, worker].map((text) => parse(text) as unknown))}`,
    "buckets={kind: embedded}",
    "secrets:payment-key={secure: v1}",
    "secrets:shop-licence={secure: v1}",
  ],
};
