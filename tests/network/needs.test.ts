// What the platform's software needs is allowed in each stack: the other half of what the ledger declares.
import assert from "node:assert/strict";
import { stackNamed, stacks } from "../stacks.ts";
import type { TestStack } from "../stacks.ts";
import { allows } from "./evaluator.ts";
import type { Connection, Endpoint } from "./evaluator.ts";
import { inWords, networkOf } from "./network.ts";
import type { Network } from "./network.ts";
import { apiServerRange, serverRange } from "./pods.ts";
import {
  acme,
  certManager,
  collector,
  component,
  controller,
  barman,
  exporter,
  grafana,
  homeserver,
  instance,
  job,
  keycloak,
  kongRefused,
  kongRows,
  logging,
  mongodb,
  monitoring,
  node,
  notLogging,
  notMonitoring,
  notThanos,
  objectStore,
  opensearch,
  operator,
  pgpool,
  pooler,
  recovered,
  recovery,
  server,
  solver,
  thanos,
  traefik,
  webhook,
} from "./software.ts";
import type { Row } from "./software.ts";

const wiki = `team-wiki ${component}=server`;
const wikiLogin = "team-wiki app.kubernetes.io/name=oauth2-proxy";
const wikiCache = `team-wiki ${component}=cache`;

const confluence = `confluence ${component}=app`;

const [, prod] = stacks as readonly [TestStack, TestStack];

const needs: readonly (readonly [stack: TestStack, needed: readonly Row[], refused: readonly Row[]])[] = [
  [
    prod,
    [
      ...certManager,
      ...acme,
      ...monitoring,
      ...logging,
      ...thanos,
      ...kongRows,
      // Its own look at a challenge, and that of the ACME server through whatever gateway there is.
      [controller, "public", 80],
      ["monitoring user", solver, 8089],
      // repmgr and pg_basebackup, streaming replication, and the hook before a server stops that moves the primary.
      [server, `${server}#2`, 5432],
      [pgpool, server, 5432],
      [job, pgpool, 5432],
      ["rdm user", pgpool, 5432],
      ["monitoring prometheus", server, 9187],
      // keycloak.org/server/caching, "Network ports": cluster and failure detection; /management-interface: metrics.
      [keycloak, pgpool, 5432],
      [keycloak, `${keycloak}#2`, 7800],
      [keycloak, `${keycloak}#2`, 57800],
      [`keycloak ${component}=realm`, keycloak, 8080],
      [`keycloak ${component}=realm-repair`, keycloak, 8080],
      ["rdm user", keycloak, 8080],
      ["monitoring prometheus", keycloak, 9000],
      ["rdm user", "coredns", 53, "UDP"],
      ["rdm user", "nodeCache", 53, "TCP"],
    ],
    [
      ...notMonitoring,
      ...notLogging,
      ...notThanos,
      ["rdm user", server, 5432],
      ["rdm user", keycloak, 7800],
      ["rdm user", keycloak, 9000],
      ["keycloak user", keycloak, 8080],
      [keycloak, "public", 443],
      ["monitoring user", pgpool, 5432],
      ["alien", pgpool, 5432],
      ["alien", webhook, 10250],
      ["monitoring user", server, 9187],
      [server, "public", 443],
      [server, "apiServer", 6443],
      ["public", server, 5432],
      ["rdm user", "vdm user", 80],
      ["rdm user", "public", 443],
      [controller, "public", 53, "UDP"],
      [job, server, 5432],
      ...kongRefused,
    ],
  ],
  [
    stackNamed("traefik"),
    [
      ["public", traefik, 8000],
      ["public", traefik, 8443],
      [traefik, "apiServer", 6443],
      ["monitoring prometheus", traefik, 9100],
      [controller, traefik, 8000],
      [traefik, "rdm user", 8080],
      [traefik, solver, 8089],
    ],
    [
      ["public", traefik, 8080],
      ["rdm user", traefik, 8080],
      [traefik, "vdm user", 8080],
    ],
  ],
  [
    // cloudnative-pg.io/docs, "Networking" ("the operator can reach every cluster pod on ports 8000 and 5432, and pods can connect
    // to each other"), "Security" (table of ports), "Liveness Probe" (primary isolation).
    stackNamed("cloudnative-pg"),
    [
      ["apiServer", operator, 9443],
      [operator, "apiServer", 6443],
      [operator, instance, 8000],
      [operator, instance, 5432],
      [instance, "apiServer", 6443],
      [instance, `${instance}#2`, 5432],
      [instance, `${instance}#2`, 8000],
      ["sysdb cnpg.io/jobRole=initdb", "apiServer", 6443],
      ["sysdb cnpg.io/jobRole=join", "apiServer", 6443],
      ["sysdb cnpg.io/jobRole=join", instance, 5432],
      [pooler, "apiServer", 6443],
      [pooler, instance, 5432],
      [job, instance, 5432],
      ["rdm user", pooler, 5432],
      ["monitoring prometheus", operator, 8080],
      ["monitoring prometheus", instance, 9187],
      ["monitoring prometheus", pooler, 9127],
    ],
    [
      ["rdm user", instance, 5432],
      ["rdm user", instance, 8000],
      ["alien", operator, 9443],
      [instance, operator, 9443],
      [pooler, instance, 8000],
      [instance, "public", 443],
    ],
  ],
  [
    // cloudnative-pg.io/plugin-barman-cloud, "Main Concepts": the operator calls the plugin by gRPC, and the containers beside the
    // servers, as well as the Jobs that recover, use the bucket and read their ObjectStore.
    stackNamed("point-in-time"),
    [
      [operator, barman, 9090],
      [barman, "apiServer", 6443],
      [instance, objectStore, 7070],
      [recovery, objectStore, 7070],
      [recovery, "apiServer", 6443],
      [recovered, "apiServer", 6443],
      [operator, recovered, 8000],
      [operator, recovered, 5432],
      ["backup groundplan/backup=postgresql", recovered, 5432],
    ],
    [
      [barman, objectStore, 7070],
      [instance, barman, 9090],
      [pooler, objectStore, 7070],
      [recovered, objectStore, 7070],
      ["sysdb user", barman, 9090],
      ["rdm user", recovered, 5432],
      [instance, recovered, 5432],
      [recovered, instance, 5432],
      ["alien", barman, 9090],
    ],
  ],
  [
    // velero.io/docs, "How Velero Works", "File System Backup": Velero and its agents, and the pods that they make for a time, read
    // objects and use the bucket.
    stackNamed("velero"),
    [
      ["velero name=velero", "apiServer", 6443],
      ["velero name=velero", "public", 443],
      ["velero name=node-agent", "apiServer", 6443],
      ["velero name=node-agent", "public", 443],
      ["velero user", "public", 443],
      ["monitoring prometheus", "velero name=velero", 8085],
    ],
    [
      ["monitoring prometheus", "velero name=node-agent", 8085],
      ["monitoring user", "velero name=velero", 8085],
      ["velero name=velero", "rdm user", 80],
      ["alien", "velero name=velero", 8085],
    ],
  ],
  [
    {
      ...prod,
      name: "a server that exists",
      set: [
        "postgresql.engine=external",
        `postgresql.external={host: db.example.org, passwordSecret: server, cidrs: ["${serverRange}"]}`,
        "secrets:server={secure: v1}",
      ],
    },
    [
      [job, "server", 5432],
      ["rdm user", "server", 5432],
    ],
    [
      ["rdm user", "public", 5432],
      ["monitoring user", "server", 5432],
      ["server", "rdm user", 5432],
    ],
  ],
  [
    {
      ...prod,
      name: "challenges by DNS",
      set: [
        "certificates.issuers=[{name: dns, kind: acme, email: ops@example.org, solvers: [{kind: route53, region: eu-west-1}, {kind: rfc2136, nameserver: '192.0.2.53:5353'}]}]",
        "certificates.identity={kind: pod-identity}",
      ],
    },
    // cert-manager asks the zone's name servers itself (pkg/issuer/acme/dns/util/wait.go).
    [
      ...certManager,
      ...acme,
      [controller, "public", 53, "UDP"],
      [controller, "public", 53, "TCP"],
      [controller, "public", 5353, "UDP"],
    ],
    [["rdm user", "public", 53, "UDP"]],
  ],
  [
    {
      ...prod,
      name: "senders of logs outside",
      set: [
        'logging.graylog.inputs=[{title: a, kind: gelf-tcp, port: 12201}, {title: b, kind: syslog-udp, port: 5140, nodePort: 30514, allowFrom: ["172.21.0.0/24"]}]',
      ],
    },
    [
      ["server", "logging app.kubernetes.io/instance=graylog", 5140, "UDP"],
      [collector, "logging app.kubernetes.io/instance=graylog", 12201],
    ],
    [
      ["server", "logging app.kubernetes.io/instance=graylog", 5140],
      ["server", "logging app.kubernetes.io/instance=graylog", 12201],
      ["public", "logging app.kubernetes.io/instance=graylog", 5140, "UDP"],
    ],
  ],
  [
    // Each node fetches the plugin, and writes to the bucket.
    stackNamed("snapshots"),
    [
      [opensearch, "public", 443],
      [opensearch, `object-store ${component}=server`, 7070],
      [`logging ${component}=snapshots-job`, opensearch, 9200],
    ],
    [
      [opensearch, "public", 7070],
      [exporter, `object-store ${component}=server`, 7070],
      [`logging ${component}=snapshots-job`, "public", 443],
    ],
  ],
  [
    // Grafana asks OpenSearch, and fetches its plugin.
    stackNamed("grafana-logs"),
    [
      [grafana, opensearch, 9200],
      [grafana, "public", 443],
    ],
    [
      [grafana, opensearch, 9300],
      [grafana, mongodb, 27017],
    ],
  ],
  [
    // A component of a program of one's own: docmost.com/docs, "Environment Variables"; oauth2-proxy asks for tokens and groups.
    stackNamed("extension"),
    [
      ["gateway app.kubernetes.io/name=kong", wikiLogin, 4180],
      [wikiLogin, wiki, 3000],
      [wikiLogin, keycloak, 8080],
      [wiki, wikiCache, 6379],
      [wiki, pgpool, 5432],
      [wiki, "object-store app.kubernetes.io/component=server", 7070],
      [wiki, "coredns", 53, "UDP"],
    ],
    [
      ["gateway app.kubernetes.io/name=kong", wiki, 3000],
      ["team-wiki user", wiki, 3000],
      ["team-wiki user", wikiCache, 6379],
      ["alien", wikiCache, 6379],
      [wikiCache, pgpool, 5432],
      [wiki, server, 5432],
      [wiki, "public", 443],
      [wiki, "apiServer", 6443],
      ["rdm user", wiki, 3000],
    ],
  ],
  [
    { ...prod, name: "a CA of its own", set: ["certificates.issuers=[{name: own, kind: own-ca}]"] },
    certManager,
    [
      [controller, "public", 443],
      ["monitoring user", "rdm user", 8089],
    ],
  ],
  [
    // docs.evolveum.com, "Clustering / high availability setup": nodes call each other's REST services; the database alone
    // besides, and what it manages.
    {
      ...stackNamed("midpoint"),
      set: ['midpoint.systems=[{name: directory, cidrs: ["172.21.0.0/24"], ports: [636]}]'],
    },
    [
      [node, `${node}#2`, 8080],
      [`${node}#2`, node, 8080],
      [node, "mp-demo app.kubernetes.io/component=pgpool", 5432],
      [node, "server", 636],
      [node, "coredns", 53, "UDP"],
    ],
    [
      [node, "mp-demo app.kubernetes.io/component=postgresql", 5432],
      [node, "public", 443],
      [node, "server", 389],
      [node, "apiServer", 6443],
      ["mp-demo user", node, 8080],
      ["alien", node, 8080],
    ],
  ],
  [
    // Hazelcast connects the nodes and asks the API server for their addresses. Without Synchrony, no other port is open.
    stackNamed("confluence-nodes"),
    [
      [confluence, `${confluence}#2`, 5701],
      [confluence, "apiServer", 6443],
      [confluence, "coredns", 53, "UDP"],
    ],
    [
      [confluence, `${confluence}#2`, 25500],
      [confluence, `${confluence}#2`, 8091],
      [confluence, "public", 443],
      ["confluence user", confluence, 5701],
      ["public", confluence, 5701],
    ],
  ],
  [
    // spec.matrix.org, "Server discovery": 443 of a delegation, 8448 of a name without one. Clients come through the gateway.
    stackNamed("matrix"),
    [
      ["public", traefik, 8443],
      [traefik, homeserver, 6167],
      [traefik, "choppa app.kubernetes.io/component=welcome", 8080],
      [traefik, "choppa app.kubernetes.io/component=element", 8080],
      [homeserver, "public", 443],
      [homeserver, "public6", 8448],
      [homeserver, "coredns", 53, "UDP"],
    ],
    [
      [homeserver, "public", 80],
      [homeserver, "apiServer", 6443],
      ["public", homeserver, 6167],
      ["choppa user", homeserver, 6167],
      ["choppa app.kubernetes.io/component=welcome", homeserver, 6167],
      ["choppa app.kubernetes.io/component=welcome", "public", 443],
    ],
  ],
  [
    { ...stackNamed("matrix"), name: "a homeserver without federation", set: ["matrix.federation.enabled=false"] },
    [[traefik, homeserver, 6167]],
    [
      [homeserver, "public", 443],
      [homeserver, "public", 8448],
      [homeserver, "public6", 8448],
    ],
  ],
];

describe("what the platform's software connects to", () => {
  for (const [stack, needed, refused] of needs) {
    it(`is allowed in ${stack.name}, and what it should not is denied`, async () => {
      const network = await networkOf({
        ...stack,
        set: [...(stack.set ?? []), `cluster.apiServerCidrs=["${apiServerRange}"]`],
      });
      const open = (rows: readonly Row[], wanted: boolean) =>
        rows
          .flatMap((row) => connection(network, row))
          .filter((one) => allows(network.cluster, one) !== wanted)
          .map(inWords);
      assert.deepEqual(open(needed, true), [], "needed, but denied");
      assert.deepEqual(open(refused, false), [], "allowed");
    });
  }
});

/** None where a pod is only known from its chart, and the chart is not at hand. */
function connection(network: Network, [from, to, port, protocol]: Row): Connection[] {
  const [source, target] = [endpoint(network, from), endpoint(network, to)];
  return source === undefined || target === undefined ? [] : [{ from: source, to: target, port, protocol }];
}

function endpoint({ sides, rendered }: Network, text: string): Endpoint | undefined {
  const { known, users, alien, addresses } = sides;
  if (text in addresses) return addresses[text as keyof typeof addresses];
  const [namespace = "", selector = "", number = "1"] = text.split(/[ #]/);
  const user = users.find((pod) => pod.namespace === namespace);
  if (selector === "user") return user;
  if (selector === "prometheus" && user !== undefined)
    return { ...user, name: selector, labels: { "app.kubernetes.io/name": "prometheus" } };
  const [key = "", value] = selector.split("=");
  const found =
    selector === ""
      ? alien.filter(({ name }) => name === text)
      : known.filter((pod) => pod.namespace === namespace && pod.labels[key] === value);
  const pod = found[Number(number) - 1];
  if (pod === undefined && rendered) throw new Error(`no pod ${text}`);
  return pod;
}
